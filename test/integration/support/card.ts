import type { HubSpotSandbox } from '../../../sandbox/hubspot/sandbox.ts';
import type { Person } from './people.ts';

/** Long before any verification. */
export const LONG_AGO = '2020-02-03T04:05:06.789Z';

/** What HubSpot holds of a person in the end. */
export function cardOf({ portal }: HubSpotSandbox, { email }: Person) {
  const contact = portal.contactByEmail(email);
  return {
    cards: portal.contacts().length,
    username: contact?.properties.username,
    notes: contact ? portal.notesOf(contact.id).length : 0,
  };
}
