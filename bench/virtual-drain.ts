import { rateShare } from '../lib/hubspot/rate-share.ts';
import { createLimits } from '../sandbox/hubspot/limits.ts';
import { defaultSettings } from '../sandbox/hubspot/settings.ts';
import { chance } from '../simulation/chance.ts';
import { createHost } from '../simulation/time/host.ts';
import { createTimeline } from '../simulation/time/timeline.ts';
import { useOfLimit } from './windows.ts';

const WINDOW_MS = 10_000;
/** What Lambda's event source mapping hands over at a time. */
const BATCH_SIZE = 10;
/** Between two batches: the instance's own work, the poll of the queue, the invocation. */
const PAUSE_MS = 15;
/** What a fresh instance takes to start. */
const START_MS = 400;

/** A backlog of new users, and what disturbs its drain. */
export interface VirtualDrain {
  /** Every chance comes from it. */
  seed: number;
  users: number;
  /** What a call takes on average. */
  latencyMs: number;
  instances: number;
  requestsPer10s: number;
  /** When instances are replaced by fresh ones, one after the other, in milliseconds from the start. */
  replacedAtMs?: readonly number[];
  /** Another program with the same token, at an even pace, from a moment on; below 0, it was there before. */
  other?: { per10s: number; fromMs: number };
}

/** What came of it. */
export interface Drained {
  /** Requests, of those that the limit, less what the other program asked for, would have let through evenly in the same time. */
  use: number;
  /** Answers 429, to us and to the other program. */
  throttled: { ours: number; others: number };
  /** Requests of both. */
  requests: number;
}

/**
 * The rate shares of several instances against HubSpot's rolling window, in virtual time: nothing that keeps this machine
 * busy disturbs it. Half of the latency passes before HubSpot counts a call, half after it; each half varies by half of
 * itself.
 */
export async function drainInVirtualTime({
  seed,
  users,
  latencyMs,
  instances,
  requestsPer10s,
  replacedAtMs = [],
  other,
}: VirtualDrain): Promise<Drained> {
  const timeline = createTimeline(0);
  const limits = createLimits({ ...defaultSettings(), requestsPer10s }, timeline.now);
  const latency = chance(seed, 'latency');
  const pause = chance(seed, 'pause');
  const startsAt = Math.max(0, -(other?.fromMs ?? 0));
  const never = new AbortController().signal;
  const counted: number[] = [];
  const others: number[] = [];
  const throttled = { ours: 0, others: 0 };
  let requests = 0;
  let waiting = users;
  let done = 0;

  const passes = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      timeline.after(ms, resolve);
    });

  function ask(by: keyof typeof throttled) {
    requests += 1;
    const refused = limits.refuse() !== undefined;
    if (refused) throttled[by] += 1;
    else if (by === 'ours') counted.push(timeline.now());
    return { status: refused ? 429 : 201, headers: new Headers(limits.headers()) };
  }

  async function instance(number: number): Promise<void> {
    const { clock } = createHost(timeline, `instance ${number}`);
    const replacements = replacedAtMs.filter((_, index) => index % instances === number);
    let share = rateShare(requestsPer10s / instances, clock);

    async function signUp(): Promise<void> {
      await share.turn(never);
      const askedAt = timeline.now();
      await passes((latencyMs / 2) * latency.between(0.5, 1.5));
      const answer = ask('ours');
      await passes((latencyMs / 2) * latency.between(0.5, 1.5));
      share.heard(answer, askedAt);
      if (answer.status === 429) throw new Error('It is to be delivered again');
    }

    await passes(startsAt);
    while (done < users) {
      const batch = Math.min(BATCH_SIZE, waiting);
      waiting -= batch;
      const outcomes = await Promise.allSettled(Array.from({ length: batch }, signUp));
      const synced = outcomes.filter(({ status }) => status === 'fulfilled').length;
      done += synced;
      waiting += batch - synced;
      await passes(PAUSE_MS * pause.between(0.5, 1.5));
      const [due = Number.POSITIVE_INFINITY] = replacements;
      if (timeline.now() - startsAt < due) continue;
      replacements.shift();
      share = rateShare(requestsPer10s / instances, clock);
      await passes(START_MS);
    }
  }

  async function anotherProgram(per10s: number, fromMs: number): Promise<void> {
    await passes(startsAt + fromMs);
    while (done < users) {
      others.push(timeline.now());
      ask('others');
      await passes(WINDOW_MS / per10s);
    }
  }

  const atWork = Array.from({ length: instances }, (_, number) => instance(number));
  if (other !== undefined) atWork.push(anotherProgram(other.per10s, other.fromMs));
  let over = false;
  const end = Promise.all(atWork).then(() => {
    over = true;
  });
  while (!over) await timeline.runUntil(timeline.now() + WINDOW_MS);
  await end;

  const { ofLimit, spanMs } = useOfLimit(counted, requestsPer10s);
  const [first = 0] = counted;
  const asked = others.filter((at) => at >= first && at <= first + spanMs).length;
  const allowed = counted.length / ofLimit;
  return { use: counted.length / (allowed - asked), throttled, requests };
}
