import Table from 'cli-table3';
import { atLeast, type Bound, inPercent } from './bound.ts';
import { say } from './say.ts';
import { drainInVirtualTime, type VirtualDrain } from './virtual-drain.ts';

const BENCH = 'pace';
const REQUESTS_PER_10S = 190;
const OTHERS_PER_10S = Math.floor(REQUESTS_PER_10S / 3);
const USE_MIN = 0.95;
/** Of the calls of both. */
const THROTTLED_MOST = 0.01;

/** What happens in the course of a drain. Each run has its own moment for it, spread over a window and more. */
const DISTURBED: Readonly<
  Record<string, { useMin: number; at: (moment: number) => Pick<VirtualDrain, 'replacedAtMs' | 'other'> }>
> = {
  alone: { useMin: USE_MIN, at: () => ({}) },
  'an instance replaced once': {
    useMin: USE_MIN,
    at: (moment) => ({ replacedAtMs: [12_000 + moment * 12_000] }),
  },
  'one replaced every 7 s': {
    useMin: 0.9,
    at: (moment) => ({
      replacedAtMs: Array.from({ length: 10 }, (_, nth) => 3_000 + (nth + moment) * 7_000),
    }),
  },
  'another program, from the same moment on': {
    useMin: USE_MIN,
    at: () => ({ other: { per10s: OTHERS_PER_10S, fromMs: 0 } }),
  },
  'another program, there before': {
    useMin: USE_MIN,
    at: (moment) => ({ other: { per10s: OTHERS_PER_10S, fromMs: -12_000 - moment * 2_000 } }),
  },
  // It comes into a window that is full: a single 429 holds an instance for ten seconds.
  'another program, coming later': {
    useMin: 0.9,
    at: (moment) => ({ other: { per10s: OTHERS_PER_10S, fromMs: 12_000 + moment * 12_000 } }),
  },
  'another program, and an instance replaced once': {
    useMin: USE_MIN,
    at: (moment) => ({
      other: { per10s: OTHERS_PER_10S, fromMs: 0 },
      replacedAtMs: [12_000 + moment * 12_000],
    }),
  },
};

/** @param runs of each kind, each from a seed of its own */
export async function measurePace(
  runs: number,
  { users, latenciesMs, instances }: { users: number; latenciesMs: readonly number[]; instances: number },
): Promise<Bound[]> {
  const table = new Table({
    head: ['', 'ms a call', 'use: least', 'median', 'most', '429 to us', 'to the other'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  const bounds: Bound[] = [];
  for (const [what, { useMin, at }] of Object.entries(DISTURBED)) {
    for (const latencyMs of latenciesMs) {
      const uses: number[] = [];
      let [ours, others, requests] = [0, 0, 0];
      for (let run = 0; run < runs; run += 1) {
        const disturbed = at(run / runs);
        const drained = await drainInVirtualTime({
          seed: run,
          users,
          latencyMs,
          instances,
          requestsPer10s: REQUESTS_PER_10S,
          ...disturbed,
        });
        uses.push(drained.use);
        ours += drained.throttled.ours;
        others += drained.throttled.others;
        requests += drained.requests;
      }
      uses.sort((a, b) => a - b);
      const [least = 0] = uses;
      const figures = [least, uses[runs >> 1] ?? 0, uses.at(-1) ?? 0].map(inPercent);
      table.push([what, latencyMs, ...figures, ours, others]);
      const name = `${what}, ${latencyMs} ms a call`;
      const shared = at(0).other !== undefined;
      bounds.push(atLeast(BENCH, `${name}: of what is left of the limit`, least, useMin, inPercent), {
        bench: BENCH,
        what: `${name}: answers 429, of ${requests}`,
        measured: String(ours + others),
        bound: shared ? 'under 1 %' : '0',
        kept: shared ? ours + others < requests * THROTTLED_MOST : ours + others === 0,
      });
    }
  }
  say(`${runs} drains of ${users} users each, ${instances} instances, in virtual time:\n${table}\n`);
  return bounds;
}
