import { describe, expect, it } from 'vitest';
import { drainInVirtualTime } from '../../bench/virtual-drain.ts';

/*
 * The rate shares of two instances, with all that they hear of each other and of others, in virtual time. `npm run bench -- pace` has
 * more moments and latencies.
 */

const drain = { users: 1_000, latencyMs: 120, instances: 2, requestsPer10s: 190 };
const other = { per10s: 63, fromMs: 0 };
const USE_MIN = 0.95;

describe('a backlog', () => {
  it.each([0, 120, 200])('uses the limit without a 429, at %i ms a call', async (latencyMs) => {
    const { use, throttled } = await drainInVirtualTime({ ...drain, latencyMs, seed: 1 });

    expect(use).toBeGreaterThanOrEqual(USE_MIN);
    expect(throttled.ours).toBe(0);
  });

  it.each([12_000, 14_500, 17_000, 19_500, 22_000])(
    'uses it also where an instance is replaced %i ms after the start',
    async (replacedAtMs) => {
      const { use, throttled } = await drainInVirtualTime({
        ...drain,
        seed: 2,
        replacedAtMs: [replacedAtMs],
      });

      expect(use).toBeGreaterThanOrEqual(USE_MIN);
      expect(throttled.ours).toBe(0);
    },
  );

  it.each([
    ['that comes at the same moment', 0],
    ['that was there before', -15_000],
    ['that comes later', 15_000],
  ])('uses what another program leaves %s, and leaves it that', async (_, fromMs) => {
    const { use, throttled } = await drainInVirtualTime({
      ...drain,
      seed: 3,
      other: { ...other, fromMs },
    });

    expect(use).toBeGreaterThanOrEqual(USE_MIN);
    expect(throttled).toEqual({ ours: 0, others: 0 });
  });

  it('uses what another program leaves also where an instance is replaced', async () => {
    const replacedAtMs = [16_000];
    const { use, throttled } = await drainInVirtualTime({ ...drain, seed: 4, other, replacedAtMs });

    expect(use).toBeGreaterThanOrEqual(USE_MIN);
    expect(throttled).toEqual({ ours: 0, others: 0 });
  });
});
