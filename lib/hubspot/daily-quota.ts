import type { HttpHeaders } from '../http.ts';

/**
 * What is left of the account's requests for the day, in percent, as HubSpot tells it with every answer. Undefined where
 * it does not: then nothing is known.
 */
export function dailyQuotaLeft(headers: Pick<HttpHeaders, 'get'>): number | undefined {
  const max = count(headers.get('x-hubspot-ratelimit-daily'));
  const remaining = count(headers.get('x-hubspot-ratelimit-daily-remaining'));
  if (max === undefined || max === 0 || remaining === undefined) return undefined;
  return Math.min((remaining / max) * 100, 100);
}

const count = (header: string | null): number | undefined =>
  header !== null && /^\d{1,12}$/.test(header) ? Number(header) : undefined;
