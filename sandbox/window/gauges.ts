import type { HubSpotSandbox } from '../hubspot/sandbox.ts';
import type { Queues } from '../queues.ts';
import type { Gauges } from './view.ts';

const SECONDS = 60;

/** Counters by the second. */
function minute() {
  const seconds = new Map<number, number>();
  const second = (ms: number) => Math.floor(ms / 1_000);
  return {
    add(at: number, value: number, merge: (before: number, value: number) => number): void {
      seconds.set(second(at), merge(seconds.get(second(at)) ?? 0, value));
      for (const old of seconds.keys()) if (old < second(at) - SECONDS) seconds.delete(old);
    },
    /** The newest last. */
    values: (now: number): number[] =>
      Array.from({ length: SECONDS }, (_, index) => seconds.get(second(now) - SECONDS + 1 + index) ?? 0),
  };
}

const sum = (before: number, value: number): number => before + value;

/** How full everything is, and how fast it goes. */
export function openGauges(
  { queues, hubspot: { limits, settings } }: { queues: Queues; hubspot: HubSpotSandbox },
  now: () => number = Date.now,
) {
  const synced = minute();
  const calls = minute();
  const slowest = minute();
  return {
    synced(sinceSignUpMs: number): void {
      synced.add(now(), 1, sum);
      slowest.add(now(), Math.max(Math.round(sinceSignUpMs), 1), Math.max);
    },
    call: (): void => calls.add(now(), 1, sum),
    view(): Gauges {
      const { ready, inflight } = queues.waiting();
      const deadInHand = queues.deadLettersInFlight();
      const limit = settings.requestsPer10s;
      return {
        queue: {
          waiting: ready.length,
          inFlight: inflight.length,
          dead: queues.deadLetters().length,
          deadInHand,
        },
        rate: { used: limits.used(), limit: Number.isFinite(limit) ? limit : null },
        minute: {
          synced: synced.values(now()),
          calls: calls.values(now()),
          slowestMs: slowest.values(now()),
        },
      };
    },
  };
}
