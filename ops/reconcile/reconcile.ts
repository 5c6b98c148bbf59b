import { machineClock } from '../../lib/clock.ts';
import { accountsSince, type Batch, BEGINNING } from '../../lib/reconcile/accounts.ts';
import { type Cards, compare } from '../../lib/reconcile/compare.ts';
import { patiently } from '../../lib/reconcile/patience.ts';
import { putOnQueue } from '../../lib/reconcile/put-on-queue.ts';
import { PoolError, type UserPool } from '../../lib/reconcile/user-pool.ts';
import type { Queue } from '../aws/queue.ts';
import type { Turn } from '../pace.ts';
import { type State, saveState } from './state-file.ts';

/** What a run is made with. */
export interface ReconcileOptions {
  pool: Pick<UserPool, 'page'>;
  cards: Cards;
  /** Where whoever is missing is sent, if at all. */
  to: { queue: Queue; turn: Turn } | undefined;
  state: State;
  stateFile: string;
  stop: AbortSignal;
  /** Told after each batch, with the state that was saved. */
  onBatch: (state: State, batch: Batch) => void;
  /** Told when Cognito has forgotten the place where an earlier run was, and it begins anew. */
  onLostPlace: () => void;
}

/** How a run ended. The state is of the last batch that was done with. */
export interface Reconciled {
  state: State;
  /** SQS's codes of those whom it did not take. */
  refused: string[];
  /** Why a call to SQS failed for good. */
  sqsError?: unknown;
}

/**
 * Goes through a pool, batch by batch, and saves after each how far it has come.
 *
 * @throws what Cognito and HubSpot are, once they cannot be asked, and the signal's reason
 */
export async function reconcile(options: ReconcileOptions): Promise<Reconciled> {
  const { state } = options;
  try {
    return await goThrough(options);
  } catch (error) {
    const isLost = error instanceof PoolError && error.isLostPlace && state.position.token !== undefined;
    if (!isLost) throw error;
    options.onLostPlace();
    const { sent } = state.counts;
    const counts = { seen: 0, checked: 0, missing: 0, withoutUsername: 0, sent, unusable: 0 };
    return goThrough({ ...options, state: { ...state, position: BEGINNING, counts } });
  }
}

async function goThrough({
  pool,
  cards,
  to,
  stateFile,
  stop,
  onBatch,
  ...options
}: ReconcileOptions): Promise<Reconciled> {
  let { state } = options;
  const refused: string[] = [];
  const asking = { clock: machineClock, random: Math.random, stop };
  const batches = accountsSince(pool, {
    since: new Date(state.since),
    from: state.position,
    clock: machineClock,
    stop,
  });
  for await (const batch of batches) {
    const { accounts, seen, unusable, next } = batch;
    const { missing, withoutUsername } = await patiently(() => compare(accounts, cards), asking);
    const people = [...missing, ...withoutUsername];
    const sent =
      to === undefined
        ? { accounts: [], refused: [] }
        : await putOnQueue(to.queue, people, { run: state.run, turn: to.turn, stop });
    // Not done with: the next run sends this batch again, under the same name.
    if ('error' in sent && sent.error !== undefined) return { state, refused, sqsError: sent.error };
    if (to !== undefined) stop.throwIfAborted();
    refused.push(...sent.refused);
    const { counts } = state;
    state = {
      ...state,
      position: next ?? state.position,
      counts: {
        seen: counts.seen + seen,
        checked: counts.checked + accounts.length,
        missing: counts.missing + missing.length,
        withoutUsername: counts.withoutUsername + withoutUsername.length,
        sent: counts.sent + sent.accounts.length,
        unusable: counts.unusable + unusable,
      },
    };
    // After the last batch there is nothing to go on with.
    if (next !== undefined) await saveState(stateFile, state);
    onBatch(state, batch);
  }
  return { state, refused };
}
