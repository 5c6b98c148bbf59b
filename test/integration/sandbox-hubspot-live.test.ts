import { describe, expect, test } from 'vitest';
import { API_VERSIONS } from '../../sandbox/hubspot/versions.ts';
import { hubSpotForTests } from './support/hubspot-calls.ts';

const { hubspot, call, under } = await hubSpotForTests();
const { portal, settings } = hubspot;

describe.each(API_VERSIONS)('under %s', (version) => {
  const { contacts, notes, addNote, update, read, readContacts } = under(version);
  const merge = (primaryObjectId: string, objectIdToMerge: string) =>
    call('POST', `${contacts}/merge`, { primaryObjectId, objectIdToMerge });

  test('the details of the account are for its own tokens', async () => {
    const details = `/account-info/${version}/details`;
    const { status, body } = await call('GET', details);
    expect(status).toBe(200);
    expect(body).toMatchObject({ portalId: 1_234_567, accountType: 'DEVELOPER_TEST' });
    expect((await call('GET', details, undefined, { token: 'other' })).status).toBe(401);
    settings.switchedOff.add(version);
    expect((await call('GET', details)).status).toBe(404);
    expect((await call('GET', '/account-info/2027-03/details')).status).toBe(404);
  });

  test('a contact is deleted into the recycling bin, a note for good', async () => {
    const { id } = portal.createContact({ email: 'ada@example.org' });
    const noteId = String((await addNote(id)).body.id);
    expect((await call('DELETE', `${notes}/${noteId}`)).status).toBe(204);
    expect(portal.note(noteId)).toBeUndefined();
    expect((await call('DELETE', `${notes}/${noteId}`)).status).toBe(404);
    expect((await call('DELETE', `${contacts}/${id}`)).status).toBe(204);
    expect(portal.archivedContact(id)?.id).toBe(id);
    expect((await call('DELETE', `${contacts}/${id}`)).status).toBe(404);
  });

  test.each(['survivor', 'not-found'] as const)(
    'a merge, and an old ID that leads to: %s',
    async (mergedIds) => {
      settings.mergedIds = mergedIds;
      const survivor = portal.createContact({ email: 'ada@example.org' });
      const gone = portal.createContact({ email: 'grace@example.org' });
      const { status, body } = await merge(survivor.id, gone.id);
      expect(status).toBe(200);
      expect(body.id).toBe(survivor.id);
      expect(portal.contactByEmail('grace@example.org')?.id).toBe(survivor.id);
      expect((await read(gone.id)).status).toBe(mergedIds === 'survivor' ? 200 : 404);
      expect((await update(gone.id, { username: 'x' })).status).toBe(mergedIds === 'survivor' ? 200 : 404);
      expect((await readContacts([survivor.id])).body.results).toHaveLength(1);
    },
  );

  test('no merge with itself, with nobody, or of nothing', async () => {
    const { id } = portal.createContact({ email: 'ada@example.org' });
    expect((await merge(id, id)).status).toBe(400);
    expect((await merge(id, '1')).status).toBe(404);
    expect((await merge('1', id)).status).toBe(404);
    expect((await call('POST', `${contacts}/merge`, {})).status).toBe(400);
    expect(portal.contacts()).toHaveLength(1);
  });
});
