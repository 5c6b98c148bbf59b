import { randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import fastify, { type FastifyReply } from 'fastify';
import { answerTo, Mistake } from '../mistake.ts';
import { requireSameOrigin } from '../same-origin.ts';
import type { Stack } from '../stack.ts';
import { windowActions } from './actions.ts';
import { watchCards } from './cards.ts';
import type { Chronicle } from './chronicle.ts';
import { openGauges } from './gauges.ts';
import { openHands } from './hands.ts';
import { openLive } from './live.ts';
import { openMoods } from './moods.ts';
import { gatherNews } from './news.ts';
import { openOperators } from './operators.ts';
import { CONTENT_SECURITY_POLICY, pageFile } from './page-files.ts';
import { openTour } from './tour.ts';
import type { MachineView } from './view.ts';

const GAUGES_EVERY_MS = 500;

const HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** What `openWindow` can be told. */
export interface WindowOptions {
  stack: Stack;
  /** The one that watches the stack. */
  chronicle: Chronicle;
  /** Default: any free port. */
  port?: number;
  /** Between two sentences of the tour. Default: long enough to read one. */
  paceMs?: number;
}

export interface Window {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  close(): Promise<void>;
}

/** A page on 127.0.0.1 on which everything that a stack does can be seen, and done. */
export async function openWindow({
  stack,
  chronicle,
  port = 0,
  paceMs = 2_200,
}: WindowOptions): Promise<Window> {
  const { hubspot, queues, syncContacts } = stack;
  const server = randomUUID();
  const token = randomBytes(24).toString('base64url');
  const gauges = openGauges(stack);
  const moods = openMoods(hubspot);
  const hands = openHands(stack, chronicle);
  const operators = openOperators(stack);
  const tour = openTour({ stack, chronicle, hands, moods, operators, paceMs, onChange: () => live.touch() });

  const machine = (): MachineView => ({
    paused: queues.isPaused(),
    instances: syncContacts.map((instance, index) => ({
      number: index + 1,
      running: instance.pid() !== undefined,
      busyWith: chronicle.inHand().get(index + 1) ?? 0,
    })),
  });

  const { state, changes, leave } = gatherNews({
    chronicle,
    cards: watchCards(hubspot),
    parts: { gauges: gauges.view, hubspot: moods.view, machine, tour: tour.view },
    onNews: () => live.touch(),
  });
  const live = openLive({ state: () => ({ server, ...state() }), changes });
  const stopCounting = chronicle.subscribe((row, entry) => {
    if (entry?.kind === 'synced') gauges.synced(Date.now() - row.at);
  });
  hubspot.onCall = (call, phase) => {
    if (phase === 'received') gauges.call();
    chronicle.see(call, phase);
    tour.see(call, phase);
    live.touch();
  };
  // What nobody tells of: time that passes, cards that somebody has changed by the control API, instances that died.
  const clockwork = setInterval(() => live.touch(), GAUGES_EVERY_MS);
  clockwork.unref();

  const actions = windowActions({ stack, chronicle, hands, moods, operators, tour });
  const app = fastify({ forceCloseConnections: true, bodyLimit: 64 * 1024, exposeHeadRoutes: false });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  const json = async (reply: FastifyReply, status: number, body: unknown) =>
    await reply.code(status).type('application/json; charset=utf-8').send(JSON.stringify(body));
  const ownPort = () => {
    const address = app.server.address();
    return address !== null && typeof address === 'object' ? address.port : 0;
  };

  app.addHook('onRequest', async (request, reply) => {
    reply.headers(HEADERS);
    // A link on another site may lead to the page: that alone does nothing.
    const { 'sec-fetch-site': _, ...headers } = request.headers;
    requireSameOrigin(request.url === '/' ? headers : request.headers, ownPort());
  });
  app.setErrorHandler(async (error, _request, reply) => {
    const { status, body } = answerTo(error);
    await json(reply, status, body);
  });
  app.setNotFoundHandler(async (request, reply) => {
    const file =
      request.method === 'GET'
        ? await pageFile(new URL(request.url, 'http://localhost').pathname)
        : undefined;
    if (file !== undefined) return await reply.type(file.type).send(file.content);
    await json(reply, 404, {
      error: `There is nothing at ${request.method} ${request.url}. docs/window.md has all there is.`,
    });
  });

  app.get('/api/token', async (_request, reply) => await json(reply, 200, { token }));
  app.get('/api/events', async (_request, reply) => {
    reply.hijack();
    live.join(reply.raw, HEADERS);
  });
  app.get<{ Params: { id: string } }>('/api/sign-ups/:id', async (request, reply) => {
    const story = chronicle.story(request.params.id);
    if (story === undefined) throw new Mistake('There is no such sign-up, or not any more.', 404);
    await json(reply, 200, story);
  });
  for (const [name, action] of Object.entries(actions)) {
    app.post(`/api/${name}`, async (request, reply) => {
      const given = Buffer.from(String(request.headers['x-window-token'] ?? ''));
      const due = Buffer.from(token);
      if (given.length !== due.length || !timingSafeEqual(given, due)) {
        throw new Mistake('The header x-window-token is missing or wrong: GET /api/token tells it.', 403);
      }
      const answer = await action(request.body);
      live.touch();
      await json(reply, 200, answer);
    });
  }
  await app.listen({ port, host: '127.0.0.1' });

  return {
    url: `http://127.0.0.1:${ownPort()}`,
    async close() {
      clearInterval(clockwork);
      leave();
      stopCounting();
      live.close();
      hubspot.onCall = undefined;
      await app.close();
      await operators.close();
    },
  };
}
