import TinyQueue from 'tinyqueue';

/** Something that is to happen. */
export interface Scheduled {
  /** It will not happen. Afterwards, this does nothing. */
  cancel(): void;
}

/** Virtual time: it stands still while code runs, and jumps from one event to the next. */
export interface Timeline {
  /** In milliseconds since 1970, fractions included. */
  now(): number;
  /** A time that has passed means now. What is due at the same moment happens in the order in which it was scheduled. */
  at(time: number, act: () => void): Scheduled;
  after(ms: number, act: () => void): Scheduled;
  /** Lets everything happen that is due until then, what comes up on the way included. @throws what an event throws */
  runUntil(end: number): Promise<void>;
  /** When the next event is due; Infinity where there is none. */
  nextAt(): number;
}

interface Entry {
  time: number;
  order: number;
  act: (() => void) | undefined;
}

/**
 * So many turns of the event loop's immediates are asked for at once: each runs one event, and after each of them Node
 * lets every promise that has settled go on, until none is left.
 */
const TURNS_AT_ONCE = 512;

export function createTimeline(startsAt: number): Timeline {
  const entries = new TinyQueue<Entry>([], (a, b) => a.time - b.time || a.order - b.order);
  let now = startsAt;
  let scheduled = 0;

  function nextEntry(): Entry | undefined {
    for (;;) {
      const next = entries.peek();
      if (next === undefined || next.act !== undefined) return next;
      entries.pop();
    }
  }

  const timeline: Timeline = {
    now: () => now,
    at(time, act) {
      scheduled += 1;
      const entry: Entry = { time: Math.max(time, now), order: scheduled, act };
      entries.push(entry);
      return {
        cancel() {
          entry.act = undefined;
        },
      };
    },
    after: (ms, act) => timeline.at(now + ms, act),
    nextAt: () => nextEntry()?.time ?? Number.POSITIVE_INFINITY,

    runUntil: (end) =>
      new Promise((resolve, reject) => {
        let over = false;
        let waiting = 0;
        function turn(): void {
          waiting -= 1;
          if (over) return;
          try {
            const next = nextEntry();
            if (next === undefined || next.time > end) {
              over = true;
              now = end;
              resolve();
              return;
            }
            entries.pop();
            now = next.time;
            const { act } = next;
            next.act = undefined;
            act?.();
          } catch (error) {
            over = true;
            reject(error);
            return;
          }
          if (waiting === 0) ask();
        }
        function ask(): void {
          for (; waiting < TURNS_AT_ONCE; waiting += 1) setImmediate(turn);
        }
        ask();
      }),
  };
  return timeline;
}
