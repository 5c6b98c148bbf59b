import { authorized } from '../../lib/hubspot/authorization.ts';
import { rateShare } from '../../lib/hubspot/rate-share.ts';
import { parameterToken } from '../../lib/hubspot/token.ts';
import { transport } from '../../lib/hubspot/transport.ts';
import { parameterStore } from '../../lib/parameters.ts';
import { openCards } from '../../lib/reconcile/compare.ts';
import { evenly } from '../../ops/pace.ts';
import { reconcile } from '../../ops/reconcile/reconcile.ts';
import { fresh, type State } from '../../ops/reconcile/state-file.ts';
import type { Host } from '../time/host.ts';
import { QUEUE_URL, TOKEN_PARAMETER, USER_POOL_ID, type World } from '../world.ts';

/** The command's defaults: a third of HubSpot's limit for its questions, half of it for people. */
const READS_PER_10S = 190 / 3;
const PEOPLE_PER_SECOND = 9.5;
const TIMEOUT_MS = 10_000;

/** `reconcile --send`, at an operator's terminal. What it keeps outlives the terminal. */
export function createReconcileCommand(world: World) {
  /** The state file. */
  let kept: State | undefined;

  function cardsOn(host: Host, stop: AbortSignal) {
    const { baseUrl, apiVersion } = world.conditions.reconcile.hubspot;
    const { clock } = host;
    const store = parameterStore({
      names: [TOKEN_PARAMETER],
      now: clock.now,
      read: world.parameters.readOn(host),
    });
    const sendAs = transport({
      share: rateShare(READS_PER_10S, clock),
      timeoutMs: TIMEOUT_MS,
      clock,
      http: world.httpFrom(host),
    });
    const send = authorized(sendAs, parameterToken(TOKEN_PARAMETER, store), clock.now);
    return openCards({ baseUrl, apiVersion, send, caller: { mayStart: stop, onRequest: () => undefined } });
  }

  /**
   * Goes on where it was ended, by whatever.
   *
   * @returns whether everybody is on the queue
   * @throws what HubSpot or Cognito cannot be asked for
   */
  return async function run(host: Host, since: Date): Promise<boolean> {
    const subject = { userPoolId: USER_POOL_ID, since: since.toISOString(), queueUrl: QUEUE_URL };
    const stop = new AbortController().signal;
    const isSame = kept?.since === subject.since;
    const state = isSame && kept !== undefined ? kept : { ...fresh(subject), run: world.newId() };
    const { state: ended, sqsError } = await reconcile({
      pool: world.pool.readOn(host),
      cards: cardsOn(host, stop),
      to: {
        queue: { sqs: world.sqs.clientOf(host), url: QUEUE_URL },
        turn: evenly(PEOPLE_PER_SECOND, host.clock, stop),
      },
      state,
      async save(after) {
        kept = after;
      },
      clock: host.clock,
      random: world.chanceOf(`jitter of ${host.name}`).next,
      stop,
      onState: () => undefined,
      onLostPlace: () => undefined,
    });
    if (sqsError !== undefined) return false;
    kept = undefined;
    return Object.keys(ended.refused ?? {}).length === 0;
  };
}
