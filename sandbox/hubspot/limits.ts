import { type Answer, dailyLimit, tenSecondlyLimit } from './answers.ts';
import type { Settings } from './settings.ts';

const WINDOW_MS = 10_000;
const DAY_MS = 86_400_000;
/** What the headers say where the sandbox was told `Infinity`. */
const UNLIMITED = 1_000_000_000;

/** The account's two limits (HubSpot docs, API usage guidelines). */
export interface Limits {
  /** Counts one request, or says why it is refused. A refused request does not count. */
  refuse(): Answer | undefined;
  headers(): Record<string, string>;
  clear(): void;
}

/** @param now the sandbox's clock, in milliseconds since 1970 */
export function createLimits(settings: Settings, now: () => number): Limits {
  let recent: number[] = [];
  let day = 0;
  let usedToday = 0;

  function passTime(): number {
    const at = now();
    const last = recent.at(-1);
    // A test may have set the clock back: what then lies in the future is of no window.
    if (last !== undefined && last > at) recent = recent.filter((time) => time <= at);
    const firstInWindow = recent.findIndex((time) => time > at - WINDOW_MS);
    recent = firstInWindow === -1 ? [] : firstInWindow === 0 ? recent : recent.slice(firstInWindow);
    const today = Math.floor(at / DAY_MS);
    if (today !== day) usedToday = 0;
    day = today;
    return at;
  }

  const header = (count: number): string => String(Math.max(0, Math.min(count, UNLIMITED)));

  return {
    refuse() {
      const at = passTime();
      if (usedToday >= settings.requestsPerDay) return dailyLimit;
      if (recent.length >= settings.requestsPer10s) return tenSecondlyLimit;
      usedToday += 1;
      recent.push(at);
      return undefined;
    },
    headers() {
      passTime();
      return {
        'X-HubSpot-RateLimit-Interval-Milliseconds': String(WINDOW_MS),
        'X-HubSpot-RateLimit-Max': header(settings.requestsPer10s),
        'X-HubSpot-RateLimit-Remaining': header(settings.requestsPer10s - recent.length),
        'X-HubSpot-RateLimit-Daily': header(settings.requestsPerDay),
        'X-HubSpot-RateLimit-Daily-Remaining': header(settings.requestsPerDay - usedToday),
      };
    },
    clear() {
      recent = [];
      usedToday = 0;
    },
  };
}
