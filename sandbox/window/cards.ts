import type { Note } from '../hubspot/notes.ts';
import type { Contact } from '../hubspot/portal.ts';
import type { HubSpotSandbox } from '../hubspot/sandbox.ts';
import type { Card, CardEvent } from './view.ts';

/** What a card's head tells already, or what people at the support desk never ask for. */
const HIDDEN = new Set([
  'email',
  'firstname',
  'lastname',
  'username',
  'createdate',
  'lastmodifieddate',
  'hs_object_id',
  'hs_additional_emails',
]);

function timelineOf(contact: Contact, notes: readonly Note[]): CardEvent[] {
  const events: CardEvent[] = notes.map(({ id, properties, createdAt }) => ({
    id: `note-${id}`,
    at: createdAt.getTime(),
    kind: 'note',
    text: properties.hs_note_body ?? '',
    by: 'sync',
  }));
  const versions = contact.history.username ?? [];
  for (const { value, timestamp, sourceType } of versions) {
    // What the card was created with is no event of its own.
    if (timestamp.getTime() === contact.createdAt.getTime()) continue;
    events.push({
      id: `username-${timestamp.getTime()}-${value}`,
      at: timestamp.getTime(),
      kind: 'username',
      text: value,
      by: sourceType === 'CRM_UI' ? 'people' : 'sync',
    });
  }
  const source = contact.history.email?.at(-1)?.sourceType;
  events.push({
    id: 'created',
    at: contact.createdAt.getTime(),
    kind: 'created',
    text: '',
    by: source === 'INTEGRATION' ? 'sync' : 'people',
  });
  // Of the same moment, the note belongs above the update that it reports.
  return events.reverse().sort((a, b) => b.at - a.at || (a.kind === 'note' ? -1 : b.kind === 'note' ? 1 : 0));
}

function cardOf(
  contact: Contact,
  notes: readonly Note[],
  definitions: HubSpotSandbox['portal']['contactDefinitions'],
): Card {
  const { id, properties, createdAt, updatedAt, secondaryEmails } = contact;
  return {
    id,
    name: [properties.firstname, properties.lastname].filter(Boolean).join(' '),
    email: properties.email ?? '',
    otherEmails: [...secondaryEmails],
    username: properties.username ?? '',
    properties: Object.entries(properties).flatMap(([name, value]) =>
      value === null || HIDDEN.has(name) ? [] : [{ name: definitions.get(name)?.label ?? name, value }],
    ),
    createdAt: createdAt.getTime(),
    updatedAt: updatedAt.getTime(),
    timeline: timelineOf(contact, notes),
  };
}

/** The cards of the account, and which of them have changed since somebody last asked. */
export function watchCards({ portal }: Pick<HubSpotSandbox, 'portal'>) {
  const told = new Map<string, string>();
  const view = (contact: Contact) => cardOf(contact, portal.notesOf(contact.id), portal.contactDefinitions);

  return {
    all: (): Card[] => portal.contacts().map(view),
    changes(): { cards: Card[]; goneCards: string[] } {
      const cards: Card[] = [];
      const contacts = portal.contacts();
      for (const contact of contacts) {
        const { id, updatedAt, secondaryEmails } = contact;
        const now = `${updatedAt.getTime()} ${portal.notesOf(id).length} ${secondaryEmails.length}`;
        if (told.get(id) === now) continue;
        told.set(id, now);
        cards.push(view(contact));
      }
      if (told.size === contacts.length) return { cards, goneCards: [] };
      const there = new Set(contacts.map(({ id }) => id));
      const goneCards = [...told.keys()].filter((id) => !there.has(id));
      for (const id of goneCards) told.delete(id);
      return { cards, goneCards };
    },
  };
}
