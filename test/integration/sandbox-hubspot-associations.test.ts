import { describe, expect, test } from 'vitest';
import { API_VERSIONS, pathOf } from '../../sandbox/hubspot/versions.ts';
import { hubSpotForTests } from './support/hubspot-calls.ts';

const { hubspot, call, under } = await hubSpotForTests();

/** A contact with so many notes; the IDs of the notes, oldest first. */
function withNotes(count: number) {
  const { id } = hubspot.portal.createContact({});
  const notes = Array.from({ length: count }, () => hubspot.portal.addNote(id, { hs_note_body: 'x' }).id);
  return { id, notes };
}

const DATES = API_VERSIONS.filter((version) => version !== 'v3');

const named = (id: string) => ({ id, type: 'contact_to_note' });
const labelled = (toObjectId: string) => ({
  toObjectId,
  associationTypes: [{ category: 'HUBSPOT_DEFINED', typeId: 201, label: null }],
});

describe.each(API_VERSIONS)('under %s', (version) => {
  const { read, readAssociations } = under(version);
  const form: (id: string) => object = version === 'v3' ? named : labelled;

  test('the read of a contact names its first notes, and links to the rest under the same version', async () => {
    const { id, notes } = withNotes(3);
    hubspot.settings.associationPageSize = 2;
    const { body } = await read(id, 'associations=notes');
    const list = hubspot.url + pathOf(version, 'objects', `contacts/${id}/associations/notes`);
    expect(body.associations?.notes).toEqual({
      results: notes.slice(0, 2).map(named),
      paging: { next: { after: notes[1], link: `${list}?after=${notes[1]}` } },
    });
    hubspot.settings.associationPageSize = 3;
    const whole = (await read(id, 'associations=notes')).body.associations?.notes;
    expect(whole).toEqual({ results: notes.map(named) });
  });

  test('a batch read names the notes of each contact, oldest first', async () => {
    const ada = withNotes(2);
    const grace = withNotes(1);
    const { status, body } = await readAssociations({ id: ada.id }, { id: grace.id });
    expect(status).toBe(200);
    expect(body).toEqual({
      status: 'COMPLETE',
      results: [
        { from: { id: ada.id }, to: ada.notes.map(form) },
        { from: { id: grace.id }, to: grace.notes.map(form) },
      ],
      startedAt: expect.any(String),
      completedAt: expect.any(String),
    });
  });

  test('a contact without notes is an error beside the others, and so is one that is not there', async () => {
    const { id } = withNotes(1);
    const bare = hubspot.portal.createContact({}).id;
    const archived = withNotes(1).id;
    hubspot.portal.archiveContact(archived);
    const { status, body } = await readAssociations({ id: bare }, { id }, { id: '1' }, { id: archived });
    expect(status).toBe(version === '2026-09' ? 200 : 207);
    expect(body.results).toMatchObject([{ from: { id } }]);
    expect(body.numErrors).toBe(3);
    expect(body.errors).toEqual(
      [bare, '1', archived].map((fromObjectId) => ({
        status: 'error',
        category: 'OBJECT_NOT_FOUND',
        subCategory: 'crm.associations.NO_ASSOCIATIONS_FOUND',
        message: expect.stringContaining(fromObjectId),
        context: { fromObjectId: [fromObjectId], fromObjectType: ['contact'], toObjectType: ['note'] },
      })),
    );
  });

  test('a merged contact is asked for under its old ID, and answers with the notes of the survivor', async () => {
    hubspot.settings.clockOffsetMs = -60_000;
    const gone = withNotes(1);
    hubspot.settings.clockOffsetMs = 0;
    const survivor = withNotes(1);
    hubspot.portal.merge(gone.id, survivor.id, { goneAnswers: 'survivor' });
    const { body } = await readAssociations({ id: gone.id });
    const notes = [...gone.notes, ...survivor.notes];
    expect(body.results).toEqual([{ from: { id: gone.id }, to: notes.map(form) }]);
  });

  test('an empty batch is refused, and one of more than 1,000', async () => {
    expect((await readAssociations()).status).toBe(400);
    const many = Array.from({ length: 1001 }, (_, n) => ({ id: String(n + 1) }));
    expect((await readAssociations(...many)).status).toBe(400);
    expect((await readAssociations(...many.slice(1))).status).toBe(version === '2026-09' ? 200 : 207);
  });

  test('the journal knows whom a batch read concerns', async () => {
    const { id } = withNotes(1);
    hubspot.portal.updateContact(id, { email: 'ada@example.org' });
    await readAssociations({ id });
    expect(hubspot.journal.forEmail('ada@example.org')).toHaveLength(1);
  });
});

test.each(DATES)('a batch read under %s goes on after the last note of a page', async (version) => {
  const { readAssociations } = under(version);
  const { id, notes } = withNotes(7);
  hubspot.settings.associationBatchPageSize = 3;
  const seen: unknown[] = [];
  let after: string | undefined;
  do {
    const { body } = await readAssociations(after === undefined ? { id } : { id, after });
    const { to, paging } = body.results?.[0] ?? {};
    seen.push(to);
    if (paging) expect(paging.next?.link).toContain(pathOf(version, 'objects', `contacts/${id}`));
    after = paging && String(paging.next?.after);
  } while (after !== undefined);
  const pages = [notes.slice(0, 3), notes.slice(3, 6), notes.slice(6)];
  expect(seen).toEqual(pages.map((page) => page.map(labelled)));
});

test('a page of the batch read has 500 notes', async () => {
  const { id } = withNotes(501);
  const { body } = await under('2026-09').readAssociations({ id });
  expect(body.results?.[0]?.to).toHaveLength(500);
  expect(body.results?.[0]?.paging?.next?.after).toBe(hubspot.portal.notesOf(id)[499]?.id);
});

test('under v3 all notes come at once, whatever `after` says', async () => {
  const { readAssociations } = under('v3');
  const { id, notes } = withNotes(501);
  for (const input of [{ id }, { id, after: notes[0] ?? '' }]) {
    const { body } = await readAssociations(input);
    expect(body.results).toEqual([{ from: { id }, to: notes.map(named) }]);
  }
});

test('or, as once seen, in pages of which only the first can be had', async () => {
  hubspot.settings.v3AssociationPages = true;
  hubspot.settings.associationBatchPageSize = 2;
  const { readAssociations } = under('v3');
  const { id, notes } = withNotes(3);
  for (const input of [{ id }, { id, after: notes[1] ?? '' }]) {
    const { body } = await readAssociations(input);
    expect(body.results?.[0]?.to).toEqual(notes.slice(0, 2).map(named));
    expect(body.results?.[0]?.paging?.next?.after).toBe(notes[1]);
  }
});

test('only 2026-03 has a list of the notes of one contact', async () => {
  const { id, notes } = withNotes(7);
  const list = (version: (typeof API_VERSIONS)[number], query = '') =>
    call('GET', `${pathOf(version, 'objects', `contacts/${id}/associations/notes`)}?${query}`);
  expect((await list('v3')).status).toBe(404);
  expect((await list('2026-09')).status).toBe(404);
  const { status, body } = await list('2026-03', `limit=5&after=${notes[0]}`);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    results: notes.slice(1, 6).map(labelled),
    paging: { next: { after: notes[5] } },
  });
  expect((await list('2026-03')).body).toEqual({ results: notes.map(labelled) });
  expect((await list('2026-03', 'limit=0')).status).toBe(400);
});
