import type { Portal } from './portal.ts';

/** What can be changed about the sandbox while it runs; `reset()` puts back the values that it was started with. */
export interface Settings {
  /** The private app's token: any other one is answered with 401. */
  accessToken: string;
  /** What the private app may do. Without the scope a call needs, the answer is 403. */
  scopes: Set<string>;
  /** Burst limit over any 10 seconds; `Infinity` for none. */
  requestsPer10s: number;
  /** Limit of a day (UTC here; HubSpot takes the account's time zone); `Infinity` for none. */
  requestsPerDay: number;
  /** Moves the sandbox's clock, which dates objects and drives the limits, against the machine's. */
  clockOffsetMs: number;
  /** Notes come back as text, as they went in, or as HTML, as HubSpot does at times. */
  noteBodies: 'text' | 'html';
  /** How many associations come with one page. */
  associationPageSize: number;
}

/** What one API operation works on. */
export interface Account {
  readonly portal: Portal;
  readonly settings: Settings;
  /** Where the sandbox listens, for links in answers. */
  readonly url: string;
}

/** Defaults of `startHubSpot`: the limits of a private app on the Professional and Enterprise plans. */
export const defaultSettings = (): Settings => ({
  accessToken: 'sandbox-token',
  scopes: new Set(['crm.objects.contacts.read', 'crm.objects.contacts.write', 'crm.objects.owners.read']),
  requestsPer10s: 190,
  requestsPerDay: 650_000,
  clockOffsetMs: 0,
  noteBodies: 'text',
  associationPageSize: 100,
});
