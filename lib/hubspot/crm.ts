import type { Crm, ExistingNote } from '../contact-sync.ts';
import { DeliveryError } from '../failure.ts';
import { conflictingContactId, failureOf } from './answers.ts';
import { connectSdk, Refusal, type SdkOptions } from './sdk.ts';

/** `POST /crm/v3/objects/notes/batch/read` takes as many at once (HubSpot docs, notes). */
const NOTES_PER_READ = 100;
/** `GET /crm/v4/objects/contacts/{id}/associations/notes` lists as many at once (HubSpot docs, associations). */
const ASSOCIATIONS_PER_PAGE = 500;

/** HubSpot's contacts and notes, for one sync. Every failure comes out as a DeliveryError. */
export function openCrm(options: SdkOptions): Crm {
  const { objects, associations, latestCall } = connectSdk(options);

  const unreadable = (lack: string) =>
    new DeliveryError({
      class: 'transient',
      detail: `${latestCall()} answered with a success that ${lack}.`,
    });

  /** Makes a call and reads its answer. The SDK's own errors quote bodies and headers: none of them leaves this function. */
  async function made<T>(call: () => Promise<T>, { addressesContact = true } = {}): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (error instanceof DeliveryError) throw error;
      if (error instanceof Refusal) {
        throw new DeliveryError(failureOf(error.answer, latestCall(), addressesContact));
      }
      throw unreadable('cannot be read');
    }
  }

  const valid = (date: Date | undefined, name: string): Date => {
    if (date instanceof Date && !Number.isNaN(date.getTime())) return date;
    throw unreadable(`has no valid ${name}`);
  };

  async function allNoteIds(contactId: string): Promise<string[]> {
    const api = await associations();
    const ids: string[] = [];
    let after: string | undefined;
    do {
      const page = await api.getPage('contacts', contactId, 'notes', after, ASSOCIATIONS_PER_PAGE);
      ids.push(...page.results.map(({ toObjectId }) => String(toObjectId)));
      after = page.paging?.next?.after;
    } while (after !== undefined);
    return ids;
  }

  return {
    createContact: (body) =>
      made(
        async () => {
          try {
            await objects.create('contacts', body);
            return { conflictsWith: undefined };
          } catch (error) {
            const conflictsWith = error instanceof Refusal ? conflictingContactId(error.answer) : undefined;
            if (conflictsWith === undefined) throw error;
            return { conflictsWith };
          }
        },
        { addressesContact: false },
      ),

    updateContact: (contactId, body) =>
      made(async () => {
        const { createdAt, updatedAt } = await objects.update('contacts', contactId, body);
        return { createdAt: valid(createdAt, 'createdAt'), updatedAt: valid(updatedAt, 'updatedAt') };
      }),

    createNote: (body) =>
      made(async () => {
        const { id } = await objects.create('notes', body);
        return { noteId: id };
      }),

    readContact: (contactId) =>
      made(async () => {
        const asked = ['username', 'lead_source_type', 'createdate'];
        const contact = await objects.getById('contacts', contactId, asked, undefined, ['notes']);
        const { username, lead_source_type: leadSourceType, createdate } = contact.properties ?? {};
        const notes = contact.associations?.notes;
        return {
          id: contactId,
          username: username ?? null,
          leadSourceType: leadSourceType ?? null,
          createdAt: valid(createdate ? new Date(createdate) : contact.createdAt, 'createdate'),
          noteIds: {
            listed: notes?.results.map(({ id }) => id) ?? [],
            complete: notes?.paging?.next === undefined,
          },
        };
      }),

    readNotes: ({ id, noteIds }, since) =>
      made(async () => {
        const ids = noteIds.complete ? noteIds.listed : await allNoteIds(id);
        const newestFirst = [...new Set(ids)].sort(byIdDescending);
        const found: ExistingNote[] = [];
        for (let next = 0; next < newestFirst.length; next += NOTES_PER_READ) {
          const { results } = await objects.readBatch('notes', {
            inputs: newestFirst.slice(next, next + NOTES_PER_READ).map((noteId) => ({ id: noteId })),
            properties: ['hs_note_body', 'hs_timestamp'],
            propertiesWithHistory: [],
          });
          for (const { properties } of results) {
            found.push({
              body: properties.hs_note_body ?? '',
              timestamp: new Date(properties.hs_timestamp ?? Number.NaN),
            });
          }
          if (results.some(({ createdAt }) => createdAt < since)) break;
        }
        return found;
      }),
  };
}

/** IDs are decimal and grow with time, beyond what a number holds: the longer or greater one is the newer note. */
const byIdDescending = (a: string, b: string): number => b.length - a.length || (a < b ? 1 : -1);
