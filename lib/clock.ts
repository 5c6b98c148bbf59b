/** Time, as far as the service needs it: handed in, so that a year can be lived through in a minute. */
export interface Clock {
  /** In milliseconds, from any beginning, by a clock that cannot step. */
  now(): number;
  /** In milliseconds since 1970. It may step, and decides nothing but a message's age in days. */
  timeOfDay(): number;
  /** Rejects with the signal's reason once it is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Aborts after so long. */
  timeout(ms: number): AbortSignal;
}

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
  timeout: (ms) => AbortSignal.timeout(ms),
};
