import { describe, expect, test } from 'vitest';
import { API_VERSIONS } from '../../sandbox/hubspot/versions.ts';
import { hubSpotForTests } from './support/hubspot-calls.ts';

const { hubspot, under } = await hubSpotForTests();
const BY_EMAIL = { idProperty: 'email' };

describe.each(API_VERSIONS)('under %s contacts are read in batches', (version) => {
  const { readContacts } = under(version);
  const partStatus = version === '2026-09' ? 200 : 207;

  test('by ID', async () => {
    const ada = hubspot.portal.createContact({ email: 'ada@example.org', username: 'AdaL' });
    const grace = hubspot.portal.createContact({ email: 'grace@example.org' });
    const { status, body } = await readContacts([ada.id, grace.id, ada.id], { properties: ['username'] });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'COMPLETE',
      results: [
        { id: ada.id, properties: { email: 'ada@example.org', username: 'AdaL' }, archived: false },
        { id: grace.id, properties: { username: null } },
      ],
    });
    expect(body).not.toHaveProperty('errors');
    expect(body.results).toHaveLength(2);
  });

  test('by address, in any case', async () => {
    const { id } = hubspot.portal.createContact({ email: 'Ada@Example.org' });
    const { status, body } = await readContacts(['ADA@example.ORG'], BY_EMAIL);
    expect(status).toBe(200);
    expect(body.results).toMatchObject([{ id, properties: { email: 'ada@example.org' } }]);
  });

  test('and unknown ones are named as they were asked for', async () => {
    const { id } = hubspot.portal.createContact({ email: 'ada@example.org' });
    hubspot.portal.addSecondaryEmail(id, 'second@example.org');
    const archived = hubspot.portal.createContact({ email: 'grace@example.org' });
    hubspot.portal.archiveContact(archived.id);
    for (const [known, unknown, more] of [
      ['ada@example.org', ['Nobody@example.org', 'second@example.org', 'grace@example.org'], BY_EMAIL],
      [id, ['1', archived.id], {}],
    ] as const) {
      const { status, body } = await readContacts([...unknown, known], more);
      expect(status).toBe(partStatus);
      expect(body).toMatchObject({
        results: [{ id }],
        numErrors: 1,
        errors: [{ status: 'error', category: 'OBJECT_NOT_FOUND', context: { ids: unknown } }],
      });
    }
  });

  test('not by a property that identifies nobody, and up to 100', async () => {
    expect((await readContacts(['AdaL'], { idProperty: 'firstname' })).status).toBe(400);
    const ids = Array.from({ length: 101 }, (_, n) => String(n + 1));
    expect((await readContacts(ids)).status).toBe(400);
    expect((await readContacts([])).status).toBe(400);
  });

  test('and the journal knows whom the read concerns', async () => {
    const { id } = hubspot.portal.createContact({ email: 'ada@example.org' });
    await readContacts([id]);
    await readContacts(['ADA@example.org', 'Nobody@example.org'], BY_EMAIL);
    expect(hubspot.journal.entries().map(({ emails }) => emails)).toEqual([
      ['ada@example.org'],
      ['ada@example.org', 'nobody@example.org'],
    ]);
  });
});
