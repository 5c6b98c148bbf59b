import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { rateShare } from '../../lib/hubspot/rate-share.ts';

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }));
afterEach(() => vi.useRealTimers());

const WINDOW_MS = 10_000;

/** When each of the calls that are asked for at `times` may start, in milliseconds from now. */
async function starts(share: number, times: number[], untilMs: number): Promise<number[]> {
  const turn = rateShare(share);
  const startedAt = Date.now();
  const started: number[] = [];
  for (const at of times) {
    setTimeout(() => void turn().then(() => started.push(Date.now() - startedAt)), at);
  }
  await vi.advanceTimersByTimeAsync(untilMs);
  return started;
}

/** The most calls that start in any 10 seconds. */
const busiestWindow = (started: number[]): number =>
  Math.max(0, ...started.map((from) => started.filter((at) => at >= from && at < from + WINDOW_MS).length));

const always = (count: number): number[] => Array(count).fill(0);

describe('the share of the rate limit', () => {
  it.each([1, 2, 10, 95, 190])(
    'is used to 95 % or more while there is work, and never exceeded: %i',
    async (share) => {
      const started = await starts(share, always(share * 8), 6 * WINDOW_MS);

      expect(busiestWindow(started)).toBeLessThanOrEqual(share);
      const used = started.filter((at) => at >= WINDOW_MS).length;
      expect(used).toBeGreaterThanOrEqual(Math.floor(share * 5 * 0.95));
    },
  );

  it('is never exceeded, however the calls come in and whatever the share', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.integer({ min: 1, max: 60 }), fc.double({ min: 1, max: 60, noNaN: true })),
        fc.array(fc.tuple(fc.nat({ max: 40_000 }), fc.integer({ min: 1, max: 70 })), {
          minLength: 1,
          maxLength: 4,
        }),
        async (share, bursts) => {
          const times = bursts.flatMap(([at, count]) => Array<number>(count).fill(at));
          const started = await starts(share, times, 600_000);
          expect(busiestWindow(started)).toBeLessThanOrEqual(share);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('lets the first call start at once', async () => {
    expect(await starts(95, [0], 0)).toEqual([0]);
  });

  it('is spread over the window instead of spent at its beginning', async () => {
    const started = await starts(100, always(100), WINDOW_MS);

    expect(started).toHaveLength(100);
    const gaps = started.slice(1).map((at, index) => at - (started[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(49);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(51);
  });

  it.each([0, 120, 400])(
    'is used by batches of ten that wait for their answers, %i ms each',
    async (latencyMs) => {
      const turn = rateShare(95);
      const started: number[] = [];
      const startedAt = Date.now();
      const untilMs = 12 * WINDOW_MS;
      const call = async () => {
        await turn();
        started.push(Date.now() - startedAt);
        await new Promise((answered) => setTimeout(answered, latencyMs));
      };
      const drain = async () => {
        while (Date.now() - startedAt < untilMs) await Promise.all(Array.from({ length: 10 }, call));
      };
      await Promise.all([drain(), vi.advanceTimersByTimeAsync(untilMs + 2 * WINDOW_MS)]);

      expect(busiestWindow(started)).toBeLessThanOrEqual(95);
      const lasting = started.filter((at) => at >= 2 * WINDOW_MS && at < untilMs);
      expect(lasting.length).toBeGreaterThanOrEqual(95 * 10 * 0.95);
    },
  );

  it('is whole again after a pause', async () => {
    const started = await starts(50, [...always(50), ...Array<number>(50).fill(30_000)], 60_000);

    const later = started.slice(50);
    expect(later[0]).toBe(30_000);
    expect(later.at(-1)).toBeLessThanOrEqual(40_000);
  });
});
