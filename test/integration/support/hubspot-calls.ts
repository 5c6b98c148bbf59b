import { afterAll, beforeEach, expect } from 'vitest';
import { startHubSpot } from '../../../sandbox/hubspot/server.ts';
import { type ApiVersion, pathOf } from '../../../sandbox/hubspot/versions.ts';

/** For `expect.poll`: looks often, and has patience with a machine that is busy. */
export const SOON = { interval: 2, timeout: 20_000 };
export const TIMESTAMP = '2026-11-23T18:00:00.123Z';

export const uuid = expect.stringMatching(/^[0-9a-f-]{36}$/);

/** Parsed JSON to look into: each level may be anything, and the expectations say what it has to be. */
interface Json {
  readonly [key: string]: Json | undefined;
}

interface Reply {
  status: number;
  headers: Headers;
  /** The text itself where it is not JSON. */
  body: Json;
}

interface CallOptions {
  token?: string;
  signal?: AbortSignal;
}

/** The body that creates a note on a contact. */
export const note = (
  contactId: string,
  properties: Record<string, unknown> = { hs_timestamp: TIMESTAMP },
) => ({
  properties,
  associations: [
    { to: { id: contactId }, types: [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 202 }] },
  ],
});

/** Resolves to the code of the network error that a call ends in. */
export const networkError = async (calling: Promise<unknown>): Promise<unknown> =>
  await calling.then(
    () => 'no error',
    (error: Error) => (error.cause instanceof Error && 'code' in error.cause ? error.cause.code : error.name),
  );

/** A HubSpot for the tests of one file, as good as new for each, and the calls to make of it. */
export async function hubSpotForTests() {
  const hubspot = await startHubSpot();
  beforeEach(() => hubspot.reset());
  afterAll(async () => await hubspot.close());

  async function call(
    method: string,
    path: string,
    body?: unknown,
    { token = 'sandbox-token', ...options }: CallOptions = {},
  ): Promise<Reply> {
    const response = await fetch(hubspot.url + path, {
      ...options,
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json');
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  }

  /** The calls under one version of the API. */
  function under(version: ApiVersion) {
    const contacts = pathOf(version, 'objects', 'contacts');
    const notes = pathOf(version, 'objects', 'notes');
    return {
      contacts,
      notes,
      create: (properties: Record<string, unknown>) => call('POST', contacts, { properties }),
      update: (id: string, properties: Record<string, unknown>) =>
        call('PATCH', `${contacts}/${id}`, { properties }),
      read: (id: string, query = '') => call('GET', `${contacts}/${id}?${query}`),
      addNote: (contactId: string, properties?: Record<string, unknown>) =>
        call('POST', notes, note(contactId, properties)),
      readContacts: (ids: string[], more: object = {}) =>
        call('POST', `${contacts}/batch/read`, {
          properties: [],
          propertiesWithHistory: [],
          inputs: ids.map((id) => ({ id })),
          ...more,
        }),
      readAssociations: (...inputs: { id: string; after?: string }[]) =>
        call('POST', pathOf(version, 'associations', 'contacts/notes/batch/read'), { inputs }),
    };
  }

  return { hubspot, call, under };
}
