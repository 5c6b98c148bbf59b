import {
  BasicApi,
  BatchApi,
  AssociationSpecAssociationCategoryEnum as Category,
  createConfiguration,
  ServerConfiguration,
} from '@hubspot/api-client/lib/codegen/crm/objects/index.js';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as answers from '../../sandbox/hubspot/answers.ts';
import type { HubSpotSandbox } from '../../sandbox/hubspot/sandbox.ts';
import { startHubSpot } from '../../sandbox/hubspot/server.ts';

const CONTACTS = '/crm/v3/objects/contacts';
const NOTES = '/crm/v3/objects/notes';
/** For `expect.poll`: looks often, and has patience with a machine that is busy. */
const SOON = { interval: 2, timeout: 20_000 };
const TIMESTAMP = '2026-11-23T18:00:00.123Z';

let hubspot: HubSpotSandbox;
beforeAll(async () => {
  hubspot = await startHubSpot();
});
beforeEach(() => hubspot.reset());
afterAll(async () => await hubspot.close());

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

async function call(
  method: string,
  path: string,
  body?: unknown,
  { token = 'sandbox-token', ...options }: { token?: string; signal?: AbortSignal } = {},
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

const create = (properties: Record<string, unknown>) => call('POST', CONTACTS, { properties });

const note = (contactId: string, properties: Record<string, unknown> = { hs_timestamp: TIMESTAMP }) => ({
  properties,
  associations: [
    { to: { id: contactId }, types: [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 202 }] },
  ],
});

/** Resolves to the code of the network error that a call ends in. */
const networkError = async (calling: Promise<unknown>): Promise<unknown> =>
  await calling.then(
    () => 'no error',
    (error: Error) => (error.cause instanceof Error && 'code' in error.cause ? error.cause.code : error.name),
  );

const uuid = expect.stringMatching(/^[0-9a-f-]{36}$/);

describe('contacts', () => {
  test('a create answers 201 with what was set and the defaults, all of it strings or null', async () => {
    const { status, body, headers } = await create({ email: 'Ada@Example.org', username: 'AdaL', phone: 42 });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: '90000000001',
      properties: {
        createdate: body.createdAt,
        email: 'ada@example.org',
        firstname: null,
        hs_object_id: '90000000001',
        lastmodifieddate: body.updatedAt,
        lastname: null,
        phone: '42',
        username: 'AdaL',
      },
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
      updatedAt: body.createdAt,
      archived: false,
    });
    expect(headers.get('x-hubspot-correlation-id')).toEqual(uuid);
  });

  test('an address that is taken, in whatever case, is a conflict that names the contact', async () => {
    hubspot.portal.nextContactId = '9007199254740993';
    await create({ email: 'ada@example.org' });
    const { status, body, headers } = await create({ email: 'ADA@example.ORG' });
    expect(status).toBe(409);
    expect(body).toEqual({
      status: 'error',
      message: 'Contact already exists. Existing ID: 9007199254740993',
      correlationId: headers.get('x-hubspot-correlation-id'),
      category: 'CONFLICT',
    });
    expect(hubspot.portal.contacts()).toHaveLength(1);
  });

  test('a second address is a conflict with the contact that holds it', async () => {
    const { id } = hubspot.portal.createContact({ email: 'ada@example.org' });
    hubspot.portal.addSecondaryEmail(id, 'Ada@Example.com');
    expect((await create({ email: 'ada@example.com' })).body.message).toContain(`Existing ID: ${id}`);
  });

  test('an update answers 200, keeps createdAt and moves updatedAt', async () => {
    const { id } = hubspot.portal.createContact({ email: 'ada@example.org' }, { createdAt: TIMESTAMP });
    hubspot.settings.clockOffsetMs = 3_600_000;
    const { status, body } = await call('PATCH', `${CONTACTS}/${id}`, {
      properties: { username: 'AdaL', team_ownership: '' },
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id,
      createdAt: TIMESTAMP,
      properties: { username: 'AdaL', team_ownership: null },
    });
    expect(Date.parse(String(body.updatedAt))).toBeGreaterThan(Date.now() + 3_500_000);
    expect(hubspot.portal.contact(id)?.properties.lastmodifieddate).toBe(body.updatedAt);
  });

  test('an update that takes the address of another contact is a conflict', async () => {
    const ada = hubspot.portal.createContact({ email: 'ada@example.org' });
    const grace = hubspot.portal.createContact({ email: 'grace@example.org' });
    const path = `${CONTACTS}/${grace.id}`;
    const taken = await call('PATCH', path, { properties: { email: 'ADA@example.org' } });
    expect(taken.body.message).toBe(`Contact already exists. Existing ID: ${ada.id}`);
    expect((await call('PATCH', path, { properties: { email: 'G@example.org' } })).status).toBe(200);
    expect(hubspot.portal.contactByEmail('grace@example.org')).toBeUndefined();
    expect(hubspot.portal.contactByEmail('g@EXAMPLE.org')?.id).toBe(grace.id);
  });

  test('a read takes its properties repeated and separated by commas, and leaves unknown ones out', async () => {
    const { id } = hubspot.portal.createContact({ email: 'ada@example.org', username: 'AdaL' });
    const query = 'properties=username,phone&properties=company&properties=nonsense&associations=notes';
    const { status, body } = await call('GET', `${CONTACTS}/${id}?${query}`);
    expect(status).toBe(200);
    expect(body.properties).toMatchObject({ username: 'AdaL', phone: null, company: null, firstname: null });
    expect(body.properties).not.toHaveProperty('nonsense');
    expect(body).not.toHaveProperty('associations');
  });

  test.each([
    ['survivor', 200],
    ['not-found', 404],
  ] as const)('after a merge the old ID answers as the %s', async (goneAnswers, status) => {
    const gone = hubspot.portal.createContact({ email: 'old@example.org' });
    const survivor = hubspot.portal.createContact({ email: 'ada@example.org' });
    hubspot.portal.addNote(gone.id, { hs_note_body: 'kept' });
    hubspot.portal.merge(gone.id, survivor.id, { goneAnswers });
    const read = await call('GET', `${CONTACTS}/${gone.id}`);
    expect(read.status).toBe(status);
    if (status === 200) expect(read.body.id).toBe(survivor.id);
    expect((await call('PATCH', `${CONTACTS}/${gone.id}`, { properties: {} })).status).toBe(status);
    expect((await create({ email: 'old@example.org' })).body.message).toContain(survivor.id);
    expect(hubspot.portal.notesOf(survivor.id)).toHaveLength(1);
    expect(hubspot.journal.forEmail('old@example.org')).toHaveLength(3);
  });

  test('a deleted contact is not found, and its address is free', async () => {
    const { id } = hubspot.portal.createContact({ email: 'ada@example.org' });
    hubspot.portal.deleteContact(id);
    const { status, body } = await call('GET', `${CONTACTS}/${id}`);
    expect(status).toBe(404);
    expect(body).toEqual({
      status: 'error',
      message: 'resource not found',
      correlationId: uuid,
      category: 'OBJECT_NOT_FOUND',
    });
    expect((await create({ email: 'ada@example.org' })).status).toBe(201);
  });
});

describe('what HubSpot refuses', () => {
  test('a bad address is quoted back', async () => {
    const { status, body } = await create({ email: 'x@' });
    expect(status).toBe(400);
    expect(body.category).toBe('VALIDATION_ERROR');
    expect(body.message).toMatch(
      /^Property values were not valid: \[\{"isValid":false,"message":"Email address x@ is invalid"/,
    );
  });

  test('an unknown property', async () => {
    const { status, body } = await create({ email: 'ada@example.org', nonsense: 'x' });
    expect(status).toBe(400);
    expect(body.errors).toEqual([
      {
        message: 'Property "nonsense" does not exist',
        code: 'PROPERTY_DOESNT_EXIST',
        context: { propertyName: ['nonsense'] },
      },
    ]);
    expect(hubspot.portal.contacts()).toHaveLength(0);
  });

  test('a property that an administrator has deleted', async () => {
    hubspot.portal.contactDefinitions.delete('username');
    expect((await create({ username: 'AdaL' })).body.errors?.[0]?.code).toBe('PROPERTY_DOESNT_EXIST');
  });

  test.each(['lifecyclestage', 'hs_lead_status'])('an option that %s does not have', async (name) => {
    const { status, body } = await create({ [name]: 'nonsense' });
    expect(status).toBe(400);
    expect(body.errors?.[0]?.code).toBe('INVALID_OPTION');
  });

  test.each([
    ['not JSON', '{"properties":'],
    ['an unknown key', '{"properties":{},"property":{}}'],
    ['no properties', '{}'],
    ['properties that are no object', '{"properties":[]}'],
    ['nested values', '{"properties":{"email":{}}}'],
    ['nothing', ''],
  ])('a body with %s', async (_what, body) => {
    const { status, body: answer } = await call('POST', CONTACTS, body);
    expect(status).toBe(400);
    expect(answer).toMatchObject({ status: 'error', category: 'VALIDATION_ERROR' });
  });

  test('a body that is not declared as JSON', async () => {
    const headers = { authorization: 'Bearer sandbox-token' };
    const response = await fetch(hubspot.url + CONTACTS, {
      method: 'POST',
      headers,
      body: '{"properties":{}}',
    });
    expect(response.status).toBe(415);
  });

  test('a wrong token', async () => {
    const { status, body } = await call('POST', CONTACTS, { properties: {} }, { token: 'old-token' });
    expect(status).toBe(401);
    expect(body.category).toBe('INVALID_AUTHENTICATION');
    expect(hubspot.journal.entries()).toMatchObject([{ status: 401, headers: { authorization: 'wrong' } }]);
  });

  test('a call that the app has no scope for', async () => {
    hubspot.settings.scopes.delete('crm.objects.contacts.write');
    const { status, body } = await create({ email: 'ada@example.org' });
    expect(status).toBe(403);
    expect(body.category).toBe('MISSING_SCOPES');
    expect(body.errors?.[0]?.context?.requiredGranularScopes).toEqual(['crm.objects.contacts.write']);
    expect((await call('GET', `${CONTACTS}/1`)).status).toBe(404);
  });
});

describe('notes', () => {
  test('a note stands on its contact', async () => {
    const { id } = hubspot.portal.createContact({ email: 'ada@example.org' });
    const { status, body } = await call(
      'POST',
      NOTES,
      note(id, { hs_timestamp: TIMESTAMP, hs_note_body: 'Hello' }),
    );
    expect(status).toBe(201);
    expect(body.properties).toMatchObject({
      hs_timestamp: TIMESTAMP,
      hs_note_body: 'Hello',
      hs_object_id: body.id,
    });
    expect(hubspot.portal.notesOf(id)).toMatchObject([{ id: body.id, contactIds: [id] }]);
  });

  test('hs_timestamp is needed, as ISO 8601 or in milliseconds', async () => {
    const { id } = hubspot.portal.createContact({});
    expect((await call('POST', NOTES, note(id, {}))).status).toBe(400);
    expect((await call('POST', NOTES, note(id, { hs_timestamp: 'yesterday' }))).status).toBe(400);
    const { body } = await call('POST', NOTES, note(id, { hs_timestamp: Date.parse(TIMESTAMP) }));
    expect(body.properties?.hs_timestamp).toBe(TIMESTAMP);
  });

  test('a contact that is not there cannot have a note', async () => {
    expect((await call('POST', NOTES, note('1'))).status).toBe(400);
  });

  test('a read of the contact names its notes, page by page, oldest first', async () => {
    const { id } = hubspot.portal.createContact({ email: 'ada@example.org' });
    const notes = Array.from(
      { length: 7 },
      (_, n) => hubspot.portal.addNote(id, { hs_note_body: `${n}` }).id,
    );
    hubspot.settings.associationPageSize = 3;
    const { body } = await call('GET', `${CONTACTS}/${id}?associations=notes`);
    let page = body.associations?.notes;
    const seen = [page?.results];
    while (page?.paging) {
      page = (await call('GET', String(page.paging.next?.link).slice(hubspot.url.length))).body;
      seen.push(page.results);
    }
    expect(seen).toHaveLength(3);
    expect(seen.flat()).toEqual(notes.map((noteId) => ({ id: noteId, type: 'contact_to_note' })));

    const v4 = await call(
      'GET',
      `/crm/v4/objects/contacts/${id}/associations/notes?limit=5&after=${notes[0]}`,
    );
    expect(v4.body.results).toMatchObject(notes.slice(1, 6).map((toObjectId) => ({ toObjectId })));
    expect(v4.body.paging?.next?.after).toBe(notes[5]);
  });

  test('up to 100 are read in one call, and those that are gone are named', async () => {
    const { id } = hubspot.portal.createContact({});
    const ids = Array.from({ length: 100 }, () => hubspot.portal.addNote(id, { hs_note_body: 'x' }).id);
    const read = (inputs: string[]) =>
      call('POST', `${NOTES}/batch/read`, {
        properties: ['hs_note_body'],
        propertiesWithHistory: [],
        inputs: inputs.map((noteId) => ({ id: noteId })),
      });
    const all = await read(ids);
    expect(all.status).toBe(200);
    expect(all.body).toMatchObject({ status: 'COMPLETE', startedAt: expect.any(String) });
    expect(all.body.results).toHaveLength(100);
    hubspot.portal.deleteNote(ids[0] ?? '');
    const some = await read(ids);
    expect(some.status).toBe(207);
    expect(some.body).toMatchObject({ numErrors: 1, errors: [{ context: { ids: [ids[0]] } }] });
    expect(some.body.results).toHaveLength(99);
    expect((await read([...ids, '1'])).status).toBe(400);
  });

  test('bodies may come back as HTML', async () => {
    const { id } = hubspot.portal.createContact({});
    hubspot.settings.noteBodies = 'html';
    const bodies: unknown[] = [];
    for (const text of ['a < b & "c"', "it's"]) {
      const { id: noteId } = hubspot.portal.addNote(id, { hs_note_body: text });
      bodies.push(
        (await call('GET', `${NOTES}/${noteId}?properties=hs_note_body`)).body.properties?.hs_note_body,
      );
    }
    expect(bodies).toEqual(['<div>a &lt; b &amp; &quot;c&quot;</div>', '<p>it&#39;s</p>']);
  });
});

describe('limits', () => {
  test('the window of 10 seconds rolls', async () => {
    hubspot.settings.requestsPer10s = 2;
    const first = await call('GET', `${CONTACTS}/1`);
    expect(first.headers.get('x-hubspot-ratelimit-max')).toBe('2');
    expect(first.headers.get('x-hubspot-ratelimit-remaining')).toBe('1');
    expect(first.headers.get('x-hubspot-ratelimit-interval-milliseconds')).toBe('10000');
    hubspot.settings.clockOffsetMs = 6_000;
    expect((await call('GET', `${CONTACTS}/1`)).status).toBe(404);
    const refused = await call('GET', `${CONTACTS}/1`);
    expect(refused.status).toBe(429);
    expect(refused.body).toEqual({
      status: 'error',
      message: 'You have reached your ten_secondly_rolling limit.',
      errorType: 'RATE_LIMIT',
      correlationId: uuid,
      policyName: 'TEN_SECONDLY_ROLLING',
    });
    hubspot.settings.clockOffsetMs = 10_001;
    expect((await call('GET', `${CONTACTS}/1`)).status).toBe(404);
    expect((await call('GET', `${CONTACTS}/1`)).status).toBe(429);
    hubspot.settings.clockOffsetMs = 16_100;
    expect((await call('GET', `${CONTACTS}/1`)).status).toBe(404);
    expect(hubspot.journal.entries().map(({ status }) => status)).toEqual([404, 404, 429, 404, 429, 404]);
  });

  test('the limit of the day holds until midnight', async () => {
    hubspot.settings.requestsPerDay = 1;
    const { headers } = await call('GET', `${CONTACTS}/1`);
    expect(headers.get('x-hubspot-ratelimit-daily')).toBe('1');
    expect(headers.get('x-hubspot-ratelimit-daily-remaining')).toBe('0');
    expect((await call('GET', `${CONTACTS}/1`)).body.policyName).toBe('DAILY');
    hubspot.settings.clockOffsetMs = 86_400_000;
    expect((await call('GET', `${CONTACTS}/1`)).status).toBe(404);
  });

  test('refused requests write nothing', async () => {
    hubspot.settings.requestsPer10s = 0;
    expect((await create({ email: 'ada@example.org' })).status).toBe(429);
    expect(hubspot.portal.contacts()).toHaveLength(0);
  });
});

describe('faults', () => {
  const ada = { email: 'ada@example.org' };
  const written = () => hubspot.portal.contacts().length;

  test.each([
    ['status', { type: 'status', ...answers.locked }, 423, 0],
    ['status after the write', { type: 'status', status: 504, body: 'gateway', after: true }, 504, 1],
    ['html', { type: 'html', status: 521 }, 521, 0],
    ['empty', { type: 'empty' }, 201, 1],
    ['empty with a status', { type: 'empty', status: 202 }, 202, 1],
    ['delay', { type: 'delay', ms: 5 }, 201, 1],
  ] as const)('%s', async (_name, fault, status, contacts) => {
    hubspot.faults.add({ do: fault });
    expect((await create(ada)).status).toBe(status);
    expect(written()).toBe(contacts);
    expect(hubspot.journal.entries()).toMatchObject([{ status }]);
    expect((await create({ email: 'grace@example.org' })).status).toBe(201);
  });

  test.each([
    ['reset before', { type: 'reset', when: 'before' }, 'ECONNRESET', 0, 'reset'],
    ['reset after', { type: 'reset', when: 'after' }, 'ECONNRESET', 1, 'reset'],
    ['truncated', { type: 'truncated' }, 'UND_ERR_SOCKET', 1, 201],
  ] as const)('%s the write', async (_name, fault, code, contacts, status) => {
    hubspot.faults.add({ do: fault });
    expect(await networkError(create(ada))).toBe(code);
    expect(written()).toBe(contacts);
    expect(hubspot.journal.entries()).toMatchObject([{ status }]);
  });

  test('JSON that is cut half way, in a complete answer', async () => {
    hubspot.faults.add({ do: { type: 'cut-json' } });
    expect(await networkError(create(ada))).toBe('SyntaxError');
    expect(written()).toBe(1);
  });

  test.each([
    ['before', 0],
    ['after', 1],
  ] as const)('a call that hangs %s the write, until everything is cut off', async (when, contacts) => {
    hubspot.faults.add({ do: { type: 'hang', when } });
    const hanging = networkError(create(ada));
    await expect.poll(() => hubspot.journal.entries()[0]?.status, SOON).toBe('hang');
    expect(written()).toBe(contacts);
    hubspot.reset();
    expect(await hanging).toBe('UND_ERR_SOCKET');
  });

  test('a delayed write takes effect without its client, but not after a reset', async () => {
    // Long enough to hang up and to look meanwhile, on a busy machine too.
    const ms = 300;
    hubspot.faults.add({ do: { type: 'delay', ms } });
    const client = new AbortController();
    const impatient = networkError(call('POST', CONTACTS, { properties: ada }, { signal: client.signal }));
    await expect.poll(() => hubspot.journal.entries().length, SOON).toBe(1);
    client.abort();
    expect(await impatient).toBe('AbortError');
    expect(written()).toBe(0);
    await expect.poll(written, SOON).toBe(1);
    hubspot.reset();
    hubspot.faults.add({ do: { type: 'delay', ms } });
    const cutOff = networkError(create(ada));
    await expect.poll(() => hubspot.journal.entries().length, SOON).toBe(1);
    hubspot.reset();
    expect(await cutOff).toBe('UND_ERR_SOCKET');
    await new Promise((resolve) => setTimeout(resolve, ms + 50));
    expect(written()).toBe(0);
  });

  test('strike the calls they are meant for, as often as they are meant to', async () => {
    const { id } = hubspot.portal.createContact({ email: 'grace@example.org' });
    const forAda = hubspot.faults.add({
      email: 'ADA@example.org',
      times: Number.POSITIVE_INFINITY,
      do: { type: 'html', status: 502 },
    });
    hubspot.faults.add({
      method: 'patch',
      path: /contacts\/\d+$/g,
      email: 'grace@example.org',
      times: 2,
      do: { type: 'html', status: 503 },
    });
    hubspot.faults.add({ path: NOTES, email: 'grace@example.org', do: { type: 'html', status: 504 } });
    const patch = async () => (await call('PATCH', `${CONTACTS}/${id}`, { properties: {} })).status;
    expect([(await create(ada)).status, (await create(ada)).status]).toEqual([502, 502]);
    expect([await patch(), await patch(), await patch()]).toEqual([503, 503, 200]);
    expect((await call('POST', NOTES, note(id))).status).toBe(504);
    expect((await call('POST', NOTES, note(id))).status).toBe(201);
    expect(forAda.struck).toBe(2);
    forAda.remove();
    expect((await create(ada)).status).toBe(201);
  });

  test('the well-known answers go out as they are', async () => {
    const known = [
      answers.dailyLimit,
      answers.expiredAuthentication,
      answers.missingScopes('a'),
      answers.oldConflict('91', 'ada@example.org'),
      answers.uniquePropertyConflict,
      answers.moved(86_400),
      answers.internalError,
    ];
    for (const answer of known) {
      hubspot.faults.add({ do: { type: 'status', ...answer } });
      const { status, body, headers } = await create(ada);
      expect({ status, body }).toEqual({ status: answer.status, body: answer.body });
      expect(headers.get('x-hubspot-correlation-id')).toBe(answer.body.correlationId);
      if (answer.status === 477) expect(headers.get('retry-after')).toBe('86400');
    }
  });
});

describe('the test bench', () => {
  test('a hook is told of every phase, with the call, in order', async () => {
    const phases: string[] = [];
    hubspot.onCall = async ({ number, status }, phase) => {
      await Promise.resolve();
      phases.push(`${number} ${phase} ${status} ${hubspot.portal.contacts().length}`);
    };
    await create({ email: 'ada@example.org' });
    hubspot.faults.add({ do: { type: 'html', status: 503 } });
    await create({ email: 'ada@example.org' });
    const told = [
      '1 received pending 0',
      '1 applied pending 1',
      '1 answered 201 1',
      '2 received pending 1',
      '2 answered 503 1',
    ];
    await expect.poll(() => phases, SOON).toEqual(told);
  });

  test('the journal keeps what was sent, by person and by connection, and no token', async () => {
    const { id } = hubspot.portal.createContact({ email: 'grace@example.org' });
    await create({ email: 'Ada@Example.org' });
    await call('POST', NOTES, note(id));
    await call('GET', `${CONTACTS}/${id}?properties=username`);
    const entries = hubspot.journal.entries();
    expect(entries[0]).toMatchObject({
      number: 1,
      method: 'POST',
      path: CONTACTS,
      body: '{"properties":{"email":"Ada@Example.org"}}',
      headers: { authorization: 'right', 'content-type': 'application/json' },
      status: 201,
    });
    expect(JSON.stringify(entries)).not.toContain('sandbox-token');
    expect(hubspot.journal.forEmail('ADA@example.org')).toEqual([entries[0]]);
    expect(hubspot.journal.forEmail('grace@example.org')).toEqual(entries.slice(1));
    expect(new Set(entries.map(({ socket }) => socket)).size).toBeLessThan(3);
  });

  test('everything can be had over HTTP, by another process', async () => {
    const seeded = await call('POST', '/_sandbox/contacts', { properties: { email: 'ada@example.org' } });
    expect(seeded.status).toBe(201);
    hubspot.portal.addNote(String(seeded.body.id), { hs_note_body: 'Hello' });
    const fault = { method: 'GET', path: CONTACTS, times: null, do: { type: 'html', status: 502 } };
    expect((await call('POST', '/_sandbox/faults', fault)).status).toBe(204);
    expect((await call('POST', '/_sandbox/faults', { do: { type: 'nonsense' } })).status).toBe(400);
    const read = async () => (await call('GET', `${CONTACTS}/${seeded.body.id}`)).status;
    expect([await read(), await read()]).toEqual([502, 502]);
    expect((await call('DELETE', '/_sandbox/faults')).status).toBe(204);
    expect(await read()).toBe(200);
    const cards = await call('GET', '/_sandbox/contacts');
    expect(cards.body).toMatchObject([
      { id: seeded.body.id, notes: [{ properties: { hs_note_body: 'Hello' } }] },
    ]);
    expect((await call('GET', '/_sandbox/requests')).body).toHaveLength(3);
    expect((await call('POST', '/_sandbox/reset')).status).toBe(204);
    expect((await call('GET', '/_sandbox/contacts')).body).toEqual([]);
  });

  test.each([
    { type: 'status', status: 999_999 },
    { type: 'status', status: 101 },
    { type: 'html', status: 600 },
    { type: 'empty', status: 0 },
    { type: 'status', status: 503, headers: { 'bad header': '5' } },
    { type: 'status', status: 503, headers: { 'retry-after': '5\r\nx: y' } },
    { type: 'status', status: 503, headers: { 'retry-after': 'fünf – 5' } },
    { type: 'status', status: 503, contentType: 'text/plain\n' },
  ])('a fault that HTTP cannot express is refused: %j', async (fault) => {
    expect((await call('POST', '/_sandbox/faults', { do: fault })).status).toBe(400);
    expect((await create({ email: 'ada@example.org' })).status).toBe(201);
  });

  test('the page shows cards, notes and requests, and runs nobody else’s script', async () => {
    const { id } = hubspot.portal.createContact({ email: 'ada@example.org', username: '<script>1</script>' });
    hubspot.portal.addNote(id, { hs_note_body: '<img src=x onerror=alert(1)>' });
    await call('GET', `${CONTACTS}/1?properties="><script>`);
    const { body, headers } = await call('GET', '/');
    expect(headers.get('content-type')).toContain('text/html');
    expect(body).toContain('ada@example.org');
    expect(body).toContain('&lt;img src=x onerror=alert(1)&gt;');
    expect(body).not.toMatch(/<script|<img/);
  });

  test('the account can be checked before go-live', async () => {
    const token = await call('POST', '/oauth/v2/private-apps/get/access-token-info', {
      tokenKey: 'sandbox-token',
    });
    expect(token.body.scopes).toContain('crm.objects.contacts.write');
    expect((await call('GET', '/crm/v3/properties/contacts/nonsense')).status).toBe(404);
    const property = await call('GET', '/crm/v3/properties/contacts/lifecyclestage');
    expect(property.body.options).toContainEqual(expect.objectContaining({ value: 'lead' }));
    expect((await call('GET', '/crm/v3/owners/823648202')).status).toBe(200);
    expect((await call('GET', '/crm/v3/owners/1')).status).toBe(404);
  });

  test('a reset puts back what the sandbox was started with, and closing is at once', async () => {
    const other = await startHubSpot({ requestsPer10s: Number.POSITIVE_INFINITY, accessToken: 'a' });
    other.settings.accessToken = 'b';
    other.settings.scopes.clear();
    other.portal.nextContactId = '5';
    other.reset();
    expect(other.settings).toMatchObject({
      accessToken: 'a',
      requestsPer10s: Number.POSITIVE_INFINITY,
      clockOffsetMs: 0,
    });
    expect(other.settings.scopes.size).toBe(3);
    expect(other.portal.nextContactId).toBe('90000000001');
    other.faults.add({ do: { type: 'hang', when: 'before' } });
    const hanging = networkError(
      fetch(`${other.url}${CONTACTS}/1`, { headers: { authorization: 'Bearer a' } }),
    );
    await expect.poll(() => other.journal.entries()[0]?.status, SOON).toBe('hang');
    await other.close();
    expect(await hanging).toBe('UND_ERR_SOCKET');
  });
});

describe('the official SDK', () => {
  test('creates, updates, reads and reads in batches', async () => {
    const configuration = createConfiguration({
      baseServer: new ServerConfiguration(hubspot.url, {}),
      authMethods: { oauth2: { accessToken: 'sandbox-token' } },
    });
    const objects = new BasicApi(configuration);
    const batches = new BatchApi(configuration);
    const created = await objects.create('contacts', {
      properties: { email: 'ada@example.org' },
      associations: [],
    });
    expect(created.createdAt).toBeInstanceOf(Date);
    const updated = await objects.update('contacts', created.id, { properties: { username: 'AdaL' } });
    const types = [{ associationCategory: Category.HubspotDefined, associationTypeId: 202 }];
    const noted = await objects.create('notes', {
      properties: { hs_timestamp: updated.updatedAt.toISOString() },
      associations: [{ to: { id: created.id }, types }],
    });
    const read = await objects.getById('contacts', created.id, ['username', 'createdate'], undefined, [
      'notes',
    ]);
    expect(read.properties).toMatchObject({ username: 'AdaL', createdate: created.createdAt.toISOString() });
    expect(read.associations?.notes?.results).toEqual([{ id: noted.id, type: 'contact_to_note' }]);
    const { results } = await batches.read('notes', {
      inputs: [{ id: noted.id }],
      properties: ['hs_timestamp'],
      propertiesWithHistory: [],
    });
    expect(results[0]?.properties.hs_timestamp).toBe(updated.updatedAt.toISOString());
    await expect(
      objects.create('contacts', { properties: { email: 'ADA@example.org' }, associations: [] }),
    ).rejects.toMatchObject({
      code: 409,
    });
  });
});
