import { type Answer, notFound, validationError } from './answers.ts';
import { type BatchError, batchAnswer } from './batch-answer.ts';
import type { Note } from './notes.ts';
import { noSuchObject } from './object-refusals.ts';
import { associationsReadBody, batchSizeProblem, readBody } from './request-body.ts';
import type { Account } from './settings.ts';
import { type ApiVersion, pathOf } from './versions.ts';

/** HubSpot's own limit for a page of associations (HubSpot docs, associations). */
const PAGE_MAX = 500;
/** And for the inputs of one batch read of them. */
const BATCH_MAX = 1000;

/** One page of a contact's notes, oldest first. */
interface Page {
  notes: Note[];
  /** The last one, where more follow. */
  next: string | undefined;
}

function pageOf({ portal }: Account, contactId: string, size: number, after?: string): Page {
  const all = portal.notesOf(contactId);
  const start = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
  const notes = all.slice(start, start + size);
  return { notes, next: start + size < all.length ? notes.at(-1)?.id : undefined };
}

/** The link goes to the list of associations, also under versions whose documents have none. */
function paging({ url }: Account, version: ApiVersion, contactId: string, { next }: Page) {
  if (next === undefined) return {};
  const link = `${url}${pathOf(version, 'objects', `contacts/${contactId}/associations/notes`)}?after=${next}`;
  return { paging: { next: { after: next, link } } };
}

const named = ({ id }: Note) => ({ id, type: 'contact_to_note' });

/** Association type 201 is "contact to note" (HubSpot docs, association types). */
const labelled = ({ id }: Note) => ({
  toObjectId: id,
  associationTypes: [{ category: 'HUBSPOT_DEFINED', typeId: 201, label: null }],
});

/** The first page, as the read of a contact has it under every version. */
export function associationPage(account: Account, version: ApiVersion, contactId: string) {
  const page = pageOf(account, contactId, account.settings.associationPageSize);
  return { results: page.notes.map(named), ...paging(account, version, contactId, page) };
}

/** `GET objects/contacts/{id}/associations/notes`, with `after` and `limit`: of the documents, only 2026-03's has it. */
export function listNotes(account: Account, version: ApiVersion, id: string, query: URLSearchParams): Answer {
  const contact = account.portal.contact(id);
  if (!contact) return noSuchObject(id);
  const limit = query.get('limit') ?? String(PAGE_MAX);
  if (!/^[1-9]\d{0,8}$/.test(limit)) return validationError(`Invalid limit: ${limit}`);
  const page = pageOf(
    account,
    contact.id,
    Math.min(Number(limit), PAGE_MAX),
    query.get('after') ?? undefined,
  );
  const body = { results: page.notes.map(labelled), ...paging(account, version, contact.id, page) };
  return { status: 200, body };
}

/** Of a contact that has no notes, and of one that does not exist, HubSpot says the same. */
const withoutNotes = (contactId: string): BatchError => ({
  category: 'OBJECT_NOT_FOUND',
  subCategory: 'crm.associations.NO_ASSOCIATIONS_FOUND',
  message: `No note is associated with contact ${contactId}.`,
  context: { fromObjectId: [contactId], fromObjectType: ['contact'], toObjectType: ['note'] },
});

/** `POST associations/contacts/notes/batch/read`: the notes of up to 1,000 contacts, each from its own `after` on. */
export function readAssociations(account: Account, version: ApiVersion, body: string): Answer {
  const startedAt = account.now();
  const { portal, settings } = account;
  const read = readBody(body, associationsReadBody);
  if ('refusal' in read) return read.refusal;
  const { inputs } = read.data;
  const problem = batchSizeProblem(inputs, BATCH_MAX);
  if (problem) return problem;

  const hasPages = version !== 'v3' || settings.v3AssociationPages;
  const size = hasPages ? settings.associationBatchPageSize : Number.POSITIVE_INFINITY;
  const resultOf = (id: string, contactId: string, after: string | undefined) => {
    const page = pageOf(account, contactId, size, version === 'v3' ? undefined : after);
    if (page.notes.length === 0) return undefined;
    const to = version === 'v3' ? page.notes.map(named) : page.notes.map(labelled);
    return { from: { id }, to, ...paging(account, version, id, page) };
  };

  const results: unknown[] = [];
  const errors: BatchError[] = [];
  for (const { id, after } of inputs) {
    const contact = portal.contact(id);
    const result = contact && resultOf(id, contact.id, after);
    if (result) results.push(result);
    else errors.push(withoutNotes(id));
  }
  return batchAnswer(version, { startedAt, completedAt: account.now() }, results, errors);
}

/**
 * `GET associations/notes/contacts/types` under `v3`, and `…/labels` under versions by date, with answers of their own
 * shapes (HubSpot docs, associations; the SDK's `crm/associations/schema`).
 */
export function listNoteToContactTypes({ settings }: Account, version: ApiVersion, called: string): Answer {
  const ids = [...settings.noteToContactTypes];
  if (called !== (version === 'v3' ? 'types' : 'labels')) return notFound;
  const results =
    version === 'v3'
      ? ids.map((id) => ({ id: String(id), name: 'note_to_contact' }))
      : ids.map((typeId) => ({ category: 'HUBSPOT_DEFINED', typeId, label: null }));
  return { status: 200, body: { results } };
}
