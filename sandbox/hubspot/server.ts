import { setMaxListeners } from 'node:events';
import fastify, { type FastifyReply } from 'fastify';
import { createAccount } from './account.ts';
import { readDetails, readToken } from './account-api.ts';
import type { Answer } from './answers.ts';
import { controlRoutes } from './control.ts';
import { crmRoutes } from './crm.ts';
import { createFaultSwitch } from './faults.ts';
import { createJournal } from './journal.ts';
import type { HubSpotSandbox } from './sandbox.ts';

/** What `startHubSpot` can be told. */
export interface HubSpotOptions {
  /** Default: any free port. */
  port?: number;
  /** Default: `sandbox-token`. */
  accessToken?: string;
  /** Default: 190. `Infinity` for no limit. */
  requestsPer10s?: number;
  /** Default: 625,000. `Infinity` for no limit. */
  requestsPerDay?: number;
  /** What stands beside HubSpot prints: shown below `/_sandbox`, for commands in other processes. */
  logLines?: () => readonly string[];
}

function callsUnderWay(): AbortController {
  const controller = new AbortController();
  // One listener for every call under way, and there may be hundreds.
  setMaxListeners(0, controller.signal);
  return controller;
}

/** Starts a HubSpot account on 127.0.0.1, empty and well. */
export async function startHubSpot({
  port = 0,
  logLines = () => [],
  ...options
}: HubSpotOptions = {}): Promise<HubSpotSandbox> {
  const account = createAccount({ now: () => Date.now(), settings: options });
  const faults = createFaultSwitch();
  const journal = createJournal();
  let underWay = callsUnderWay();

  const app = fastify({ forceCloseConnections: true, bodyLimit: 10 * 1024 * 1024, exposeHeadRoutes: false });
  // Bodies reach the routes as text: what is in them is for the API to judge.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));

  const sandbox: HubSpotSandbox = {
    get url() {
      return account.url;
    },
    portal: account.portal,
    faults,
    journal,
    settings: account.settings,
    limits: account.limits,
    onCall: undefined,
    reset() {
      underWay.abort();
      underWay = callsUnderWay();
      account.reset();
      faults.clear();
      journal.clear();
      sandbox.onCall = undefined;
    },
    async close() {
      underWay.abort();
      await app.close();
    },
  };
  crmRoutes(app, { sandbox, account, underWay: () => underWay.signal });
  controlRoutes(app, sandbox, logLines);
  // Beside the CRM: no limit counts these.
  const answer = async (reply: FastifyReply, { status, body }: Answer) =>
    await reply.code(status).type('application/json').send(JSON.stringify(body));
  app.post('/oauth/v2/private-apps/get/access-token-info', async (request, reply) => {
    await answer(reply, readToken(account, typeof request.body === 'string' ? request.body : ''));
  });
  app.get<{ Params: { version: string } }>('/account-info/:version/details', async (request, reply) => {
    await answer(reply, readDetails(account, request.params.version, request.headers.authorization));
  });
  await app.listen({ port, host: '127.0.0.1' });
  const address = app.server.address();
  if (address === null || typeof address === 'string') throw new Error('The sandbox has no port');
  account.url = `http://127.0.0.1:${address.port}`;
  return sandbox;
}
