import type { SimplePublicObjectWithAssociations } from '@hubspot/api-client/lib/codegen/crm/objects/models/SimplePublicObjectWithAssociations.js';
import type { Crm, ExistingContact, ExistingNote } from '../contact-sync.ts';
import { conflictIn } from './answers.ts';
import { complete, connectSdk, Lack, orGone, orNobody, Refusal, type SdkOptions } from './sdk.ts';
import type { newContact } from './ticket.ts';
import type { Caller } from './transport.ts';

/** The batch read of notes takes as many at once (HubSpot docs, notes). */
const NOTES_PER_READ = 100;
const CONTACT_PROPERTIES = ['username', 'lead_source_type', 'createdate'];
const NOTE_PROPERTIES = ['hs_note_body', 'hs_timestamp'];
type NewContact = ReturnType<typeof newContact>;

/** HubSpot's contacts and notes, opened once; each sync gets its own. Every expected failure comes out as a DeliveryError. */
export function openCrm(options: SdkOptions): (caller: Caller) => Crm {
  const { objects, associations } = connectSdk(options);

  async function createContact(caller: Caller, body: NewContact): ReturnType<Crm['createContact']> {
    try {
      await objects.create(caller, ['contacts', body], ({ id }) => named(id));
      return { conflictsWith: undefined };
    } catch (error) {
      const conflict = error instanceof Refusal ? conflictIn(error.answer) : 'none';
      if (conflict === 'none') return orNobody(error);
      const contactId =
        conflict === 'unnamed' ? await holderOf(caller, body.properties.email) : conflict.contactId;
      if (contactId === undefined) return orNobody(error);
      caller.onConflict?.(contactId);
      return { conflictsWith: contactId };
    }
  }

  /** Who holds the address, where a conflict does not say it in a way that can be read. */
  const holderOf = (caller: Caller, email: string): Promise<string | undefined> =>
    objects
      .readBatch(
        caller,
        [
          'contacts',
          {
            inputs: [{ id: email }],
            idProperty: 'email',
            properties: ['email'],
            propertiesWithHistory: [],
          },
        ],
        (answer) => {
          const [found] = complete(answer, 'leaves out a contact');
          return found === undefined ? undefined : named(found.id);
        },
      )
      .catch(orNobody);

  async function allNoteIds(caller: Caller, contactId: string): Promise<string[]> {
    const api = await associations();
    const ids = new Set<string>();
    let after: string | undefined;
    do {
      after = await api
        .notesOf(caller, contactId, after, (page) => {
          const before = ids.size;
          for (const id of page.ids) ids.add(id);
          // Not for ever, should HubSpot not know `after` and begin anew each time.
          if (page.after !== undefined && ids.size === before)
            throw new Lack('lists no more notes than before');
          return page.after;
        })
        .catch(orNobody);
    } while (after !== undefined);
    return [...ids];
  }

  async function readNotes(
    caller: Caller,
    { id, noteIds }: ExistingContact,
    since: Date,
  ): Promise<ExistingNote[]> {
    const ids = noteIds.complete ? noteIds.listed : await allNoteIds(caller, id);
    const newestFirst = [...new Set(ids)].sort(byIdDescending);
    const found: ExistingNote[] = [];
    for (let next = 0; next < newestFirst.length; next += NOTES_PER_READ) {
      const inputs = newestFirst.slice(next, next + NOTES_PER_READ).map((noteId) => ({ id: noteId }));
      const batch = await objects
        .readBatch(
          caller,
          ['notes', { inputs, properties: NOTE_PROPERTIES, propertiesWithHistory: [] }],
          (answer) => {
            const results = complete(answer, 'leaves out notes');
            return {
              notes: results.map(({ properties, createdAt }) => ({
                body: properties.hs_note_body ?? '',
                timestamp: new Date(properties.hs_timestamp ?? Number.NaN),
                createdAt,
              })),
              reachesBack: results.some(({ createdAt }) => createdAt < since),
            };
          },
        )
        .catch(orNobody);
      found.push(...batch.notes);
      if (batch.reachesBack) break;
    }
    return found;
  }

  return (caller) => ({
    createContact: (body) => createContact(caller, body),

    updateContact: (contactId, body) =>
      objects
        .update(caller, ['contacts', contactId, body], ({ id, createdAt, updatedAt }) => {
          named(id);
          return { createdAt: valid(createdAt, 'createdAt'), updatedAt: valid(updatedAt, 'updatedAt') };
        })
        .catch(orGone),

    createNote: (body) =>
      objects.create(caller, ['notes', body], ({ id }) => ({ noteId: named(id) })).catch(orGone),

    readContact: (contactId) =>
      objects
        .getById(caller, ['contacts', contactId, CONTACT_PROPERTIES, ['username'], ['notes']], (contact) =>
          existingContact(contactId, contact),
        )
        .catch(orGone),

    readNotes: (contact, since) => readNotes(caller, contact, since),
  });
}

const valid = (date: Date | undefined, name: string): Date => {
  if (date instanceof Date && !Number.isNaN(date.getTime())) return date;
  throw new Lack(`has no valid ${name}`);
};

/** A success that names nothing may come from anybody on the way: then nobody is in HubSpot. */
const named = (id: unknown): string => {
  if (typeof id === 'string' && id !== '') return id;
  throw new Lack('has no id');
};

function existingContact(
  id: string,
  { properties, propertiesWithHistory, createdAt, associations }: SimplePublicObjectWithAssociations,
): ExistingContact {
  const { username, lead_source_type: leadSourceType, createdate } = properties ?? {};
  const history = propertiesWithHistory?.username ?? [];
  const [latest] = history;
  const notes = associations?.notes;
  return {
    id,
    username: {
      value: username ?? null,
      // Of another value, it would be somebody else's moment.
      ...(latest !== undefined &&
        latest.value === username && {
          ...settingOf(latest),
          history: history.flatMap(({ value }) => value || []),
        }),
    },
    leadSourceType: leadSourceType ?? null,
    createdAt: valid(createdate ? new Date(createdate) : createdAt, 'createdate'),
    noteIds: {
      listed: notes?.results.map(({ id: noteId }) => noteId) ?? [],
      complete: notes?.paging?.next === undefined,
    },
  };
}

/** Where people change properties by hand (HubSpot docs, property history). Programs are `INTEGRATION` and others. */
const BY_PEOPLE = /^(CRM_UI|MOBILE|IMPORT)/;

const settingOf = ({ timestamp, sourceType }: { timestamp: Date; sourceType: string }) => ({
  setAt: timestamp instanceof Date && !Number.isNaN(timestamp.getTime()) ? timestamp : undefined,
  setByPeople: BY_PEOPLE.test(sourceType),
});

/** IDs are decimal and grow with time, beyond what a number holds: the longer or greater one is the newer note. */
const byIdDescending = (a: string, b: string): number => b.length - a.length || (a < b ? 1 : -1);
