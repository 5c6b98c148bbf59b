import { readContactSchema, readOwner, readProperty } from './account-api.ts';
import type { Answer } from './answers.ts';
import { listNotes, listNoteToContactTypes, readAssociations } from './associations-api.ts';
import {
  archiveContact,
  createContact,
  mergeContacts,
  readContact,
  readContacts,
  searchContacts,
  updateContact,
} from './contacts-api.ts';
import { createNote, deleteNote, readNote, readNotes } from './notes-api.ts';
import type { Account } from './settings.ts';
import { type ApiFamily, type ApiVersion, isSpoken, partsOf } from './versions.ts';

/** One operation of the API, found for a request. */
export interface Operation {
  /** What the private app must be allowed. Notes go by the scopes of contacts (HubSpot docs, scopes). */
  readonly scope: string;
  run(account: Account): Answer;
}

interface Request {
  method: string;
  /** With the query. */
  path: string;
  body: string;
}

const READ = 'crm.objects.contacts.read';
const WRITE = 'crm.objects.contacts.write';

/** What an operation is given, but for an ID in the path. */
interface Input {
  url: URL;
  body: string;
}

interface Route {
  method: string;
  family: ApiFamily | 'schemas';
  /** What follows family and version in the path. */
  rest: RegExp;
  /** Left out, it is there under every version. */
  only?: ApiVersion;
  scope: string;
  run: (account: Account, version: ApiVersion, input: Input, id: string) => Answer;
}

const routes: Route[] = [
  {
    method: 'POST',
    family: 'objects',
    rest: /^contacts$/,
    scope: WRITE,
    run: (account, version, { body }) => createContact(account, version, body),
  },
  {
    method: 'POST',
    family: 'objects',
    rest: /^contacts\/search$/,
    scope: READ,
    run: (account, _version, { body }) => searchContacts(account, body),
  },
  {
    method: 'PATCH',
    family: 'objects',
    rest: /^contacts\/([^/]+)$/,
    scope: WRITE,
    run: (account, version, { url, body }, id) => updateContact(account, version, id, url.searchParams, body),
  },
  {
    method: 'GET',
    family: 'objects',
    rest: /^contacts\/([^/]+)$/,
    scope: READ,
    run: (account, version, { url }, id) => readContact(account, version, id, url.searchParams),
  },
  {
    method: 'DELETE',
    family: 'objects',
    rest: /^contacts\/([^/]+)$/,
    scope: WRITE,
    run: (account, _version, _input, id) => archiveContact(account, id),
  },
  {
    method: 'POST',
    family: 'objects',
    rest: /^contacts\/merge$/,
    scope: WRITE,
    run: (account, _version, { body }) => mergeContacts(account, body),
  },
  {
    method: 'POST',
    family: 'objects',
    rest: /^contacts\/batch\/read$/,
    scope: READ,
    run: (account, version, { body }) => readContacts(account, version, body),
  },
  {
    method: 'GET',
    family: 'objects',
    rest: /^contacts\/([^/]+)\/associations\/notes$/,
    only: '2026-03',
    scope: READ,
    run: (account, version, { url }, id) => listNotes(account, version, id, url.searchParams),
  },
  {
    method: 'POST',
    family: 'associations',
    rest: /^contacts\/notes\/batch\/read$/,
    scope: READ,
    run: (account, version, { body }) => readAssociations(account, version, body),
  },
  {
    method: 'POST',
    family: 'objects',
    rest: /^notes$/,
    scope: WRITE,
    run: (account, _version, { body }) => createNote(account, body),
  },
  {
    method: 'POST',
    family: 'objects',
    rest: /^notes\/batch\/read$/,
    scope: READ,
    run: (account, version, { body }) => readNotes(account, version, body),
  },
  {
    method: 'GET',
    family: 'objects',
    rest: /^notes\/([^/]+)$/,
    scope: READ,
    run: (account, _version, { url }, id) => readNote(account, id, url.searchParams),
  },
  {
    method: 'DELETE',
    family: 'objects',
    rest: /^notes\/([^/]+)$/,
    scope: WRITE,
    run: (account, _version, _input, id) => deleteNote(account, id),
  },
  {
    method: 'GET',
    family: 'properties',
    rest: /^contacts\/([^/]+)$/,
    scope: READ,
    run: (account, _version, _input, name) => readProperty(account, name),
  },
  {
    method: 'GET',
    family: 'schemas',
    rest: /^contacts$/,
    scope: 'crm.schemas.contacts.read',
    run: (account) => readContactSchema(account),
  },
  {
    method: 'GET',
    family: 'associations',
    rest: /^notes\/contacts\/(types|labels)$/,
    scope: READ,
    run: (account, version, _request, called) => listNoteToContactTypes(account, version, called),
  },
  {
    method: 'GET',
    family: 'owners',
    rest: /^([^/]+)$/,
    scope: 'crm.objects.owners.read',
    run: (account, _version, _input, id) => readOwner(account, id),
  },
];

/** The operation a request asks for; none under versions that are switched off. */
export function operationFor(
  { method, path, body }: Request,
  switchedOff: ReadonlySet<ApiVersion>,
): Operation | undefined {
  const url = new URL(path, 'http://localhost');
  const { version, family, rest } = partsOf(url) ?? {};
  if (rest === undefined || version === undefined || !isSpoken(version) || switchedOff.has(version)) {
    return undefined;
  }
  for (const route of routes) {
    if (route.method !== method || route.family !== family) continue;
    if (route.only !== undefined && route.only !== version) continue;
    const found = route.rest.exec(rest);
    if (found) {
      const { scope, run } = route;
      return { scope, run: (account) => run(account, version, { url, body }, found[1] ?? '') };
    }
  }
  return undefined;
}
