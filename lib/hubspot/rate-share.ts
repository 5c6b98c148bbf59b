import { type Clock, machineClock } from '../clock.ts';
import { DeliveryError, type Failure } from '../failure.ts';
import type { HttpHeaders } from '../http.ts';
import { retryAfterSeconds } from './retry-after.ts';

/** HubSpot counts the calls of the last ten seconds. */
const WINDOW_MS = 10_000;
/** Two calls that leave a window apart may arrive closer together, by as much as the first was held up on its way. */
const WINDOW_MARGIN = 1.025;
/** Calls may follow each other twice as fast as evenly, to make up for time in which nothing was asked for. */
const CATCH_UP = 0.5;
/** So many calls can be made up for: the pause between two batches, and what their slowest answers cost. */
const CREDIT_CALLS = 6;
/** Less than this part of the share, and somebody else is using the rest: the shares of instances are never quite even. */
const NEARLY_ALL = 0.9;
/** What of the account's limit is left alone, for calls of others that are on their way. */
const HEADROOM_CALLS = 4;
/** However full the window is, calls go on at a tenth of the pace: their answers tell when there is room again. */
const PACE_MIN = 0.1;
/** Over less, what somebody else takes says nothing of what they will take. */
const TREND_MIN_MS = 1_000;
/** A 429 that asks for more patience is not waited out within an invocation. */
export const HOLD_MAX_MS = 15_000;
/** With a share that a batch can be done with, nothing waits longer. */
const WAIT_MAX_MS = 2 * WINDOW_MS;

/** This instance's share of HubSpot's rolling limit. */
export interface RateShare {
  /**
   * Resolves when the next call may start. Those who wait come in the order in which they asked.
   *
   * @param mayStart aborted when it may not start any more: then it takes nothing of the share
   * @throws the signal's reason, or a DeliveryError of class `not-started` when the wait would be longer than two windows
   */
  turn(mayStart: AbortSignal): Promise<void>;
  /**
   * What an answer tells of the account's limit.
   *
   * @param askedAt when its call started; left out: now
   */
  heard(answer: { status: number; headers: Pick<HttpHeaders, 'get'> }, askedAt?: number): void;
}

/** The account's limit, as the latest answer has it. */
interface Account {
  max: number;
  remaining: number;
  /** How many of the calls that HubSpot counts were others'. */
  others: number;
  /** When the call started. */
  askedAt: number;
  heardAt: number;
}

/**
 * Never more than the share in any window, spread over it.
 *
 * HubSpot's `X-HubSpot-RateLimit-Remaining` tells what is left of the account's limit, for all who use the token. As long
 * as there is some, calls go on: where others take it, or a fresh instance's predecessor took it a moment ago, they take up
 * what their own calls and the others' leave behind. A fresh instance goes evenly until it knows. After a 429 calls wait for
 * the window to pass, or for as long as `Retry-After` says. Why so: docs/decisions/0024.
 *
 * @param requestsPer10s how many calls this instance may make in any 10 seconds; at least 1
 */
export function rateShare(
  requestsPer10s: number,
  clock: Pick<Clock, 'now' | 'sleep'> = machineClock,
): RateShare {
  const limit = Math.floor(requestsPer10s);
  const windowMs = WINDOW_MS * WINDOW_MARGIN;
  const evenMs = windowMs / limit;

  /** When the latest calls started: as many as one window may hold. */
  const starts: number[] = [];
  let firstStart = Number.POSITIVE_INFINITY;
  /** When the next call would start if all started evenly. */
  let due = Number.NEGATIVE_INFINITY;
  let heldUntil = Number.NEGATIVE_INFINITY;
  let account: Account | undefined;
  /** What others had of the limit when no other call of ours was in the window. */
  let before = { others: 0, at: Number.NEGATIVE_INFINITY };
  let waiting = 0;
  /** Settled when the last of those who wait is. */
  let inTurn: Promise<unknown> = Promise.resolve();

  /** How many of these calls started until then: `starts` grows, so halving it finds the place. */
  function startedUntil(time: number): number {
    let [from, to] = [0, starts.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((starts[middle] ?? time) <= time) from = middle + 1;
      else to = middle;
    }
    return from;
  }
  const startedIn = (after: number, until: number): number => startedUntil(until) - startedUntil(after);

  /** What is left now: without what has started since, with what has left the window since. Of others, the next answer tells. */
  const left = ({ remaining, askedAt }: Account, now: number): number =>
    remaining - startedIn(askedAt, now) + startedIn(askedAt - WINDOW_MS, now - WINDOW_MS);

  /**
   * While others take more and more, and no call of ours is about to leave the window: what is left, less what somebody
   * else will have taken by then, has to last until one does.
   */
  function rationedMs({ max, others }: Account, spare: number, now: number): number {
    const part = requestsPer10s / max;
    const own = startedIn(now - WINDOW_MS, now);
    const more = others - before.others;
    if (own + spare * part >= limit * NEARLY_ALL || more <= 0) return 0;
    // Each of our other instances will have made as many calls as this one.
    const strangers = Math.max(more - own * (1 / part - 1), 0);
    const first = starts[startedUntil(now - WINDOW_MS)] ?? now;
    const lastsMs = first + WINDOW_MS - now;
    const taken = (strangers * lastsMs) / Math.max(now - before.at, TREND_MIN_MS);
    return spare > taken ? lastsMs / ((spare - taken) * part) : Number.POSITIVE_INFINITY;
  }

  /** The least time between two calls, and for how many calls time may be made up. */
  function pace(now: number): { gapMs: number; credit: number } {
    const leastMs = evenMs * CATCH_UP;
    if (account === undefined || now - account.heardAt > WINDOW_MS) {
      const fresh = account === undefined && now - firstStart <= windowMs;
      return { gapMs: leastMs, credit: fresh ? 0 : CREDIT_CALLS };
    }
    const mostMs = evenMs / PACE_MIN;
    const spare = left(account, now) - HEADROOM_CALLS;
    if (spare < 1) return { gapMs: mostMs, credit: 0 };
    const gapMs = Math.min(Math.max(rationedMs(account, spare, now), leastMs), mostMs);
    return { gapMs, credit: Math.min(CREDIT_CALLS, spare) };
  }

  function nextStart(now: number): number {
    const { gapMs, credit } = pace(now);
    const last = starts.at(-1) ?? Number.NEGATIVE_INFINITY;
    const windowFree = (starts.at(-limit) ?? Number.NEGATIVE_INFINITY) + windowMs;
    return Math.max(last + gapMs, due - credit * evenMs, windowFree, heldUntil);
  }

  async function take(askedAt: number, mayStart: AbortSignal): Promise<void> {
    for (;;) {
      mayStart.throwIfAborted();
      const now = clock.now();
      const next = nextStart(now);
      if (next <= now) return start(now);
      if (next - askedAt > WAIT_MAX_MS) throw new DeliveryError(noRoom);
      // Not all at once: an answer may tell that there is room.
      await clock.sleep(Math.min(next - now, evenMs), mayStart);
    }
  }

  function start(now: number): void {
    due = Math.max(due, now) + evenMs;
    firstStart = Math.min(firstStart, now);
    starts.push(now);
    if (starts.length > limit) starts.shift();
  }

  return {
    turn(mayStart) {
      const askedAt = clock.now();
      if (waiting === 0 && !mayStart.aborted && nextStart(askedAt) <= askedAt) {
        start(askedAt);
        return AT_ONCE;
      }
      waiting += 1;
      const turn = inTurn.then(() => take(askedAt, mayStart));
      inTurn = turn
        .catch(() => {})
        .then(() => {
          waiting -= 1;
        });
      return orAborted(turn, mayStart);
    },

    heard({ status, headers }, askedAt = clock.now()) {
      const heardAt = clock.now();
      const max = count(headers.get('x-hubspot-ratelimit-max'));
      const remaining = count(headers.get('x-hubspot-ratelimit-remaining'));
      account = undefined;
      if (max && remaining !== undefined) {
        const own = startedIn(askedAt - WINDOW_MS, askedAt);
        const others = max - remaining - own;
        account = { max, remaining, others, askedAt, heardAt };
        if (own <= 1) before = { others, at: heardAt };
      }
      if (status !== 429) return;
      const seconds = retryAfterSeconds(headers.get('retry-after'));
      heldUntil = heardAt + (seconds === undefined ? WINDOW_MS : Math.min(seconds * 1_000, HOLD_MAX_MS));
    },
  };
}

const AT_ONCE = Promise.resolve();

/** Waits, and rejects with the signal's reason once it is aborted. The signal may live for thousands of calls. */
const orAborted = (waiting: Promise<void>, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    waiting.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });

const noRoom: Failure = {
  class: 'not-started',
  detail: 'The rate limit has no room for another call in time.',
};

const count = (header: string | null): number | undefined =>
  header !== null && /^\d{1,9}$/.test(header) ? Number(header) : undefined;
