import type { Verification } from '../people/person.ts';
import type { Timeline } from '../time/timeline.ts';

const DAY_MS = 86_400_000;
/** After a trouble, it takes so long until everything has come back from its back-off. */
const AFTERMATH_MS = 6 * 3_600_000;
/** So many people of whom SQS would give out a message are a backlog. */
const BACKLOG = 100;
/** A backlog that drains in less says little. */
const DRAIN_MIN_MS = 30_000;
/** A single call that hangs stalls an instance for ten seconds: of less draining than this, nothing is said. */
const DRAINED_MIN_MS = 20 * 60_000;
/** A day with fewer sign-ups says little. */
const SIGN_UPS_MIN = 20;

export interface Pace {
  synced(verification: Verification): void;
  /** HubSpot was asked, while SQS had something to give out for so many people. */
  request(waiting: number): void;
  /** The slowest calm day's median from verification to card, in milliseconds; undefined where there was no such day. */
  slowestMedianMs(): number | undefined;
  medianMs(): number | undefined;
  /** Requests of all, and while a backlog drained on calm days, how many of those that the limit allowed. */
  requests(): number;
  ofLimit(): number | undefined;
}

export interface PaceOptions {
  timeline: Timeline;
  conditions: { readonly calmSince: number };
  requestsPer10s: number;
}

/** How long people wait for their cards on calm days, and how fast a backlog drains. */
export function createPace({ timeline, conditions, requestsPer10s }: PaceOptions): Pace {
  const days = new Map<number, number[]>();
  let requests = 0;
  let drain: { since: number; last: number; requests: number } | undefined;
  const drained = { ms: 0, requests: 0 };

  function endDrain(): void {
    if (drain !== undefined && drain.last - drain.since >= DRAIN_MIN_MS) {
      drained.ms += drain.last - drain.since;
      drained.requests += drain.requests;
    }
    drain = undefined;
  }

  return {
    request(waiting) {
      requests += 1;
      const now = timeline.now();
      if (waiting < BACKLOG || conditions.calmSince > now) return endDrain();
      if (drain === undefined) drain = { since: now, last: now, requests: 0 };
      else drain.requests += 1;
      drain.last = now;
    },
    synced({ verifiedAt, facts }) {
      if (facts.replays > 0 || facts.deadLetters > 0 || facts.syncedAt.length > 1) return;
      if (verifiedAt < conditions.calmSince + AFTERMATH_MS) return;
      const day = Math.floor(verifiedAt / DAY_MS);
      const waits = days.get(day) ?? [];
      waits.push(timeline.now() - verifiedAt);
      days.set(day, waits);
    },
    requests: () => requests,
    ofLimit() {
      endDrain();
      return drained.ms < DRAINED_MIN_MS
        ? undefined
        : drained.requests / ((drained.ms / 10_000) * requestsPer10s);
    },
    medianMs: () => median([...days.values()].flat()),
    slowestMedianMs() {
      const medians = [...days.values()]
        .filter(({ length }) => length >= SIGN_UPS_MIN)
        .flatMap((waits) => median(waits) ?? []);
      return medians.length === 0 ? undefined : Math.max(...medians);
    },
  };
}

const median = (values: readonly number[]): number | undefined =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
