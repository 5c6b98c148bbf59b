import { readdir, readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import * as z from 'zod/mini';
import type { Change, State, Story } from '../../sandbox/window/view.ts';
import { startWindow, type World } from './support/window.ts';

// The window's server, without a browser: who may ask what, and what it tells.

vi.setConfig({ testTimeout: 60_000 });

const WAIT = { interval: 20, timeout: 30_000 };

let world: World;
let token: string;

beforeAll(async () => {
  world = await startWindow();
  token = (await get<{ token: string }>('token')).token;
}, 60_000);
afterAll(() => world.stop());

const get = async <T>(path: string): Promise<T> =>
  (await fetch(`${world.url}/api/${path}`)).json() as Promise<T>;

async function post(name: string, body: string | object = {}, headers: Record<string, string> = {}) {
  const answer = await fetch(`${world.url}/api/${name}`, {
    method: 'POST',
    headers: { 'x-window-token': token, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

/** With headers that `fetch` sets by itself. */
function ask(method: string, path: string, headers: Record<string, string>): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  request(new URL(path, world.url), { method, headers }, (answer) => resolve(answer.resume().statusCode))
    .on('error', reject)
    .end();
  return promise;
}

/** Joins those who are told of changes: at first of everything, then of changes until one is as it should be. */
async function join(): Promise<{
  state: State;
  until(isLast: (change: Change) => boolean): Promise<Change[]>;
}> {
  const response = await fetch(`${world.url}/api/events`);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let unread = '';
  async function next(): Promise<string> {
    for (;;) {
      const [event, ...rest] = unread.split('\n\n');
      if (event !== undefined && rest.length > 0) {
        unread = rest.join('\n\n');
        const data = /^data: (.*)$/m.exec(event)?.[1];
        if (data !== undefined) return data;
        continue;
      }
      const { value, done } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done || value === undefined) throw new Error('The events ended');
      unread += value;
    }
  }
  return {
    state: JSON.parse(await next()),
    async until(isLast) {
      const changes: Change[] = [];
      for (;;) {
        const change: Change = JSON.parse(await next());
        changes.push(change);
        if (!isLast(change)) continue;
        await reader?.cancel();
        return changes;
      }
    },
  };
}

const storyOf = (id: string) => get<Story>(`sign-ups/${id}`);

const settled = (id: string) =>
  expect.poll(async () => (await storyOf(id)).row.phase, WAIT).toMatch(/^(synced|dead|closed)$/);

describe('other web sites', () => {
  test.each([
    ['a form', { origin: 'https://evil.example' }],
    ['a script, whose browser says so', { 'sec-fetch-site': 'cross-site' }],
    ['a page of another port', { origin: 'http://127.0.0.1:1' }],
    ['a name that leads here', { host: 'evil.example' }],
    ['no token', { 'x-window-token': '' }],
    ['a wrong token', { 'x-window-token': 'a'.repeat(32) }],
  ])('cannot press a button: %s', async (_how, headers) => {
    const before = world.chronicle.rows().length;
    expect(await ask('POST', '/api/malformed', { 'x-window-token': token, ...headers })).toBe(403);
    expect(world.chronicle.rows()).toHaveLength(before);
  });

  test.each(['/api/token', '/api/events', '/page/main.ts'])('can read nothing of %s', async (path) => {
    expect(await ask('GET', path, { 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await ask('GET', path, { host: 'evil.example' })).toBe(403);
  });

  test('can lead to the page by a link, which does nothing by itself', async () => {
    expect(await ask('GET', '/', { 'sec-fetch-site': 'cross-site' })).toBe(200);
    expect(await ask('GET', '/', { host: 'evil.example' })).toBe(403);
  });

  test('take no part in the page: nothing but its own files is loaded or run', async () => {
    const { headers } = await fetch(world.url);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/^default-src 'none'; script-src 'self' 'sha256-[\w+/=]+';/);
    for (const part of [
      "connect-src 'self'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
    ]) {
      expect(policy).toContain(part);
    }
    expect(policy).not.toMatch(/unsafe|\*|data:|https?:/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('access-control-allow-origin')).toBeNull();
    for (const path of [
      '/page/tsconfig.json',
      '/page/../server.ts',
      '/page/..%2fserver.ts',
      '/server.ts',
      '/lit-html/../../package.json',
    ]) {
      expect(await ask('GET', path, {})).toBe(404);
    }
  });
});

test.each([
  [
    'sign-up',
    '{"email": "ada@example.org"',
    400,
    'The body of the request is not JSON. Nothing was changed.',
  ],
  [
    'sign-up',
    { email: 'ada@example.org' },
    400,
    'username: Invalid input: expected string, received undefined.',
  ],
  ['sign-up', { email: '', username: 'x' }, 400, 'email: Too small: expected string to have >=1 characters.'],
  ['sign-up-many', { count: 10_000 }, 400, 'count: Too big: expected number to be <=500.'],
  ['hubspot', { mood: 'sad' }, 400, 'mood: Invalid option: expected one of "well"|"slow"|'],
  ['kill', { instance: 9 }, 400, 'There is no instance 9: they are numbered from 1 to 2.'],
  ['redrive', { letter: 'x' }, 404, 'There is no such dead letter, or not any more.'],
  ['drop', { letter: 'x' }, 404, 'There is no such dead letter, or not any more.'],
  ['tour', { step: 7 }, 400, 'step: Too big: expected number to be <=6.'],
  ['nonsense', {}, 404, 'There is nothing at POST /api/nonsense.'],
  ['malformed', 'x'.repeat(100_000), 413, 'Request body is too large'],
])('a mistake is answered with a sentence: %s %j', async (name, body, status, sentence) => {
  expect(await post(name, body)).toEqual({ status, body: { error: expect.stringContaining(sentence) } });
});

test('a sign-up is told of from the trigger to its card, with every call and log line', async () => {
  const { hubspot } = world.stack;
  hubspot.portal.createContact(
    { email: 'grace@example.org', firstname: 'Grace' },
    { createdAt: '2025-01-31' },
  );
  const { until } = await join();
  const id = String((await post('sign-up', { email: 'Grace@example.org', username: 'GraceH' })).body.id);
  await settled(id);
  const { row, entries } = await storyOf(id);
  expect(row).toMatchObject({
    email: 'Grace@example.org',
    username: 'GraceH',
    phase: 'synced',
    outcome: 'updated',
    deliveries: 1,
    requests: 3,
    contactId: '90000000001',
  });
  expect(
    entries.filter(({ kind }) => kind === 'call').map(({ title, status }) => `${title} ${status}`),
  ).toEqual([
    'POST /crm/v3/objects/contacts 409',
    'PATCH /crm/v3/objects/contacts/90000000001 200',
    'POST /crm/v3/objects/notes 201',
  ]);
  const details = entries.flatMap((entry) => entry.details.map(({ text }) => text)).join('\n');
  expect(details).toContain('"team_ownership": "Enterprise"');
  expect(details).toContain('Contact already exists. Existing ID: 90000000001');
  expect(details).toContain('"message": "Sign-up synced"');
  expect(entries.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['trigger', 'queue', 'delivery', 'log', 'synced']),
  );

  const changes = await until(
    ({ cards }) => cards?.some(({ timeline }) => timeline[0]?.kind === 'note') === true,
  );
  const cards = changes.flatMap((change) => change.cards ?? []);
  expect(cards.at(-1)).toMatchObject({
    name: 'Grace',
    username: 'GraceH',
    timeline: [{ kind: 'note' }, { kind: 'username', by: 'sync' }, { kind: 'created', by: 'people' }],
  });
});

test('whoever joins later is told everything that there is', async () => {
  const { state, until } = await join();
  await until(() => true);
  expect(state.rows.length).toBe(world.chronicle.rows().length);
  expect(state.cards.map(({ email }) => email)).toContain('grace@example.org');
  expect(state.tour).toHaveLength(6);
});

test('a message that some program has put on the queue is a row of its own, with its reason', async () => {
  const { id } = (await post('malformed', { body: 'no JSON' })).body;
  await settled(String(id));
  expect((await storyOf(String(id))).row).toMatchObject({
    body: 'no JSON',
    phase: 'dead',
    requests: 0,
    letter: { errorCode: 'InvalidMessage', reason: 'NotJson', mover: 'publisher', redrive: 'does-not-help' },
  });
});

test('an address that the trigger does not publish is told of, and is no riddle', async () => {
  const id = String((await post('sign-up', { email: 'not an address', username: 'x' })).body.id);
  await expect.poll(async () => (await storyOf(id)).row.phase, WAIT).toBe('not-published');
  const { entries } = await storyOf(id);
  expect(entries.map(({ title }) => title)).toContain('The trigger: A sign-up is not on the queue.');
});

test('the refused token, and an API version that has ended, are moods too', async () => {
  for (const wrong of [{ v3Off: true }, { tokenRevoked: true }]) {
    await post('hubspot', wrong);
    const id = String(
      (await post('sign-up', { email: `${Object.keys(wrong)[0]}@example.org`, username: 'x' })).body.id,
    );
    await expect.poll(async () => (await storyOf(id)).row.phase, WAIT).toBe('waiting');
    expect((await storyOf(id)).row.why).toMatch('v3Off' in wrong ? /404/ : /401/);
    await post('hubspot', { v3Off: false, tokenRevoked: false });
  }
});

test('the tour comes to what it says, all six steps, one at a time', async () => {
  const steps = () => join().then(({ state }) => state.tour);
  for (const step of [1, 2, 3, 4, 5, 6]) {
    expect((await post('tour', { step })).status).toBe(200);
    if (step === 5) {
      expect(await post('tour', { step: 1 })).toEqual({
        status: 409,
        body: { error: 'Step 5 of the tour is still under way.' },
      });
    }
    await expect.poll(async () => (await steps())[step - 1]?.state, WAIT).not.toBe('running');
    const { state, said } = (await steps())[step - 1] ?? {};
    expect([state, said?.at(-1)]).toEqual(['done', expect.stringMatching(/^Done: /)]);
  }
});

test('a paused event source hands out nothing, and everything at once when it goes on', async () => {
  await post('event-source', { paused: true });
  const ids = z.array(z.string()).parse((await post('sign-up-many', { count: 3 })).body.ids);
  const phases = () => Promise.all(ids.map(async (id) => (await storyOf(id)).row.phase));
  await expect.poll(phases, WAIT).toEqual(['ready', 'ready', 'ready']);
  expect(world.stack.queues.waiting().ready).toHaveLength(3);
  await post('event-source', { paused: false });
  await expect.poll(phases, WAIT).toEqual(['synced', 'synced', 'synced']);
});

test('a letter is redriven and dropped by the operators’ command, and its row says so', async () => {
  const id = String((await post('malformed')).body.id);
  await settled(id);
  const letter = async () => (await storyOf(id)).row.letter?.id;
  const first = await letter();
  expect((await post('redrive', { letter: first })).body).toMatchObject({ done: true });
  await expect.poll(letter, WAIT).not.toBe(first);
  await settled(id);
  expect((await post('drop', { letter: await letter() })).body).toMatchObject({ done: true });
  await expect.poll(async () => (await storyOf(id)).row.phase, WAIT).toBe('closed');
});

test('a message whose instances died, and which SQS moved by itself, is a dead letter that says so', async () => {
  const dying = await startWindow({ queues: { maxReceiveCount: 1 } });
  try {
    dying.stack.hubspot.faults.add({ do: { type: 'hang', when: 'before' } });
    const ask = async (name: string, body: object) => {
      const { token: own } = (await (await fetch(`${dying.url}/api/token`)).json()) as { token: string };
      const headers = { 'x-window-token': own };
      return await fetch(`${dying.url}/api/${name}`, { method: 'POST', headers, body: JSON.stringify(body) });
    };
    await ask('sign-up', { email: 'ada@example.org', username: 'AdaL' });
    const row = () => dying.chronicle.rows()[0];
    await expect.poll(() => row()?.requests, WAIT).toBe(1);
    await ask('kill', { instance: row()?.instance });
    await expect.poll(() => row()?.phase, WAIT).toBe('waiting');
    expect(row()?.why).toBe('The instance died with it in hand.');
    await expect
      .poll(async () => {
        await ask('skip-back-offs', {});
        return row()?.phase;
      }, WAIT)
      .toBe('dead');
    expect(row()?.letter).toMatchObject({ reason: 'ProcessDied', mover: 'developer' });
  } finally {
    await dying.stop();
  }
});

test('no line of the window is in what is deployed', async () => {
  for (const name of ['sync-contact', 'publish-verification', 'reconcile', 'ops', 'publishing']) {
    const files = (await readdir(`dist/${name}`)).filter((file) => file.endsWith('.mjs'));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const code = await readFile(`dist/${name}/${file}`, 'utf8');
      expect(/x-window-token|text\/event-stream/.test(code), `${name}/${file} has the window in it`).toBe(
        false,
      );
    }
  }
});
