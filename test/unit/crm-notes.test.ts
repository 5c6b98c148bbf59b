import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ExistingContact } from '../../lib/contact-sync.ts';
import type { HubSpotSandbox } from '../../sandbox/hubspot/sandbox.ts';
import { failureOfCall, hubSpot, open } from './support/hubspot.ts';

const hub = hubSpot();
const since = new Date('2026-11-23T18:00:00.000Z');
const before = new Date(since.getTime() - 1);

/** A contact with so many notes, the oldest first. */
function contactWithNotes({ portal }: HubSpotSandbox, count: number, writtenAt: (at: number) => Date) {
  const { id } = portal.createContact({ email: 'ada@example.org' });
  const ids = Array.from({ length: count }, (_, at) => {
    const properties = { hs_note_body: `Note ${at}`, hs_timestamp: writtenAt(at).toISOString() };
    return portal.addNote(id, properties, { createdAt: writtenAt(at) }).id;
  });
  return { id, ids };
}

const contact = (id: string, listed: string[], complete = true): ExistingContact => ({
  id,
  username: { value: null },
  leadSourceType: null,
  createdAt: since,
  noteIds: { listed, complete },
});

/** The IDs that each batch read asked for. */
const batches = (): string[][] =>
  hub.sandbox.journal
    .entries()
    .filter(({ path }) => path === '/crm/v3/objects/notes/batch/read')
    .map(({ body }) => JSON.parse(body).inputs.map(({ id }: { id: string }) => id));

describe('reading notes', () => {
  it('costs nothing where there are none', async () => {
    const { crm, requests } = open(hub.sandbox);

    expect(await crm.readNotes(contact('91000000024', []), since)).toEqual([]);
    expect(requests).toEqual([]);
  });

  it('asks for text and date, and nothing else', async () => {
    const { id, ids } = contactWithNotes(hub.sandbox, 1, () => since);

    expect(await open(hub.sandbox).crm.readNotes(contact(id, ids), since)).toEqual([
      { body: 'Note 0', timestamp: since, createdAt: since },
    ]);
    const [call] = hub.sandbox.journal.entries();
    expect(call).toMatchObject({
      method: 'POST',
      path: expect.stringMatching(/^\/crm\/v3\/objects\/notes\/batch\/read\b/),
    });
    expect(JSON.parse(call?.body ?? '')).toEqual({
      inputs: [{ id: ids[0] }],
      properties: ['hs_note_body', 'hs_timestamp'],
      propertiesWithHistory: [],
    });
  });

  it('leaves out notes that are gone, and hands over what HubSpot says of the others', async () => {
    const { id, ids } = contactWithNotes(hub.sandbox, 2, () => since);
    hub.sandbox.portal.deleteNote(ids[0] ?? '');

    expect(await open(hub.sandbox).crm.readNotes(contact(id, ids), since)).toEqual([
      { body: 'Note 1', timestamp: since, createdAt: since },
    ]);
  });

  const answeredWith = (errors: unknown) => {
    hub.sandbox.faults.add({
      do: { type: 'status', status: 207, body: { status: 'COMPLETE', results: [], errors } },
    });
    return open(hub.sandbox).crm.readNotes(contact('1', ['1']), since);
  };

  it.each([[[{ category: 'OBJECT_NOT_FOUND' }]], [[]], [null]])(
    'believes an answer that leaves out what is gone: %j',
    async (errors) => {
      expect(await answeredWith(errors)).toEqual([]);
    },
  );

  it.each([
    [[{ category: 'INTERNAL_ERROR' }]],
    [[{ category: 'OBJECT_NOT_FOUND' }, { message: 'Could not get some NOTE objects.' }]],
  ])('does not believe one that leaves out anything else: %j', async (errors) => {
    expect(await failureOfCall(answeredWith(errors))).toEqual({
      class: 'transient',
      reason: 'UnreadableAnswer',
      detail: 'POST /crm/v3/objects/notes/batch/read answered with a success that leaves out notes.',
    });
  });

  it.each([{}, { hs_note_body: null, hs_timestamp: null }])(
    'finds an empty text and no valid date in a note without either: %o',
    async (properties) => {
      const result = { id: '1', properties, createdAt: since.toISOString(), updatedAt: since.toISOString() };
      const body = { status: 'COMPLETE', results: [result] };
      hub.sandbox.faults.add({ do: { type: 'status', status: 200, body } });

      expect(await open(hub.sandbox).crm.readNotes(contact('1', ['1']), since)).toEqual([
        { body: '', timestamp: new Date(Number.NaN), createdAt: since },
      ]);
    },
  );
});

describe('many notes', () => {
  it('are read newest first, a hundred at a time', async () => {
    const { id, ids } = contactWithNotes(hub.sandbox, 101, () => since);

    const found = await open(hub.sandbox).crm.readNotes(contact(id, ids), since);

    const newestFirst = ids.toReversed();
    expect(batches()).toEqual([newestFirst.slice(0, 100), newestFirst.slice(100)]);
    expect(found.map(({ body }) => body).sort()).toEqual(ids.map((_, at) => `Note ${at}`).sort());
  });

  it('are read in one call where they are a hundred', async () => {
    const { id, ids } = contactWithNotes(hub.sandbox, 100, () => since);

    await open(hub.sandbox).crm.readNotes(contact(id, ids), since);
    expect(batches()).toHaveLength(1);
  });

  it('are read no further than the first batch with one that was written before the moment asked for', async () => {
    const { id, ids } = contactWithNotes(hub.sandbox, 250, (at) => (at < 150 ? before : since));

    const found = await open(hub.sandbox).crm.readNotes(contact(id, ids), since);

    expect(batches()).toHaveLength(2);
    expect(found.filter(({ timestamp }) => timestamp >= since)).toHaveLength(100);
  });

  it('are read on where the oldest of a batch is of that very moment', async () => {
    const { id, ids } = contactWithNotes(hub.sandbox, 101, (at) => (at < 1 ? before : since));

    await open(hub.sandbox).crm.readNotes(contact(id, ids), since);
    expect(batches()).toHaveLength(2);
  });

  it('are ordered as numbers, however many digits they have, and each is read once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.bigInt({ min: 0n, max: 10n ** 24n }), { minLength: 1, maxLength: 100 }),
        async (numbers) => {
          hub.sandbox.reset();
          await open(hub.sandbox).crm.readNotes(contact('1', numbers.map(String)), since);

          const sorted = [...new Set(numbers)].sort((a, b) => (a < b ? 1 : -1));
          expect(batches()).toEqual([sorted.map(String)]);
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe('a contact with more notes than one read lists', () => {
  const LIST = '/crm/v3/associations/contacts/notes/batch/read';
  const pages = () => hub.sandbox.journal.entries().filter(({ path }) => path.includes('/associations/'));
  const listed = (to: object[], more: object = {}) => ({ results: [{ from: { id: '1' }, to, ...more }] });

  it('has them listed in one more call', async () => {
    const { sandbox } = hub;
    const { id, ids } = contactWithNotes(sandbox, 1_203, (at) => (at < 1_150 ? before : since));

    const found = await open(sandbox).crm.readNotes(contact(id, ids.slice(0, 100), false), since);

    expect(pages().map(({ method, path, body }) => [method, path, JSON.parse(body)])).toEqual([
      ['POST', LIST, { inputs: [{ id }] }],
    ]);
    expect(pages()[0]?.headers['user-agent']).toMatch(/^wme-hubspot-sync\//);
    expect(batches()).toEqual([ids.toReversed().slice(0, 100)]);
    expect(found.filter(({ timestamp }) => timestamp >= since)).toHaveLength(53);
  });

  it('has them listed page by page where there are pages', async () => {
    const { sandbox } = hub;
    const { id, ids } = contactWithNotes(sandbox, 1_203, (at) => (at < 1_150 ? before : since));

    const { crm } = open(sandbox, { apiVersion: '2026-09' });
    const found = await crm.readNotes(contact(id, ids.slice(0, 100), false), since);

    expect(pages().map(({ path, body }) => [path, JSON.parse(body).inputs])).toEqual([
      ['/crm/associations/2026-09/contacts/notes/batch/read', [{ id }]],
      ['/crm/associations/2026-09/contacts/notes/batch/read', [{ id, after: ids[499] }]],
      ['/crm/associations/2026-09/contacts/notes/batch/read', [{ id, after: ids[999] }]],
    ]);
    expect(found.filter(({ timestamp }) => timestamp >= since)).toHaveLength(53);
  });

  it('is not asked about for ever, should HubSpot not know where it was', async () => {
    const { sandbox } = hub;
    sandbox.settings.v3AssociationPages = true;
    const { id, ids } = contactWithNotes(sandbox, 1_203, () => since);
    const reading = open(sandbox).crm.readNotes(contact(id, ids.slice(0, 100), false), since);

    expect(await failureOfCall(reading)).toEqual({
      class: 'transient',
      reason: 'UnreadableAnswer',
      detail: `POST ${LIST} answered with a success that lists no more notes than before.`,
    });
    expect(pages()).toHaveLength(2);
  });

  it.each([{}, { next: {} }, { next: null }, null])(
    'has no further page where the paging is %o',
    async (paging) => {
      const { sandbox } = hub;
      const { id, ids } = contactWithNotes(sandbox, 1, () => since);
      const body = listed(
        ids.map((note) => ({ id: note, type: 'contact_to_note' })),
        { paging },
      );
      sandbox.faults.add({ path: LIST, do: { type: 'status', status: 200, body } });

      expect(await open(sandbox).crm.readNotes(contact(id, [], false), since)).toHaveLength(1);
      expect(sandbox.journal.entries()).toHaveLength(2);
    },
  );

  it.each([
    ['of one version', [{ id: '9' }, { id: '70000000001' }]],
    ['of another', [{ toObjectId: '9' }, { toObjectId: '70000000001' }]],
    ['as numbers', [{ toObjectId: 9 }, { toObjectId: 70_000_000_001 }]],
  ])('is read in the form %s', async (_, to) => {
    const { sandbox } = hub;
    const { id } = contactWithNotes(sandbox, 1, () => since);
    sandbox.faults.add({ path: LIST, do: { type: 'status', status: 200, body: listed(to) } });

    await open(sandbox).crm.readNotes(contact(id, [], false), since);
    expect(batches()).toEqual([['70000000001', '9']]);
  });

  it('has none any more where HubSpot says so, and some that are left out where it says anything else', async () => {
    const { sandbox } = hub;
    const { id } = contactWithNotes(sandbox, 1, () => since);
    const answer = (category: string) =>
      sandbox.faults.add({
        path: LIST,
        do: { type: 'status', status: 207, body: { results: [], errors: [{ category }] } },
      });
    answer('OBJECT_NOT_FOUND');
    expect(await open(sandbox).crm.readNotes(contact(id, [], false), since)).toEqual([]);
    answer('INTERNAL_ERROR');
    expect(await failureOfCall(open(sandbox).crm.readNotes(contact(id, [], false), since))).toEqual({
      class: 'transient',
      reason: 'UnreadableAnswer',
      detail: `POST ${LIST} answered with a success that cannot be read.`,
    });
  });
});
