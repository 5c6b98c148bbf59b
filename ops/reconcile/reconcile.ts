import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Clock } from '../../lib/clock.ts';
import { BATCH_SIZE } from '../../lib/queue/send-batch.ts';
import type { Account } from '../../lib/reconcile/account.ts';
import { accountsSince, type Batch, BEGINNING } from '../../lib/reconcile/accounts.ts';
import { type Cards, compare, type Lacking } from '../../lib/reconcile/compare.ts';
import { patiently } from '../../lib/reconcile/patience.ts';
import { putOnQueue } from '../../lib/reconcile/put-on-queue.ts';
import { PoolError, type UserPool } from '../../lib/reconcile/user-pool.ts';
import type { Turn } from '../pace.ts';
import type { State } from './state-file.ts';

/** What a run is made with. */
export interface ReconcileOptions {
  pool: Pick<UserPool, 'page'>;
  cards: Cards;
  /** Where whoever is missing is sent, if at all. */
  to: { queue: { sqs: Pick<SQSClient, 'send'>; url: string }; turn: Turn } | undefined;
  state: State;
  /** Keeps how far it has come, for a next run: after this, nothing up to there is done again. */
  save: (state: State) => Promise<void>;
  clock: Clock;
  random: () => number;
  stop: AbortSignal;
  /** Told of each state, once it is saved. */
  onState: (state: State) => void;
  /** Told when Cognito has forgotten the place where an earlier run was, and it begins anew. */
  onLostPlace: () => void;
}

/** How a run ended. */
export interface Reconciled {
  state: State;
  /** Why a call to SQS failed for good. */
  sqsError?: unknown;
}

/**
 * Goes through a pool, batch by batch, and saves how far it has come: after each batch, and where people are sent, after
 * each ten of them.
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
    return goThrough({ ...options, state: { ...state, position: BEGINNING, counts, refused: {} } });
  }
}

async function goThrough({
  pool,
  cards,
  to,
  save,
  clock,
  random,
  stop,
  onState,
  ...options
}: ReconcileOptions): Promise<Reconciled> {
  let { state } = options;
  let { refused = {} } = state;
  const asking = { clock, random, stop };
  const batches = accountsSince(pool, {
    since: new Date(state.since),
    from: state.position,
    clock,
    stop,
  });
  for await (const batch of batches) {
    const lacking = await patiently(() => compare(batch.accounts, cards), asking);
    const after = statesOf(state, batch, lacking);
    const people = to === undefined ? [] : inOrder(batch, lacking);
    let sentOfBatch = 0;
    for (let first = 0; to !== undefined && first < people.length; first += BATCH_SIZE) {
      const ten = people.slice(first, first + BATCH_SIZE);
      const accounts = ten.map(({ account }) => account);
      const sent = await putOnQueue(to.queue, accounts, { run: state.run, turn: to.turn, ...asking });
      // Not done with: the next run sends these again, under the same name.
      if (sent.error !== undefined) return { state, sqsError: sent.error };
      if (sent.accounts.length < ten.length) stop.throwIfAborted();
      sentOfBatch += sent.accounts.length;
      refused = withCodes(refused, sent.refused);
      state = { ...after(sentOfBatch, Math.max(...ten.map(({ done }) => done))), refused };
      await save(state);
      onState(state);
    }
    state = { ...after(sentOfBatch), refused };
    // After the last batch there is nothing to go on with.
    if (batch.next !== undefined) await save(state);
    onState(state);
  }
  return { state };
}

const withCodes = (before: Readonly<Record<string, number>>, codes: readonly string[]) => {
  const after: Record<string, number> = { ...before };
  for (const code of codes) after[code] = (after[code] ?? 0) + 1;
  return after;
};

/** In the pool's order, each with how many of the batch are done with once it is. */
const inOrder = ({ accounts }: Batch, { missing, withoutUsername }: Lacking) =>
  accounts
    .map((account, index) => ({ account, done: index + 1 }))
    .filter(({ account }) => missing.includes(account) || withoutUsername.includes(account));

/** The state after so many of a batch's accounts are done with; after all of it, where none is said. */
function statesOf(before: State, { accounts, places, next, ...whole }: Batch, lacking: Lacking) {
  const { counts, position } = before;
  const end = { ...whole, after: next ?? places.at(-1)?.after ?? position };
  return (sent: number, done?: number): State => {
    const place = (done !== undefined && places[done - 1]) || end;
    const those = accounts.slice(0, done);
    const among = (some: readonly Account[]) => those.filter((account) => some.includes(account)).length;
    return {
      ...before,
      position: place.after,
      counts: {
        seen: counts.seen + place.seen,
        checked: counts.checked + those.length,
        missing: counts.missing + among(lacking.missing),
        withoutUsername: counts.withoutUsername + among(lacking.withoutUsername),
        sent: counts.sent + sent,
        unusable: counts.unusable + place.unusable,
      },
    };
  };
}
