import type { Note } from './notes.ts';
import type { Contact } from './portal.ts';
import type { Properties } from './properties.ts';

/** The properties that come with every answer about such an object. */
const contactDefaults = ['createdate', 'email', 'firstname', 'hs_object_id', 'lastmodifieddate', 'lastname'];
const noteDefaults = ['hs_createdate', 'hs_lastmodifieddate', 'hs_object_id'];

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for use in HTML, in elements and in quoted attributes. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');

/** A note's text as HubSpot's editor stores it: in a paragraph or a division, and clients meet both. */
function noteBodyHtml(text: string, noteId: string): string {
  const element = /[02468]$/.test(noteId) ? 'p' : 'div';
  return `<${element}>${escapeHtml(text)}</${element}>`;
}

/** The shape of an object in the answers to create, update, read and batch read. */
const objectView = (object: Contact | Note, properties: Properties) => ({
  id: object.id,
  properties,
  createdAt: object.createdAt.toISOString(),
  updatedAt: object.updatedAt.toISOString(),
  archived: object.archived,
  ...('archivedAt' in object && { archivedAt: object.archivedAt?.toISOString() }),
});

/** The named properties: null where nothing is set, left out where there is no such property. */
function select(from: Properties, names: Iterable<string>, known: ReadonlyMap<string, unknown>): Properties {
  const selected: Properties = {};
  for (const name of names) {
    if (known.has(name) || Object.hasOwn(from, name)) selected[name] = from[name] ?? null;
  }
  return selected;
}

/** A contact with the defaults and the asked properties. */
export const contactView = (contact: Contact, asked: Iterable<string>, known: ReadonlyMap<string, unknown>) =>
  objectView(contact, select(contact.properties, [...contactDefaults, ...asked], known));

/** Who the service is to HubSpot. */
const APP_ID = '1';

/** What the named properties have been, the latest value first. */
export const historyView = ({ history }: Contact, names: readonly string[]) =>
  Object.fromEntries(
    names.map((name) => [
      name,
      (history[name] ?? []).map(({ value, timestamp, sourceType }) => ({
        value,
        timestamp: timestamp.toISOString(),
        sourceType,
        sourceId: sourceType === 'INTEGRATION' ? APP_ID : 'userId:1',
      })),
    ]),
  );

/** A note with the defaults and the asked properties. */
export function noteView(
  note: Note,
  asked: Iterable<string>,
  known: ReadonlyMap<string, unknown>,
  noteBodies: 'text' | 'html',
) {
  const properties = select(note.properties, [...noteDefaults, ...asked], known);
  const text = properties.hs_note_body;
  if (text && noteBodies === 'html') properties.hs_note_body = noteBodyHtml(text, note.id);
  return objectView(note, properties);
}
