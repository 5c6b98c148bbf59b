import { describe, expect, test } from 'vitest';
import { API_VERSIONS, pathOf } from '../../sandbox/hubspot/versions.ts';
import { hubSpotForTests, uuid } from './support/hubspot-calls.ts';

const { hubspot, call, under } = await hubSpotForTests();

const UNKNOWN_PATH = {
  status: 'error',
  message: 'resource not found',
  correlationId: uuid,
  category: 'OBJECT_NOT_FOUND',
};

test('the family of the API stands after v3, and before a date', () => {
  expect(API_VERSIONS.map((version) => pathOf(version, 'objects', 'contacts/1'))).toEqual([
    '/crm/v3/objects/contacts/1',
    '/crm/objects/2026-03/contacts/1',
    '/crm/objects/2026-09/contacts/1',
  ]);
  expect(pathOf('v3', 'associations', 'contacts/notes/batch/read')).toBe(
    '/crm/v3/associations/contacts/notes/batch/read',
  );
  expect(pathOf('2026-09', 'associations', 'contacts/notes/batch/read')).toBe(
    '/crm/associations/2026-09/contacts/notes/batch/read',
  );
});

describe.each(API_VERSIONS)('%s', (version) => {
  test('has the account to be checked before go-live', async () => {
    hubspot.portal.contactDefinitions.set('username', { label: 'Username', type: 'string', unique: true });
    const property = (name: string) => call('GET', pathOf(version, 'properties', `contacts/${name}`));
    const owner = (id: string) => call('GET', pathOf(version, 'owners', id));
    expect((await property('nonsense')).status).toBe(404);
    const { body } = await property('lifecyclestage');
    expect(body.options).toContainEqual(expect.objectContaining({ value: 'lead' }));
    expect(body.hasUniqueValue).toBe(false);
    expect((await property('username')).body.hasUniqueValue).toBe(true);
    expect((await owner('823648202')).status).toBe(200);
    expect((await owner('1')).status).toBe(404);
  });

  test('answers as an unknown path does once HubSpot has switched it off, and the others go on', async () => {
    const { id } = hubspot.portal.createContact({ email: 'ada@example.org' });
    hubspot.settings.switchedOff.add(version);
    const { create, read, readAssociations } = under(version);
    for (const { status, body } of [
      await create({ email: 'grace@example.org' }),
      await read(id),
      await readAssociations({ id }),
      await call('GET', pathOf(version, 'owners', '823648202')),
    ]) {
      expect({ status, body }).toEqual({ status: 404, body: UNKNOWN_PATH });
    }
    expect(hubspot.portal.contacts()).toHaveLength(1);
    // Whom a call was about is known all the same.
    expect(hubspot.journal.forEmail('ada@example.org')).toHaveLength(2);
    for (const other of API_VERSIONS.filter((spoken) => spoken !== version)) {
      expect((await under(other).read(id)).status).toBe(200);
    }
    hubspot.reset();
    expect((await create({ email: 'grace@example.org' })).status).toBe(201);
  });
});

test('what another process makes of HubSpot: an end of v3, other words for a conflict, a CDN that looks at tokens', async () => {
  const change = (body: unknown) => call('PATCH', '/_sandbox/settings', body);
  hubspot.portal.createContact({ email: 'ada@example.org' });
  expect((await change({ switchedOff: ['v3'] })).status).toBe(204);
  expect((await change({ conflictCategory: 'OBJECT_ALREADY_EXISTS', malformedTokens: 'cdn' })).status).toBe(
    204,
  );
  expect((await under('v3').create({ email: 'ada@example.org' })).status).toBe(404);
  const { create, contacts } = under('2026-09');
  expect((await create({ email: 'ada@example.org' })).body.category).toBe('OBJECT_ALREADY_EXISTS');
  expect((await call('GET', `${contacts}/1`, undefined, { token: '""' })).status).toBe(530);
  expect((await change({ switchedOff: [] })).status).toBe(204);
  expect((await under('v3').create({ email: 'ada@example.org' })).status).toBe(409);
  for (const nonsense of [
    { switchedOff: ['v4'] },
    { switchedOff: 'v3' },
    { requestsPerDay: -1 },
    {}.toString(),
  ]) {
    expect((await change(nonsense)).status).toBe(400);
  }
});

test.each([
  '/crm/v4/objects/contacts/1/associations/notes',
  '/crm/v4/associations/contacts/notes/batch/read',
  '/crm/objects/v3/contacts/1',
  '/crm/2026-09/objects/contacts/1',
  '/crm/objects/2027-03/contacts/1',
  '/crm/v3/objects/contacts/1/associations/notes',
  '/crm/v3/objects/companies/1',
])('%s leads nowhere', async (path) => {
  const { status, body } = await call('GET', path);
  expect({ status, body }).toEqual({ status: 404, body: UNKNOWN_PATH });
});
