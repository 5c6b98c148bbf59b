import { describe, expect, test } from 'vitest';
import { API_VERSIONS } from '../../sandbox/hubspot/versions.ts';
import { hubSpotForTests, note, TIMESTAMP, uuid } from './support/hubspot-calls.ts';

const { hubspot, call, under } = await hubSpotForTests();

describe.each(API_VERSIONS)('under %s', (version) => {
  const { notes, addNote } = under(version);

  test('a note stands on its contact', async () => {
    const { id } = hubspot.portal.createContact({ email: 'ada@example.org' });
    const { status, body } = await addNote(id, { hs_timestamp: TIMESTAMP, hs_note_body: 'Hello' });
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
    expect((await addNote(id, {})).status).toBe(400);
    expect((await addNote(id, { hs_timestamp: 'yesterday' })).status).toBe(400);
    const { body } = await addNote(id, { hs_timestamp: Date.parse(TIMESTAMP) });
    expect(body.properties?.hs_timestamp).toBe(TIMESTAMP);
  });

  test('a contact that is not there cannot have a note', async () => {
    const { status, body } = await addNote('1');
    expect(status).toBe(400);
    expect(body).toEqual({
      status: 'error',
      message: 'One or more associations are invalid',
      correlationId: uuid,
      context: { INVALID_OBJECT_IDS: ['CONTACT=1 is not valid'] },
      category: 'VALIDATION_ERROR',
    });
  });

  test.each([
    ['of another type', [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 201 }]],
    ['of another category', [{ associationCategory: 'USER_DEFINED', associationTypeId: 202 }]],
    ['without a type', []],
  ])('an association %s is refused', async (_what, types) => {
    const { id } = hubspot.portal.createContact({});
    const body = { ...note(id), associations: [{ to: { id }, types }] };
    const refused = await call('POST', notes, body);
    expect(refused).toMatchObject({ status: 400, body: { category: 'VALIDATION_ERROR' } });
    expect(hubspot.portal.notesOf(id)).toEqual([]);
  });

  test('up to 100 are read in one call, and those that are gone are named', async () => {
    const { id } = hubspot.portal.createContact({});
    const ids = Array.from({ length: 100 }, () => hubspot.portal.addNote(id, { hs_note_body: 'x' }).id);
    const read = (inputs: string[]) =>
      call('POST', `${notes}/batch/read`, {
        properties: ['hs_note_body'],
        propertiesWithHistory: [],
        inputs: inputs.map((noteId) => ({ id: noteId })),
      });
    const all = await read(ids);
    expect(all.status).toBe(200);
    expect(all.body).toMatchObject({ status: 'COMPLETE', startedAt: expect.any(String) });
    expect(all.body).not.toHaveProperty('errors');
    expect(all.body.results).toHaveLength(100);
    hubspot.portal.deleteNote(ids[0] ?? '');
    const some = await read(ids);
    expect(some.status).toBe(version === '2026-09' ? 200 : 207);
    expect(some.body).toMatchObject({
      numErrors: 1,
      errors: [{ category: 'OBJECT_NOT_FOUND', context: { ids: [ids[0]] } }],
    });
    expect(some.body.results).toHaveLength(99);
    expect((await read([...ids, '1'])).status).toBe(400);
    expect((await read([])).status).toBe(400);
  });

  test('bodies may come back as HTML', async () => {
    const { id } = hubspot.portal.createContact({});
    hubspot.settings.noteBodies = 'html';
    const bodies: unknown[] = [];
    for (const text of ['a < b & "c"', "it's"]) {
      const { id: noteId } = hubspot.portal.addNote(id, { hs_note_body: text });
      bodies.push(
        (await call('GET', `${notes}/${noteId}?properties=hs_note_body`)).body.properties?.hs_note_body,
      );
    }
    expect(bodies).toEqual(['<div>a &lt; b &amp; &quot;c&quot;</div>', '<p>it&#39;s</p>']);
  });

  test('one that is gone is not found', async () => {
    const { status, body } = await call('GET', `${notes}/1`);
    expect(status).toBe(404);
    expect(body).toEqual({ status: 'error', message: 'resource not found', correlationId: uuid });
  });
});
