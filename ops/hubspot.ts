import { setMaxListeners } from 'node:events';
import { type Clock, machineClock } from '../lib/clock.ts';
import { DeliveryError } from '../lib/failure.ts';
import { authorized } from '../lib/hubspot/authorization.ts';
import { openCrm } from '../lib/hubspot/crm.ts';
import { openLookUp } from '../lib/hubspot/lookup.ts';
import { rateShare } from '../lib/hubspot/rate-share.ts';
import { type AccessToken, fixedToken, parameterToken } from '../lib/hubspot/token.ts';
import { type Answer, transport } from '../lib/hubspot/transport.ts';
import { parameterStore } from '../lib/parameters.ts';
import { readParameters } from './aws/parameters.ts';
import type { Stage } from './aws/stage.ts';
import { EXIT, OperatorError } from './exit.ts';

/** The part of HubSpot's limit that reading takes: the rest is for the sign-ups of this hour. */
const SHARE = 1 / 3;
const TIMEOUT_MS = 10_000;

function tokenOf({ hubspot, parameters, aws }: Stage): AccessToken {
  if (hubspot.accessToken !== undefined) return fixedToken(hubspot.accessToken);
  const { hubspotToken: name } = parameters;
  if (name === undefined) {
    throw new OperatorError(
      'HubSpot has to be asked, and there is no token. Give --stage, whose SSM parameter holds it, or set HUBSPOT_ACCESS_TOKEN.',
    );
  }
  return parameterToken(
    name,
    parameterStore({ names: [name], read: (names) => readParameters(names, aws.region) }),
  );
}

/** What all questions need: the token, a share of the rate limit of its own, and a way to stop. */
function connect(stage: Stage, stop: AbortSignal, clock: Clock) {
  const token = tokenOf(stage);
  const { requestsPer10s } = stage.hubspot;
  const sendAs = transport({
    share: rateShare(Math.max(requestsPer10s * SHARE, 1), clock),
    timeoutMs: TIMEOUT_MS,
    clock,
  });
  const mayStart = new AbortController();
  // One listener for every call.
  setMaxListeners(0, mayStart.signal, stop);
  stop.addEventListener('abort', () => mayStart.abort(new Stopped()), { once: true });
  if (stop.aborted) mayStart.abort(new Stopped());
  return { token, sendAs, caller: { mayStart: mayStart.signal, onRequest: () => undefined } };
}

/** HubSpot as a stage's sync sees it, with a share of the rate limit of its own. */
export function openHubSpot(stage: Stage, stop: AbortSignal, clock: Clock = machineClock) {
  const { baseUrl, apiVersion } = stage.hubspot;
  const { token, sendAs, caller } = connect(stage, stop, clock);
  const options = { baseUrl, apiVersion, send: authorized(sendAs, token, clock.now) };
  return { crm: openCrm(options)(caller), ...openLookUp({ ...options, caller }) };
}

/** Asks HubSpot for what the sync never asks for. A call that HubSpot refuses is an answer like any other. */
export interface HubSpotAccount {
  token(): Promise<string>;
  /** @param path from the slash after the host on */
  ask(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<Answer>;
}

/** The account behind a stage's token. Answers are not judged: one question's refusal is not to stop the next. */
export function openAccount(stage: Stage, stop: AbortSignal, clock: Clock = machineClock): HubSpotAccount {
  const { token, sendAs, caller } = connect(stage, stop, clock);
  return {
    token: token.current,
    ask: async (method, path, body) =>
      sendAs(
        {
          method,
          url: `${stage.hubspot.baseUrl}${path}`,
          headers: { accept: 'application/json', ...(body && { 'content-type': 'application/json' }) },
          body: body && JSON.stringify(body),
        },
        await token.current(),
        caller,
      ),
  };
}

/** The path of an operation: the family stands after `v3`, and before a date (HubSpot docs, API versioning). */
export const apiPath = (version: string, family: string, rest: string): string =>
  version === 'v3' ? `/crm/v3/${family}/${rest}` : `/crm/${family}/${version}/${rest}`;

/** Somebody has pressed Ctrl-C while HubSpot was being asked. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

/** What HubSpot's failure means for an operator; anything else as it is. */
export const hubSpotProblem = (error: unknown): unknown =>
  error instanceof DeliveryError
    ? new OperatorError(
        `HubSpot could not be asked: ${error.failure.detail} Nothing was changed by this.`,
        EXIT.notDone,
      )
    : error;
