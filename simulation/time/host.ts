import type { Clock } from '../../lib/clock.ts';
import type { Scheduled, Timeline } from './timeline.ts';

/** A machine that code runs on: its clock, and whether it is there at all. */
export interface Host {
  readonly name: string;
  readonly clock: Clock;
  isAlive(): boolean;
  /** From now on nothing happens on it any more: what its code waits for never comes. */
  kill(): void;
  /** What comes due in the meantime happens when it goes on. */
  freeze(): void;
  thaw(): void;
  /** Puts its time of day forward or, below 0, back. */
  stepClock(byMs: number): void;
  /** Something that happens on it, such as an answer that comes in. */
  after(ms: number, act: () => void): Scheduled;
}

/** @param clockOffsetMs how far its time of day is ahead of the true one */
export function createHost(timeline: Timeline, name: string, clockOffsetMs = 0): Host {
  let alive = true;
  let frozen = false;
  let offset = clockOffsetMs;
  let held: (() => void)[] = [];

  const happen = (act: () => void): void => {
    if (!alive) return;
    if (frozen) held.push(act);
    else act();
  };
  const after = (ms: number, act: () => void): Scheduled => timeline.after(ms, () => happen(act));

  const clock: Clock = {
    now: timeline.now,
    timeOfDay: () => Math.floor(timeline.now() + offset),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const waiting = after(ms, () => {
          signal.removeEventListener('abort', abort);
          resolve();
        });
        const abort = () => {
          waiting.cancel();
          reject(signal.reason);
        };
        signal.addEventListener('abort', abort, { once: true });
      }),
    after: (ms, act) => after(ms, act).cancel,
  };

  return {
    name,
    clock,
    isAlive: () => alive,
    kill() {
      alive = false;
      held = [];
    },
    freeze() {
      frozen = true;
    },
    thaw() {
      frozen = false;
      const due = held;
      held = [];
      for (const act of due) timeline.after(0, () => happen(act));
    },
    stepClock(byMs) {
      offset += byMs;
    },
    after,
  };
}
