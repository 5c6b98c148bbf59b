import { readOwner, readProperty } from './account-api.ts';
import type { Answer } from './answers.ts';
import { listNotes } from './associations-api.ts';
import { createContact, readContact, updateContact } from './contacts-api.ts';
import { createNote, readNote, readNotes } from './notes-api.ts';
import type { Account } from './settings.ts';

/** One operation of the API, found for a request. */
export interface Operation {
  /** What the private app must be allowed. Notes go by the scopes of contacts (HubSpot docs, scopes). */
  readonly scope: string;
  run(account: Account): Answer;
}

interface Request {
  method: string;
  url: URL;
  body: string;
}

const READ = 'crm.objects.contacts.read';
const WRITE = 'crm.objects.contacts.write';

type Run = (account: Account, request: Request, id: string) => Answer;

const routes: { method: string; path: RegExp; scope: string; run: Run }[] = [
  {
    method: 'POST',
    path: /^\/crm\/v3\/objects\/contacts$/,
    scope: WRITE,
    run: (account, { body }) => createContact(account, body),
  },
  {
    method: 'PATCH',
    path: /^\/crm\/v3\/objects\/contacts\/([^/]+)$/,
    scope: WRITE,
    run: (account, { body }, id) => updateContact(account, id, body),
  },
  {
    method: 'GET',
    path: /^\/crm\/v3\/objects\/contacts\/([^/]+)$/,
    scope: READ,
    run: (account, { url }, id) => readContact(account, id, url.searchParams),
  },
  {
    method: 'GET',
    path: /^\/crm\/v3\/objects\/contacts\/([^/]+)\/associations\/notes$/,
    scope: READ,
    run: (account, { url }, id) => listNotes(account, '3', id, url.searchParams),
  },
  {
    method: 'GET',
    path: /^\/crm\/v4\/objects\/contacts\/([^/]+)\/associations\/notes$/,
    scope: READ,
    run: (account, { url }, id) => listNotes(account, '4', id, url.searchParams),
  },
  {
    method: 'POST',
    path: /^\/crm\/v3\/objects\/notes$/,
    scope: WRITE,
    run: (account, { body }) => createNote(account, body),
  },
  {
    method: 'POST',
    path: /^\/crm\/v3\/objects\/notes\/batch\/read$/,
    scope: READ,
    run: (account, { body }) => readNotes(account, body),
  },
  {
    method: 'GET',
    path: /^\/crm\/v3\/objects\/notes\/([^/]+)$/,
    scope: READ,
    run: (account, { url }, id) => readNote(account, id, url.searchParams),
  },
  {
    method: 'GET',
    path: /^\/crm\/v3\/properties\/contacts\/([^/]+)$/,
    scope: READ,
    run: (account, _request, name) => readProperty(account, name),
  },
  {
    method: 'GET',
    path: /^\/crm\/v3\/owners\/([^/]+)$/,
    scope: 'crm.objects.owners.read',
    run: (account, _request, id) => readOwner(account, id),
  },
];

/** The operation a request asks for. */
export function operationFor(request: Request): Operation | undefined {
  for (const { method, path, scope, run } of routes) {
    const found = method === request.method ? path.exec(request.url.pathname) : null;
    if (found) return { scope, run: (account) => run(account, request, found[1] ?? '') };
  }
  return undefined;
}
