import { createAddresses } from './addresses.ts';
import { createNotes, followingId, type Note } from './notes.ts';
import {
  contactProperties,
  noteProperties,
  type Properties,
  type PropertyDefinitions,
} from './properties.ts';

/** Who set a property (HubSpot docs, property history): people at support, or a program by the API. */
export type PropertySource = 'CRM_UI' | 'INTEGRATION';

/** One value that a property has had. */
export interface PropertyVersion {
  readonly value: string;
  readonly timestamp: Date;
  readonly sourceType: PropertySource;
}

/** A contact card. Its address is `properties.email`, in lower case. */
export interface Contact {
  readonly id: string;
  readonly properties: Properties;
  readonly createdAt: Date;
  updatedAt: Date;
  /** Whether it is in the recycling bin. */
  archived: boolean;
  archivedAt?: Date;
  readonly secondaryEmails: string[];
  /** Every value that each property has had, the latest first. */
  readonly history: Record<string, PropertyVersion[]>;
}

/** A date in any form that `Date` takes; without it, the sandbox's clock. */
interface Dated {
  createdAt?: Date | string | number;
}

/** Without it, people at support do it. */
interface Sourced {
  by?: PropertySource;
}

/** The account's data: everything is kept in memory, and tests may look at it and change it as they like. */
export interface Portal {
  /** ID of the next contact, in decimal digits. IDs beyond 2^53 are fine. */
  nextContactId: string;
  nextNoteId: string;
  readonly contactDefinitions: PropertyDefinitions;
  readonly noteDefinitions: PropertyDefinitions;
  /** Users that objects can belong to; at first, those that the service names. */
  readonly ownerIds: Set<string>;
  /** Adds a contact without HubSpot's validation. @throws Error when the address is taken. */
  createContact(properties: Properties, options?: Dated & Sourced): Contact;
  updateContact(id: string, changes: Properties, options?: Sourced): Contact;
  /** The contact behind an ID, also behind that of a contact merged into it; not one in the recycling bin. */
  contact(id: string): Contact | undefined;
  /** A contact in the recycling bin. */
  archivedContact(id: string): Contact | undefined;
  /** In any case, and by secondary addresses too. */
  contactByEmail(email: string): Contact | undefined;
  /** Oldest first. */
  contacts(): Contact[];
  addSecondaryEmail(contactId: string, email: string): void;
  /** The survivor takes over the addresses and the notes; the old ID leads to it, or is not found from now on. */
  merge(goneId: string, survivorId: string, options: { goneAnswers: 'survivor' | 'not-found' }): void;
  /** Into the recycling bin: the ID is not found unless archived ones are asked for, its addresses are free again. */
  archiveContact(id: string): void;
  /** As a deletion under the GDPR: contact and notes are gone, and its addresses are refused from now on. */
  gdprDelete(id: string): void;
  /** Whether a deletion under the GDPR blocks the address. */
  isBlocked(email: string): boolean;
  addNote(contactIds: string | readonly string[], properties: Properties, options?: Dated): Note;
  note(id: string): Note | undefined;
  /** Oldest first. */
  notesOf(contactId: string): Note[];
  deleteNote(id: string): void;
  /** Every address an ID has ever had, also that of a contact merged or deleted since. */
  emailsOf(contactId: string): string[];
  clear(): void;
}

const FIRST_CONTACT_ID = '90000000001';
const OWNER_IDS = ['823648202', '1245777529'];

function refill<K, V>(map: Map<K, V>, entries: Map<K, V>): void {
  map.clear();
  for (const [key, value] of entries) map.set(key, value);
}

/** @param now the sandbox's clock, in milliseconds since 1970 */
export function createPortal(now: () => number): Portal {
  const contacts = new Map<string, Contact>();
  const bin = new Map<string, Contact>();
  const addresses = createAddresses();
  const mergedInto = new Map<string, string>();
  const notes = createNotes();

  function contact(id: string): Contact | undefined {
    const survivor = mergedInto.get(id);
    return survivor === undefined ? contacts.get(id) : contact(survivor);
  }

  function existing(id: string): Contact {
    const found = contact(id);
    if (!found) throw new Error(`The sandbox has no contact ${id}`);
    return found;
  }

  const addressesOf = ({ properties, secondaryEmails }: Contact): string[] => [
    ...(properties.email ? [properties.email] : []),
    ...secondaryEmails,
  ];

  function setProperties(target: Contact, changes: Properties, sourceType: PropertySource): void {
    const { email: old } = target.properties;
    for (const [name, value] of Object.entries(changes)) {
      const before = target.properties[name] ?? '';
      target.properties[name] = value === '' ? null : value;
      if ((value ?? '') === before) continue;
      const version = { value: value ?? '', timestamp: target.updatedAt, sourceType };
      target.history[name] = [version, ...(target.history[name] ?? [])];
    }
    const { email } = target.properties;
    if (email) target.properties.email = addresses.hold(target.id, email);
    if (old && !addressesOf(target).includes(old)) addresses.free(old);
    target.properties.lastmodifieddate = target.updatedAt.toISOString();
  }

  function addSecondaryEmail(contactId: string, email: string): void {
    const holder = existing(contactId);
    holder.secondaryEmails.push(addresses.hold(holder.id, email));
    holder.properties.hs_additional_emails = holder.secondaryEmails.join(';');
  }

  function forget(gone: Contact): void {
    contacts.delete(gone.id);
    for (const email of addressesOf(gone)) addresses.free(email);
  }

  const portal: Portal = {
    nextContactId: FIRST_CONTACT_ID,
    get nextNoteId() {
      return notes.nextId;
    },
    set nextNoteId(id) {
      notes.nextId = id;
    },
    contactDefinitions: contactProperties(),
    noteDefinitions: noteProperties(),
    ownerIds: new Set(OWNER_IDS),
    createContact(properties, { createdAt = now(), by = 'CRM_UI' } = {}) {
      const date = new Date(createdAt);
      const id = portal.nextContactId;
      const created: Contact = {
        id,
        properties: { createdate: date.toISOString(), hs_object_id: id },
        createdAt: date,
        updatedAt: date,
        archived: false,
        secondaryEmails: [],
        history: {},
      };
      setProperties(created, properties, by);
      portal.nextContactId = followingId(id);
      contacts.set(id, created);
      return created;
    },
    updateContact(id, changes, { by = 'CRM_UI' } = {}) {
      const updated = existing(id);
      updated.updatedAt = new Date(now());
      setProperties(updated, changes, by);
      return updated;
    },
    contact,
    archivedContact: (id) => bin.get(id),
    contactByEmail: (email) => contacts.get(addresses.holderOf(email) ?? ''),
    contacts: () => [...contacts.values()],
    addSecondaryEmail,
    merge(goneId, survivorId, { goneAnswers }) {
      const gone = existing(goneId);
      const survivor = existing(survivorId);
      if (gone === survivor) throw new Error(`Contact ${survivorId} cannot be merged with itself`);
      forget(gone);
      for (const email of addressesOf(gone)) addSecondaryEmail(survivor.id, email);
      notes.move(gone.id, survivor.id);
      if (goneAnswers === 'survivor') mergedInto.set(gone.id, survivor.id);
    },
    archiveContact(id) {
      const gone = existing(id);
      forget(gone);
      gone.archived = true;
      gone.archivedAt = new Date(now());
      bin.set(gone.id, gone);
    },
    gdprDelete(id) {
      const gone = existing(id);
      for (const note of notes.of(gone.id)) notes.delete(note.id);
      forget(gone);
      for (const email of addressesOf(gone)) addresses.block(email);
    },
    isBlocked: addresses.isBlocked,
    addNote(contactIds, properties, { createdAt = now() } = {}) {
      const cards = [contactIds].flat().map((id) => existing(id).id);
      return notes.add(cards, properties, new Date(createdAt));
    },
    note: notes.get,
    notesOf: (contactId) => notes.of(contact(contactId)?.id ?? contactId),
    deleteNote: notes.delete,
    emailsOf: (id) => [...new Set([id, mergedInto.get(id) ?? id].flatMap(addresses.everOf))],
    clear() {
      for (const data of [contacts, bin, addresses, mergedInto, notes, portal.ownerIds]) data.clear();
      for (const id of OWNER_IDS) portal.ownerIds.add(id);
      refill(portal.contactDefinitions, contactProperties());
      refill(portal.noteDefinitions, noteProperties());
      portal.nextContactId = FIRST_CONTACT_ID;
    },
  };
  return portal;
}
