import type { Clock } from '../lib/clock.ts';
import { OperatorError } from './exit.ts';

/** Resolves to true when the next ones may go, one where no number is said, and to false when they are not to go any more. */
export type Turn = (count?: number) => Promise<boolean>;

/** Lets so many go a second, evenly, the first at once. */
export function evenly(
  ratePerSecond: number,
  { now, sleep }: Pick<Clock, 'now' | 'sleep'>,
  stop: AbortSignal,
): Turn {
  const intervalMs = 1_000 / ratePerSecond;
  let due = Number.NEGATIVE_INFINITY;
  return async (count = 1) => {
    // Taken before the wait: others may ask meanwhile.
    const askedAt = now();
    const start = Math.max(due, askedAt);
    due = start + count * intervalMs;
    if (start > askedAt && !stop.aborted) await sleep(start - askedAt, stop).catch(() => undefined);
    return !stop.aborted;
  };
}

/** The most that is of use to anybody. */
const RATE_MAX = 100_000;

/** @throws OperatorError when it is no number of letters or people a second. */
export function rateOf(given: string | undefined, otherwise: number): number {
  if (given === undefined) return otherwise;
  const rate = Number(given);
  if (/^\d{1,6}(\.\d{1,3})?$/.test(given) && rate > 0 && rate <= RATE_MAX) return rate;
  throw new OperatorError('--rate is how many a second, such as 5 or 0.5. Nothing was done.');
}

/** For a person: one decimal at most. */
export const rateText = (ratePerSecond: number): string =>
  `${Number(ratePerSecond.toFixed(1)) || ratePerSecond} a second`;
