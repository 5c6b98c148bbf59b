import type { Clock } from '../clock.ts';
import { CONTACTS_PER_READ } from '../hubspot/lookup.ts';
import { type Account, accountOf } from './account.ts';
import type { UserPool } from './user-pool.ts';

/** Half of what Cognito allows an account by default, 30 a second: the dashboard lists users too. */
const PAGES_PER_SECOND = 15;
/** A batch ends after so many pages, however few belong into it, so that an interruption costs little. */
const PAGES_PER_BATCH = 50;

/** A place in a pool's list: after so many users of the page that this token brings. */
export interface Position {
  /** Undefined for the first page. */
  token?: string | undefined;
  skip: number;
}

export const BEGINNING: Position = { skip: 0 };

/** How far a batch has come with one of its accounts. */
export interface Place {
  /** Where the list goes on after it. */
  after: Position;
  /** As {@link Batch} counts them, up to and with this account. */
  seen: number;
  unusable: number;
}

/** Accounts to be looked up together. */
export interface Batch {
  /** {@link CONTACTS_PER_READ} at most; none where fifty pages hold nobody. */
  accounts: readonly Account[];
  /** One for each of them. */
  places: readonly Place[];
  /** How many users of the pool were looked at since the batch before. */
  seen: number;
  /** Of those, belonging into HubSpot with something that no message can carry. */
  unusable: number;
  /** Where the next batch begins; undefined after the last one. */
  next: Position | undefined;
}

export interface AccountsOptions {
  /** Whoever was made or changed at that time or later. */
  since: Date;
  from?: Position;
  clock: Pick<Clock, 'now' | 'sleep'>;
  /** Ends the wait between two pages, with its reason. */
  stop: AbortSignal;
}

/** Every confirmed account with a verified address, batch by batch; never more than a batch and a page in memory. */
export async function* accountsSince(
  pool: Pick<UserPool, 'page'>,
  { since, from = BEGINNING, clock, stop }: AccountsOptions,
): AsyncGenerator<Batch, void, undefined> {
  let { token, skip }: Position = from;
  let due = Number.NEGATIVE_INFINITY;
  let pages = 0;
  let batch = newBatch();

  for (;;) {
    stop.throwIfAborted();
    const now = clock.now();
    if (due > now) await clock.sleep(due - now, stop);
    due = Math.max(due, now) + 1_000 / PAGES_PER_SECOND;
    const { users, next } = await pool.page(token);
    pages += 1;
    for (const [index, user] of users.entries()) {
      if (index < skip) continue;
      batch.seen += 1;
      const account = accountOf(user, since);
      if (account === undefined) continue;
      if (account === 'unusable') {
        batch.unusable += 1;
        continue;
      }
      const after = { token, skip: index + 1 };
      batch.accounts.push(account);
      batch.places.push({ after, seen: batch.seen, unusable: batch.unusable });
      if (batch.accounts.length < CONTACTS_PER_READ) continue;
      yield { ...batch, next: after };
      batch = newBatch();
      pages = 0;
    }
    if (next === undefined) {
      yield { ...batch, next: undefined };
      return;
    }
    token = next;
    skip = 0;
    if (pages < PAGES_PER_BATCH) continue;
    yield { ...batch, next: { token, skip } };
    batch = newBatch();
    pages = 0;
  }
}

const newBatch = () => ({ accounts: [] as Account[], places: [] as Place[], seen: 0, unusable: 0 });
