import { setMaxListeners } from 'node:events';
import { GetParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import { type Clock, machineClock } from '../lib/clock.ts';
import { DeliveryError } from '../lib/failure.ts';
import { authorized } from '../lib/hubspot/authorization.ts';
import { openCrm } from '../lib/hubspot/crm.ts';
import { openLookUp } from '../lib/hubspot/lookup.ts';
import { rateShare } from '../lib/hubspot/rate-share.ts';
import { type AccessToken, fixedToken, parameterToken } from '../lib/hubspot/token.ts';
import { transport } from '../lib/hubspot/transport.ts';
import { parameterStore } from '../lib/parameters.ts';
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
  const ssm = new SSMClient({ maxAttempts: 3, ...(aws.region !== undefined && { region: aws.region }) });
  const read = async (names: readonly string[]) => {
    try {
      const { Parameters = [] } = await ssm.send(
        new GetParametersCommand({ Names: [...names], WithDecryption: true }),
      );
      return new Map(
        Parameters.flatMap(({ Name, Value }) =>
          Name === undefined || Value === undefined ? [] : [[Name, Value] as const],
        ),
      );
    } catch (error) {
      const why = error instanceof Error && /^\w{1,64}$/.test(error.name) ? error.name : 'unknown error';
      throw new OperatorError(
        `The HubSpot token cannot be read from SSM (${why}): these credentials need ssm:GetParameters on its parameter. Or set HUBSPOT_ACCESS_TOKEN.`,
      );
    }
  };
  return parameterToken(name, parameterStore({ names: [name], read }));
}

/** HubSpot as a stage's sync sees it, with a share of the rate limit of its own. For one question at a time. */
export function openHubSpot(stage: Stage, stop: AbortSignal, clock: Clock = machineClock) {
  const { baseUrl, apiVersion, requestsPer10s } = stage.hubspot;
  const token = tokenOf(stage);
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
  const options = {
    baseUrl,
    apiVersion,
    send: authorized(sendAs, token, clock.now),
    caller: { mayStart: mayStart.signal, onRequest: () => undefined },
  };
  return { crm: openCrm(options), ...openLookUp(options) };
}

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
