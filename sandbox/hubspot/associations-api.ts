import { type Answer, notFound, validationError } from './answers.ts';
import type { Account } from './settings.ts';

/** HubSpot's own limit for a page of associations. */
const PAGE_MAX = 500;

interface PageRequest {
  /** The last note of the page before. */
  after?: string | undefined;
  limit?: number | undefined;
}

function page({ portal, settings }: Account, contactId: string, { after, limit }: PageRequest) {
  const notes = portal.notesOf(contactId);
  const start = after === undefined ? 0 : notes.findIndex(({ id }) => id === after) + 1;
  const end = start + Math.min(limit ?? settings.associationPageSize, PAGE_MAX);
  const shown = notes.slice(start, end);
  return { shown, next: end < notes.length ? shown.at(-1)?.id : undefined };
}

const paging = (account: Account, path: string, after: string | undefined, limit: number | undefined) =>
  after === undefined
    ? {}
    : {
        paging: {
          next: {
            after,
            link: `${account.url}${path}?after=${after}${limit === undefined ? '' : `&limit=${limit}`}`,
          },
        },
      };

/** One page of a contact's notes as version 3 of the API gives it, also inside a read: oldest notes first. */
export function associationPage(account: Account, contactId: string, request: PageRequest) {
  const { shown, next } = page(account, contactId, request);
  const path = `/crm/v3/objects/contacts/${contactId}/associations/notes`;
  return {
    results: shown.map(({ id }) => ({ id, type: 'contact_to_note' })),
    ...paging(account, path, next, request.limit),
  };
}

/** One page as version 4 gives it. Association type 201 is "contact to note" (HubSpot docs, association types). */
function labelledPage(account: Account, contactId: string, request: PageRequest) {
  const { shown, next } = page(account, contactId, request);
  const path = `/crm/v4/objects/contacts/${contactId}/associations/notes`;
  return {
    results: shown.map(({ id }) => ({
      toObjectId: id,
      associationTypes: [{ category: 'HUBSPOT_DEFINED', typeId: 201, label: null }],
    })),
    ...paging(account, path, next, request.limit),
  };
}

/** `GET /crm/v{3,4}/objects/contacts/{id}/associations/notes`, with `after` and `limit`. */
export function listNotes(account: Account, version: '3' | '4', id: string, query: URLSearchParams): Answer {
  const contact = account.portal.contact(id);
  if (!contact) return notFound;
  const limit = query.get('limit');
  if (limit !== null && !/^[1-9]\d{0,8}$/.test(limit)) return validationError(`Invalid limit: ${limit}`);
  const request = {
    after: query.get('after') ?? undefined,
    limit: limit === null ? undefined : Number(limit),
  };
  const view = version === '3' ? associationPage : labelledPage;
  return { status: 200, body: view(account, contact.id, request) };
}
