import type { Portal } from './portal.ts';
import type { ApiVersion } from './versions.ts';

/** What can be changed about the sandbox while it runs; `reset()` puts back the values that it was started with. */
export interface Settings {
  /** The private app's token: any other one is answered with 401. */
  accessToken: string;
  /** Whose it is: only of a private app's does HubSpot tell what it is good for. */
  tokenKind: 'private-app' | 'service-key';
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
  /** The IDs of the association types from notes to contacts that HubSpot has by itself (HubSpot docs, association types). */
  noteToContactTypes: Set<number>;
  /** How many associations come with the read of a contact. */
  associationPageSize: number;
  /** How many associations one page of their batch read has. */
  associationBatchPageSize: number;
  /**
   * Whether the batch read of associations under `v3` has pages too. Its document has no `after` in the request; yet an
   * answer with one was seen (hubspot-api-python issue 135), and HubSpot's staff say that a request's is ignored (187).
   */
  v3AssociationPages: boolean;
  /** In which of HubSpot's words an address that is taken is refused. */
  conflictCategory: 'CONFLICT' | 'OBJECT_ALREADY_EXISTS';
  /** Versions of the API that HubSpot has ended: nothing is found under them. */
  switchedOff: Set<ApiVersion>;
  /**
   * Who answers a token that is none, such as one pasted with quotation marks: HubSpot with 401, or the CDN in front of
   * it with a page and 530 (a comment in the source of Airbyte's connector).
   */
  malformedTokens: 'hubspot' | 'cdn';
  /** What the account is for, as its details say (HubSpot docs, account information). */
  accountType: 'DEVELOPER_TEST' | 'SANDBOX' | 'STANDARD';
  /** What the ID of a contact that was merged by the API leads to: only a live account can tell. */
  mergedIds: 'survivor' | 'not-found';
}

/** What one API operation works on. */
export interface Account {
  readonly portal: Portal;
  readonly settings: Settings;
  /** Where the account is reached, for links in answers. */
  readonly url: string;
  /** In milliseconds since 1970, without the offset: dates the work on a batch, and nothing that is kept. */
  now(): number;
}

/** Defaults of `startHubSpot`: the limits of a private app on the Professional and Enterprise plans. */
export const defaultSettings = (): Settings => ({
  accessToken: 'sandbox-token',
  tokenKind: 'private-app',
  scopes: new Set([
    'crm.objects.contacts.read',
    'crm.objects.contacts.write',
    'crm.objects.owners.read',
    'crm.schemas.contacts.read',
  ]),
  requestsPer10s: 190,
  requestsPerDay: 625_000,
  clockOffsetMs: 0,
  noteBodies: 'text',
  noteToContactTypes: new Set([202]),
  associationPageSize: 100,
  associationBatchPageSize: 500,
  v3AssociationPages: false,
  conflictCategory: 'CONFLICT',
  switchedOff: new Set(),
  malformedTokens: 'hubspot',
  accountType: 'DEVELOPER_TEST',
  mergedIds: 'survivor',
});
