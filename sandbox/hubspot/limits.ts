import { type Answer, dailyLimit, tenSecondlyLimit } from './answers.ts';
import type { Settings } from './settings.ts';

const WINDOW_MS = 10_000;
/** How many times outside the window may be kept. To drop each at once, every request would copy all others. */
const MOST_OUT_OF_WINDOW = 10_000;
const DAY_MS = 86_400_000;
/** What the headers say where the sandbox was told `Infinity`. */
const UNLIMITED = 1_000_000_000;

/** The account's two limits (HubSpot docs, API usage guidelines). */
export interface Limits {
  /** Counts one request, or says why it is refused. A refused request does not count. */
  refuse(): Answer | undefined;
  headers(): Record<string, string>;
  /** How many requests the last ten seconds have counted. */
  used(): number;
  clear(): void;
}

/** @param now the sandbox's clock, in milliseconds since 1970 */
export function createLimits(settings: Settings, now: () => number): Limits {
  /** When requests came, oldest first; those before `first` are out of the window. */
  let recent: number[] = [];
  let first = 0;
  let day = 0;
  let usedToday = 0;

  function passTime(): number {
    const at = now();
    // A test may have set the clock back: what then lies in the future is of no window.
    while ((recent.at(-1) ?? at) > at) recent.pop();
    first = Math.min(first, recent.length);
    while ((recent[first] ?? at) <= at - WINDOW_MS) first += 1;
    if (first > MOST_OUT_OF_WINDOW) {
      recent = recent.slice(first);
      first = 0;
    }
    const today = Math.floor(at / DAY_MS);
    if (today !== day) usedToday = 0;
    day = today;
    return at;
  }

  const inWindow = (): number => recent.length - first;
  const header = (count: number): string => String(Math.max(0, Math.min(count, UNLIMITED)));

  return {
    refuse() {
      const at = passTime();
      if (usedToday >= settings.requestsPerDay) return dailyLimit;
      if (inWindow() >= settings.requestsPer10s) return tenSecondlyLimit;
      usedToday += 1;
      recent.push(at);
      return undefined;
    },
    headers() {
      passTime();
      return {
        'x-hubspot-ratelimit-interval-milliseconds': String(WINDOW_MS),
        'x-hubspot-ratelimit-max': header(settings.requestsPer10s),
        'x-hubspot-ratelimit-remaining': header(settings.requestsPer10s - inWindow()),
        'x-hubspot-ratelimit-daily': header(settings.requestsPerDay),
        'x-hubspot-ratelimit-daily-remaining': header(settings.requestsPerDay - usedToday),
      };
    },
    used() {
      passTime();
      return inWindow();
    },
    clear() {
      recent = [];
      first = 0;
      usedToday = 0;
    },
  };
}
