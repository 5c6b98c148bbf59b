import type { Properties } from './properties.ts';

/** A note, and the cards it stands on. Its body is kept as it was sent. */
export interface Note {
  readonly id: string;
  readonly properties: Properties;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly archived: boolean;
  readonly contactIds: string[];
}

/** The account's notes, by ID and by contact. */
export interface Notes {
  nextId: string;
  add(contactIds: readonly string[], properties: Properties, createdAt: Date): Note;
  get(id: string): Note | undefined;
  /** Oldest first. */
  of(contactId: string): Note[];
  delete(id: string): void;
  /** After a merge. */
  move(fromContactId: string, toContactId: string): void;
  clear(): void;
}

const FIRST_ID = '70000000001';

/** Decimal, and too long for a number at some point. */
export const followingId = (id: string): string => String(BigInt(id) + 1n);

/** Of notes of the same moment, the one that was added last comes last. */
function addInOrder(notes: Note[], added: Note): void {
  const before = notes.findLastIndex(({ createdAt }) => createdAt <= added.createdAt);
  notes.splice(before + 1, 0, added);
}

/** No notes yet. */
export function createNotes(): Notes {
  const byId = new Map<string, Note>();
  /** Oldest first. */
  const byContact = new Map<string, Note[]>();

  const notes: Notes = {
    nextId: FIRST_ID,
    add(contactIds, properties, createdAt) {
      const id = notes.nextId;
      const date = createdAt.toISOString();
      const note: Note = {
        id,
        properties: { ...properties, hs_createdate: date, hs_lastmodifieddate: date, hs_object_id: id },
        createdAt,
        updatedAt: createdAt,
        archived: false,
        contactIds: [...new Set(contactIds)],
      };
      notes.nextId = followingId(id);
      byId.set(id, note);
      for (const contactId of note.contactIds) {
        const onCard = byContact.get(contactId);
        if (onCard) addInOrder(onCard, note);
        else byContact.set(contactId, [note]);
      }
      return note;
    },
    get: (id) => byId.get(id),
    of: (contactId) => [...(byContact.get(contactId) ?? [])],
    delete(id) {
      for (const contactId of byId.get(id)?.contactIds ?? []) {
        byContact.set(
          contactId,
          notes.of(contactId).filter((note) => note.id !== id),
        );
      }
      byId.delete(id);
    },
    move(fromContactId, toContactId) {
      const moved = notes.of(fromContactId);
      for (const { contactIds } of moved) contactIds[contactIds.indexOf(fromContactId)] = toContactId;
      const all = [...new Set([...notes.of(toContactId), ...moved])];
      byContact.set(
        toContactId,
        all.sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime()),
      );
      byContact.delete(fromContactId);
    },
    clear() {
      byId.clear();
      byContact.clear();
      notes.nextId = FIRST_ID;
    },
  };
  return notes;
}
