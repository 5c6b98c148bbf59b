import { describe, expect, test } from 'vitest';
import { API_VERSIONS } from '../../sandbox/hubspot/versions.ts';
import { hubSpotForTests, TIMESTAMP, uuid } from './support/hubspot-calls.ts';

const { hubspot, call, under } = await hubSpotForTests();

describe.each(API_VERSIONS)('under %s', (version) => {
  const { create, update, read, addNote, readContacts } = under(version);

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

  test('the conflict may come in other words, with the identity of the contact', async () => {
    hubspot.settings.conflictCategory = 'OBJECT_ALREADY_EXISTS';
    const { id } = hubspot.portal.createContact({ email: 'ada@example.org' });
    const { status, body } = await create({ email: 'ADA@example.org' });
    expect(status).toBe(409);
    expect(body).toMatchObject({
      message: `Contact already exists. Existing ID: ${id}`,
      category: 'OBJECT_ALREADY_EXISTS',
      correlationId: uuid,
      identityProfile: { vid: Number(id), identity: [{ value: 'ada@example.org', type: 'EMAIL' }] },
      errors: [{ in: 'email', message: expect.stringContaining(id) }],
    });
  });

  test('a second address is a conflict with the contact that holds it', async () => {
    const { id } = hubspot.portal.createContact({ email: 'ada@example.org' });
    hubspot.portal.addSecondaryEmail(id, 'Ada@Example.com');
    expect((await create({ email: 'ada@example.com' })).body.message).toContain(`Existing ID: ${id}`);
  });

  test('an update answers 200, keeps createdAt and moves updatedAt', async () => {
    const { id } = hubspot.portal.createContact({ email: 'ada@example.org' }, { createdAt: TIMESTAMP });
    hubspot.settings.clockOffsetMs = 3_600_000;
    const { status, body } = await update(id, { username: 'AdaL', team_ownership: '' });
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
    const taken = await update(grace.id, { email: 'ADA@example.org' });
    expect(taken.body.message).toBe(`Contact already exists. Existing ID: ${ada.id}`);
    expect((await update(grace.id, { email: 'G@example.org' })).status).toBe(200);
    expect(hubspot.portal.contactByEmail('grace@example.org')).toBeUndefined();
    expect(hubspot.portal.contactByEmail('g@EXAMPLE.org')?.id).toBe(grace.id);
  });

  test('a read takes its properties repeated and separated by commas, and leaves unknown ones out', async () => {
    const { id } = hubspot.portal.createContact({ email: 'ada@example.org', username: 'AdaL' });
    const query = 'properties=username,phone&properties=company&properties=nonsense&associations=notes';
    const { status, body } = await read(id, query);
    expect(status).toBe(200);
    expect(body.properties).toMatchObject({ username: 'AdaL', phone: null, company: null, firstname: null });
    expect(body.properties).not.toHaveProperty('nonsense');
    expect(body).not.toHaveProperty('associations');
  });

  test('a read tells what a property has been, the latest value first, and who set it', async () => {
    const { id } = hubspot.portal.createContact({ email: 'ada@example.org', username: 'Ada' });
    hubspot.settings.clockOffsetMs = 60_000;
    const { body: updated } = await update(id, { username: 'AdaL' });
    const history = [
      {
        value: 'AdaL',
        sourceType: 'INTEGRATION',
        sourceId: expect.any(String),
        timestamp: updated.updatedAt,
      },
      expect.objectContaining({ value: 'Ada', sourceType: 'CRM_UI' }),
    ];
    const one = await read(id, 'propertiesWithHistory=username');
    expect(one.body.propertiesWithHistory?.username).toEqual(history);
    const batch = await readContacts([id], { propertiesWithHistory: ['username'] });
    expect(batch.body.results?.[0]?.propertiesWithHistory?.username).toEqual(history);
  });

  test.each([
    ['survivor', 200],
    ['not-found', 404],
  ] as const)('after a merge the old ID answers as the %s', async (goneAnswers, status) => {
    const gone = hubspot.portal.createContact({ email: 'old@example.org' });
    const survivor = hubspot.portal.createContact({ email: 'ada@example.org' });
    hubspot.portal.addNote(gone.id, { hs_note_body: 'kept' });
    hubspot.portal.merge(gone.id, survivor.id, { goneAnswers });
    const old = await read(gone.id);
    expect(old.status).toBe(status);
    if (status === 200) expect(old.body.id).toBe(survivor.id);
    expect((await update(gone.id, {})).status).toBe(status);
    expect((await create({ email: 'old@example.org' })).body.message).toContain(survivor.id);
    expect(hubspot.portal.notesOf(survivor.id)).toHaveLength(1);
    expect(hubspot.journal.forEmail('old@example.org')).toHaveLength(3);
  });

  test('a contact in the recycling bin is found only where archived ones are asked for; its address is free', async () => {
    const { id } = hubspot.portal.createContact({ email: 'ada@example.org' });
    hubspot.portal.archiveContact(id);
    const { status, body } = await read(id);
    expect(status).toBe(404);
    expect(body).toEqual({ status: 'error', message: 'resource not found', correlationId: uuid });
    expect((await update(id, { username: 'AdaL' })).status).toBe(404);
    expect((await addNote(id)).status).toBe(400);
    const archived = await read(id, 'archived=true');
    expect(archived.body).toMatchObject({ id, archived: true, archivedAt: expect.any(String) });
    const again = await create({ email: 'ada@example.org' });
    expect(again.status).toBe(201);
    expect((await read(String(again.body.id), 'archived=true')).status).toBe(404);
  });

  test('an address that was deleted under the GDPR is refused for good, like a bad one', async () => {
    const { id } = hubspot.portal.createContact({ email: 'ada@example.org' });
    const other = hubspot.portal.createContact({ email: 'grace@example.org' });
    hubspot.portal.addSecondaryEmail(id, 'ada@example.com');
    hubspot.portal.addNote(id, { hs_note_body: 'x' });
    hubspot.portal.gdprDelete(id);
    expect((await read(id)).status).toBe(404);
    expect((await read(id, 'archived=true')).status).toBe(404);
    expect(hubspot.portal.notesOf(id)).toEqual([]);
    for (const email of ['Ada@Example.org', 'ada@example.com']) {
      for (const refused of [await create({ email }), await update(other.id, { email })]) {
        expect(refused.status).toBe(400);
        expect(refused.body.errors).toMatchObject([
          { code: 'INVALID_EMAIL', context: { propertyName: ['email'] } },
        ]);
      }
    }
    hubspot.reset();
    expect((await create({ email: 'ada@example.org' })).status).toBe(201);
  });

  test('an ID that cannot be one is told so, with a category', async () => {
    const { status, body } = await read('nonsense');
    expect(status).toBe(404);
    expect(body).toMatchObject({ category: 'OBJECT_NOT_FOUND', context: { id: ['nonsense'] } });
  });
});

test('an update may name its contact by address, in any case', async () => {
  const { create } = under('v3');
  const { body: created } = await create({ email: 'ada@example.org' });
  const path = `/crm/v3/objects/contacts/${encodeURIComponent('ADA@example.org')}`;
  const properties = { username: 'AdaL' };
  const updated = await call('PATCH', `${path}?idProperty=email`, { properties });
  expect(updated).toMatchObject({ status: 200, body: { id: created.id, properties } });
  const byOther = await call('PATCH', `${path}?idProperty=username`, { properties });
  expect([byOther.status, (await call('PATCH', path, { properties })).status]).toEqual([404, 404]);
});

test('a search finds one address, and is asked for nothing else', async () => {
  const { body: created } = await under('v3').create({ email: 'ada@example.org' });
  const search = (propertyName: string, value: string) =>
    call('POST', '/crm/v3/objects/contacts/search', {
      filterGroups: [{ filters: [{ propertyName, operator: 'EQ', value }] }],
    });
  expect(await search('email', 'ADA@example.org')).toMatchObject({
    status: 200,
    body: { total: 1, results: [{ id: created.id }] },
  });
  expect((await search('email', 'eda@example.org')).body).toEqual({ total: 0, results: [] });
  expect((await search('username', 'AdaL')).status).toBe(400);
});
