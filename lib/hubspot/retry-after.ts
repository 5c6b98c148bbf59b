/** An account that is being moved to another data centre may say "in 24 hours"; SQS hides a message for 12 at most. */
const RETRY_AFTER_MAX_SECONDS = 11.5 * 60 * 60;

/** `Retry-After` in seconds, given as such or as a date (RFC 9110, section 10.2.3). */
export function retryAfterSeconds(header: string | null, now = Date.now()): number | undefined {
  if (header === null) return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) : Math.ceil((httpDate(header) - now) / 1_000);
  if (Number.isNaN(seconds)) return undefined;
  return Math.min(Math.max(seconds, 0), RETRY_AFTER_MAX_SECONDS);
}

/** Milliseconds since 1970, or NaN. Without the ` GMT`, `Date` takes `-5` for a day in May 2001. */
const httpDate = (text: string): number => (text.endsWith(' GMT') ? Date.parse(text) : Number.NaN);
