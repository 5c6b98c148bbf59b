/**
 * Until when HubSpot supports a version of its API, as the beginning of a month: a dated one for 18 months, v3 and with it
 * legacy private apps until September 2027. From HubSpot's changelog ("legacy APIs and legacy apps: what's going
 * unsupported and when") and its page on API versioning, read in stored copies in November 2026. Both have to be confirmed
 * on the live pages before anybody acts on them. Unsupported is not switched off.
 */
export function supportEnds(version: string): Date | undefined {
  if (version === 'v3') return LEGACY_ENDS;
  const [, year, month] = /^(\d{4})-(\d{2})$/.exec(version) ?? [];
  return year === undefined || month === undefined
    ? undefined
    : new Date(Date.UTC(Number(year), Number(month) - 1 + SUPPORTED_MONTHS, 1));
}

const SUPPORTED_MONTHS = 18;

export const LEGACY_ENDS = new Date('2027-09-01T00:00:00Z');

/** Where HubSpot says it. */
export const CONFIRM_AT = 'https://developers.hubspot.com/changelog';

/** `September 2027` */
export const monthOf = (date: Date): string =>
  date.toLocaleDateString('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' });
