import { isDeepStrictEqual } from 'node:util';
import type { Call } from './hubspot/journal.ts';
import type { HubSpotSandbox } from './hubspot/sandbox.ts';
import { type ApiVersion, pathOf } from './hubspot/versions.ts';

/*
 * The ticket once more, written down apart from lib/hubspot/ticket.ts: what HubSpot must have received for one person.
 */

/** The body of step 1. */
export const created = (email: string, username: string) => ({
  properties: {
    email,
    username,
    hubspot_owner_id: '823648202',
    lifecyclestage: 'lead',
    hs_lead_status: 'NEW',
    lead_source_type: 'WME Dashboard',
    team_ownership: 'Enterprise',
  },
});

/** The body of step 2. */
export const patched = (username: string) => ({ properties: { username, team_ownership: 'Enterprise' } });

/** The body of step 3. */
export const noted = (contactId: string, updatedAt: string) => ({
  properties: {
    hubspot_owner_id: '1245777529',
    hs_timestamp: updatedAt,
    hs_note_body:
      'This contact created an account on Enterprise dashboard and already existed in Hubspot. Their Enterprise username has been added.',
  },
  associations: [
    { to: { id: contactId }, types: [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 202 }] },
  ],
});

interface Expected {
  method: string;
  path: string;
  status: number;
  body: unknown;
}

const create = (email: string, username: string, status: number, version: ApiVersion): Expected => ({
  method: 'POST',
  path: pathOf(version, 'objects', 'contacts'),
  status,
  body: created(email, username),
});

/** Compares the requests with those expected, in order; says in words where they differ. */
function differences(calls: readonly Call[], expected: Expected[]): string[] {
  if (calls.length !== expected.length) {
    return [`${expected.length} requests were due, ${calls.length} were sent`];
  }
  return expected.flatMap(({ method, path, status, body }, index) => {
    const call = calls[index];
    if (call === undefined) return [];
    const wrong = [];
    if (call.method !== method || call.path !== path)
      wrong.push(`${call.method} ${call.path} instead of ${method} ${path}`);
    if (call.status !== status)
      wrong.push(`${method} ${path} was answered with ${call.status} instead of ${status}`);
    if (!isDeepStrictEqual(JSON.parse(call.body), body))
      wrong.push(`${method} ${path} had another body than the ticket's`);
    return wrong;
  });
}

/** The 99 % case: one request, and a card. `v3` is the ticket's own version. */
export function newUserDifferences(
  { journal, portal }: HubSpotSandbox,
  email: string,
  username: string,
  version: ApiVersion = 'v3',
): string[] {
  const wrong = differences(successes(journal.forEmail(email)), [create(email, username, 201, version)]);
  const card = portal.contactByEmail(email);
  if (card?.properties.username !== username) wrong.push('the card does not have the username');
  if (card !== undefined && portal.notesOf(card.id).length > 0) wrong.push('the card has a note');
  return wrong;
}

/** The 1 % case: three requests, the username on the card, and one note of the moment of the update. */
export function existingContactDifferences(
  { journal, portal }: HubSpotSandbox,
  email: string,
  username: string,
  version: ApiVersion = 'v3',
): string[] {
  const card = portal.contactByEmail(email);
  if (card === undefined) return ['there is no card'];
  const wrong = differences(journal.forEmail(email), [
    create(email, username, 409, version),
    {
      method: 'PATCH',
      path: pathOf(version, 'objects', `contacts/${card.id}`),
      status: 200,
      body: patched(username),
    },
    {
      method: 'POST',
      path: pathOf(version, 'objects', 'notes'),
      status: 201,
      body: noted(card.id, card.updatedAt.toISOString()),
    },
  ]);
  if (card.properties.username !== username) wrong.push('the card does not have the username');
  if (portal.notesOf(card.id).length !== 1) wrong.push('the card does not have exactly one note');
  return wrong;
}

/** Throttled calls had no effect; what came after them must be as if they had not been. */
const successes = (calls: readonly Call[]): Call[] => calls.filter(({ status }) => status !== 429);
