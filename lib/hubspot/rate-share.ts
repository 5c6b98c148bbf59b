import pThrottle from 'p-throttle';

const WINDOW_MS = 10_000;
/**
 * Two calls that leave a window apart may arrive closer together, by as much as the first was held up on its way. At 2 %
 * a busy machine had one or two calls in a thousand refused, at 3.5 % none (docs/performance.md).
 */
const WINDOW_MARGIN = 1.035;
/** Calls may follow each other twice as fast as evenly, to make up for the time in which a batch waits for its last answers. */
const CATCH_UP = 0.5;

/**
 * This instance's share of HubSpot's rolling limit, spread over the window: resolves when the next call may start.
 *
 * @param requestsPer10s how many calls this instance may make in any 10 seconds; at least 1
 */
export function rateShare(requestsPer10s: number): () => Promise<void> {
  const windowed = pThrottle({
    limit: Math.floor(requestsPer10s),
    interval: WINDOW_MS * WINDOW_MARGIN,
    strict: true,
    // Without weights, p-throttle lets nobody catch up: after one late call all others stay the average distance apart.
    weight: () => 1,
  })(async () => {});
  return pThrottle({ limit: 1, interval: (WINDOW_MS / requestsPer10s) * CATCH_UP })(windowed);
}
