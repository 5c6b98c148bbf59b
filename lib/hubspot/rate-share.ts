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
const CREDIT_CALLS = 15;
/** Less than this part of the share, and somebody else is using the rest: the shares of instances are never quite even. */
const NEARLY_ALL = 0.9;
/** What of a crowded account's window is left alone, for calls that are on their way. */
const HEADROOM_CALLS = 8;
/** However full the window is, calls go on at a tenth of the pace: their answers tell when there is room again. */
const PACE_MIN = 0.1;
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
  /** What an answer tells of the account's limit. */
  heard(answer: { status: number; headers: Pick<HttpHeaders, 'get'> }): void;
}

/**
 * Never more than the share in any window, spread over it.
 *
 * A fresh instance knows nothing of the calls that its predecessor made a moment ago: it goes evenly until HubSpot's
 * `X-HubSpot-RateLimit-Remaining` tells, or a window has passed. Where that leaves less than the share would allow,
 * somebody else uses the same token, and calls slow down. After a 429 they wait for the window to pass, or for as long
 * as `Retry-After` says.
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
  /** The account's limit and what is left of it, as the latest answer has it. */
  let account: { max: number; remaining: number; at: number } | undefined;
  let inTurn: Promise<unknown> = Promise.resolve();

  /** 1, or less while somebody else uses what the share would allow. */
  function pace(now: number): number {
    if (account === undefined || now - account.at > WINDOW_MS) return 1;
    const part = requestsPer10s / account.max;
    if (account.remaining * part >= limit * NEARLY_ALL) return 1;
    const own = starts.length - 1 - starts.findLastIndex((at) => at <= now - WINDOW_MS);
    if (own + account.remaining * part >= limit * NEARLY_ALL) return 1;
    const room = Math.max(account.remaining - HEADROOM_CALLS, 0) * part;
    return Math.max((own + room) / limit, PACE_MIN);
  }

  function nextStart(now: number): number {
    const atPace = pace(now);
    const fresh = account === undefined && now - firstStart <= windowMs;
    const credit = fresh || atPace < 1 ? 0 : CREDIT_CALLS * evenMs;
    const last = starts.at(-1) ?? Number.NEGATIVE_INFINITY;
    const windowFree = (starts.at(-limit) ?? Number.NEGATIVE_INFINITY) + windowMs;
    return Math.max(last + (evenMs * CATCH_UP) / atPace, due - credit, windowFree, heldUntil);
  }

  async function take(askedAt: number, mayStart: AbortSignal): Promise<void> {
    for (;;) {
      mayStart.throwIfAborted();
      const now = clock.now();
      const next = nextStart(now);
      if (next <= now) break;
      if (next - askedAt > WAIT_MAX_MS) throw new DeliveryError(noRoom);
      await clock.sleep(next - now, mayStart);
    }
    const now = clock.now();
    due = Math.max(due, now) + evenMs / pace(now);
    firstStart = Math.min(firstStart, now);
    starts.push(now);
    if (starts.length > limit) starts.shift();
  }

  return {
    turn(mayStart) {
      const askedAt = clock.now();
      const turn = inTurn.then(() => take(askedAt, mayStart));
      inTurn = turn.catch(() => {});
      return turn;
    },

    heard({ status, headers }) {
      const at = clock.now();
      const max = count(headers.get('x-hubspot-ratelimit-max'));
      const remaining = count(headers.get('x-hubspot-ratelimit-remaining'));
      account = max && remaining !== undefined ? { max, remaining, at } : undefined;
      if (status !== 429) return;
      const seconds = retryAfterSeconds(headers.get('retry-after'));
      heldUntil = at + (seconds === undefined ? WINDOW_MS : Math.min(seconds * 1_000, HOLD_MAX_MS));
    },
  };
}

const noRoom: Failure = {
  class: 'not-started',
  detail: 'The rate limit has no room for another call in time.',
};

const count = (header: string | null): number | undefined =>
  header !== null && /^\d{1,9}$/.test(header) ? Number(header) : undefined;
