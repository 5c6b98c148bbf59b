/** Time, as far as the service needs it: handed in, so that a year can be lived through in a minute. */
export interface Clock {
  /** In milliseconds, from any beginning, by a clock that cannot step. */
  now(): number;
  /** In milliseconds since 1970. It may step, and decides nothing but a message's age in days. */
  timeOfDay(): number;
  /** Rejects with the signal's reason once it is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Does it after so long, unless the process ends before. Returns what makes it undone. */
  after(ms: number, act: () => void): Cancel;
}

export type Cancel = () => void;

/** The machine's own. */
export const machineClock: Clock = {
  now: () => performance.now(),
  timeOfDay: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', abort);
        resolve();
      }, ms);
      const abort = () => {
        clearTimeout(timer);
        reject(signal.reason);
      };
      signal.addEventListener('abort', abort, { once: true });
    }),
  after(ms, act) {
    const timer = setTimeout(act, ms).unref();
    return () => clearTimeout(timer);
  },
};
