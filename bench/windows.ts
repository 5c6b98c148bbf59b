const WINDOW_MS = 10_000;

/** The limit's use over a run. */
export interface Use {
  /** From the first request to the last. */
  spanMs: number;
  /** Requests, of those that the limit would have let through evenly in the same time. */
  ofLimit: number;
  /** Requests in the fullest rolling window. */
  fullest: number;
  /** Requests in the emptiest of the rolling windows that lie between the first and the last request. */
  emptiest: number;
}

/**
 * How well requests have used a limit.
 *
 * @param times when the limit counted each request, in milliseconds
 * @param per10s what the limit allows in any 10 seconds
 */
export function useOfLimit(times: readonly number[], per10s: number): Use {
  const sorted = times.toSorted((a, b) => a - b);
  const [first = 0] = sorted;
  const last = sorted.at(-1) ?? 0;
  const within = (from: number, to: number): number =>
    sorted.reduce((count, time) => (time >= from && time < to ? count + 1 : count), 0);
  // Counts change only where a request enters or leaves: the fullest window begins with one, the emptiest just after one.
  const fullest = sorted.map((time) => within(time, time + WINDOW_MS));
  const emptiest = sorted
    .filter((time) => time + WINDOW_MS < last)
    .map((time) => within(time + Number.EPSILON * time, time + WINDOW_MS));
  const spanMs = last - first;
  return {
    spanMs,
    ofLimit: sorted.length / ((spanMs / WINDOW_MS) * per10s),
    fullest: Math.max(...fullest),
    emptiest: Math.min(...emptiest),
  };
}
