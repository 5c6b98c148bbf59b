import type { Crm, ExistingNote } from '../contact-sync.ts';
import { DeliveryError } from '../failure.ts';
import { conflictIn, failureOf } from './answers.ts';
import { connectSdk, Refusal, type SdkOptions, Unreadable } from './sdk.ts';

/** The batch read of notes takes as many at once (HubSpot docs, notes). */
const NOTES_PER_READ = 100;
const CONTACT_PROPERTIES = ['username', 'lead_source_type', 'createdate'];
const NOTE_PROPERTIES = ['hs_note_body', 'hs_timestamp'];
/** What a batch read says of an object that has been deleted. */
const GONE = 'OBJECT_NOT_FOUND';

/** HubSpot's contacts and notes, for one sync. Every expected failure comes out as a DeliveryError. */
export function openCrm(options: SdkOptions): Crm {
  const { objects, associations, latestCall } = connectSdk(options);

  const unreadable = (lack: string) =>
    new DeliveryError({
      class: 'transient',
      reason: 'UnreadableAnswer',
      detail: `${latestCall()} answered with a success that ${lack}.`,
    });

  /** Makes a call and takes from its answer what is needed. */
  async function made<A, T>(
    call: () => Promise<A>,
    take: (answer: A) => T,
    { addressesContact = true } = {},
  ): Promise<T> {
    let answer: A;
    try {
      answer = await call();
    } catch (error) {
      if (error instanceof Refusal) {
        throw new DeliveryError(failureOf(error.answer, error.callName, addressesContact));
      }
      if (error instanceof Unreadable) throw unreadable('cannot be read');
      throw error;
    }
    try {
      return take(answer);
    } catch (error) {
      throw error instanceof DeliveryError ? error : unreadable('cannot be read');
    }
  }

  const valid = (date: Date | undefined, name: string): Date => {
    if (date instanceof Date && !Number.isNaN(date.getTime())) return date;
    throw unreadable(`has no valid ${name}`);
  };

  /** A success that names nothing may come from anybody on the way: then nobody is in HubSpot. */
  const named = (id: unknown): string => {
    if (typeof id === 'string' && id !== '') return id;
    throw unreadable('has no id');
  };

  /** What a batch read has found, unless it leaves out more than what is gone. */
  function complete<T>(answer: { results: T[]; errors?: { category: string }[] }, lack: string): T[] {
    if (answer.errors?.some(({ category }) => category !== GONE)) throw unreadable(lack);
    return answer.results;
  }

  async function allNoteIds(contactId: string): Promise<string[]> {
    const api = await associations();
    const ids = new Set<string>();
    let after: string | undefined;
    do {
      const page = await made(
        () => api.notesOf(contactId, after),
        (answer) => answer,
        { addressesContact: false },
      );
      const before = ids.size;
      for (const id of page.ids) ids.add(id);
      // Not for ever, should HubSpot not know `after` and begin anew each time.
      if (page.after !== undefined && ids.size === before)
        throw unreadable('lists no more notes than before');
      after = page.after;
    } while (after !== undefined);
    return [...ids];
  }

  /** Who holds the address, where a conflict does not say it in a way that can be read. */
  const holderOf = (email: string): Promise<string | undefined> =>
    made(
      () =>
        objects.readBatch('contacts', {
          inputs: [{ id: email }],
          idProperty: 'email',
          properties: ['email'],
          propertiesWithHistory: [],
        }),
      (answer) => {
        const [found] = complete(answer, 'leaves out a contact');
        return found && named(found.id);
      },
      { addressesContact: false },
    );

  return {
    createContact: (body) =>
      made(
        async () => {
          try {
            return { created: await objects.create('contacts', body), conflictsWith: undefined };
          } catch (error) {
            const conflict = error instanceof Refusal ? conflictIn(error.answer) : 'none';
            if (conflict === 'none') throw error;
            const contactId =
              conflict === 'unnamed' ? await holderOf(body.properties.email) : conflict.contactId;
            if (contactId === undefined) throw error;
            return { created: undefined, conflictsWith: contactId };
          }
        },
        ({ created, conflictsWith }) => {
          if (conflictsWith === undefined) named(created?.id);
          return { conflictsWith };
        },
        { addressesContact: false },
      ),

    updateContact: (contactId, body) =>
      made(
        () => objects.update('contacts', contactId, body),
        ({ id, createdAt, updatedAt }) => {
          named(id);
          return { createdAt: valid(createdAt, 'createdAt'), updatedAt: valid(updatedAt, 'updatedAt') };
        },
      ),

    createNote: (body) =>
      made(
        () => objects.create('notes', body),
        ({ id }) => ({ noteId: named(id) }),
      ),

    readContact: (contactId) =>
      made(
        () => objects.getById('contacts', contactId, CONTACT_PROPERTIES, ['username'], ['notes']),
        ({ properties, propertiesWithHistory, createdAt, associations: associated }) => {
          const { username, lead_source_type: leadSourceType, createdate } = properties ?? {};
          const history = propertiesWithHistory?.username ?? [];
          const [latest] = history;
          const notes = associated?.notes;
          return {
            id: contactId,
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
              listed: notes?.results.map(({ id }) => id) ?? [],
              complete: notes?.paging?.next === undefined,
            },
          };
        },
      ),

    async readNotes({ id, noteIds }, since) {
      const ids = noteIds.complete ? noteIds.listed : await allNoteIds(id);
      const newestFirst = [...new Set(ids)].sort(byIdDescending);
      const found: ExistingNote[] = [];
      for (let next = 0; next < newestFirst.length; next += NOTES_PER_READ) {
        const inputs = newestFirst.slice(next, next + NOTES_PER_READ).map((noteId) => ({ id: noteId }));
        const batch = await made(
          () =>
            objects.readBatch('notes', { inputs, properties: NOTE_PROPERTIES, propertiesWithHistory: [] }),
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
          { addressesContact: false },
        );
        found.push(...batch.notes);
        if (batch.reachesBack) break;
      }
      return found;
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
