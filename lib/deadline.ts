import type { Cancel, Clock } from './clock.ts';
import { DeliveryError } from './failure.ts';

/** The timeout in serverless.yml. */
const INVOCATION_MS = 60_000;

/** Lambda tells the remaining time by the time of day, which may step. No invocation begins with none, or with more than all. */
const believable = (remainingMs: number): number =>
  remainingMs > 0 ? Math.min(remainingMs, INVOCATION_MS) : INVOCATION_MS;

/**
 * Aborts when no call may start any more, because it could not end before Lambda ends the invocation.
 *
 * @param stop what is aborted, with a DeliveryError
 * @param remainingMs as Lambda tells it when the invocation begins
 * @param reservedMs for the last call, and for what follows it
 */
export function stopInTime(
  stop: AbortController,
  {
    remainingMs,
    reservedMs,
    clock,
  }: { remainingMs: number; reservedMs: number; clock: Pick<Clock, 'after'> },
): Cancel {
  const outOfTime = () =>
    stop.abort(new DeliveryError({ class: 'not-started', detail: 'No time was left for another call.' }));
  const forCallsMs = believable(remainingMs) - reservedMs;
  if (forCallsMs > 0) return clock.after(forCallsMs, outOfTime);
  outOfTime();
  return () => {};
}
