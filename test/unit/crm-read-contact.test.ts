import { describe, expect, it } from 'vitest';
import { hubSpot, open } from './support/hubspot.ts';

const hub = hubSpot();
const createdAt = new Date('2026-11-23T17:59:59.999Z');

describe('reading a contact', () => {
  it('asks for what the read-back compares, in one call', async () => {
    const { id } = hub.sandbox.portal.createContact({ email: 'ada@example.org' }, { createdAt });
    const { crm, requests } = open(hub.sandbox);
    await crm.readContact(id);

    expect(requests).toHaveLength(1);
    const [call] = hub.sandbox.journal.entries();
    expect(call?.method).toBe('GET');
    expect(call?.body).toBe('');
    const { pathname, searchParams } = new URL(call?.path ?? '', hub.sandbox.url);
    expect(pathname).toBe(`/crm/v3/objects/contacts/${id}`);
    expect(searchParams.getAll('properties').join()).toBe('username,lead_source_type,createdate');
    expect(searchParams.getAll('associations').join()).toBe('notes');
    expect(new Set(searchParams.keys())).toEqual(new Set(['properties', 'associations']));
  });

  it('finds username, lead source, date of creation and notes', async () => {
    const { portal } = hub.sandbox;
    const properties = { email: 'ada@example.org', username: 'AdaL', lead_source_type: 'WME Dashboard' };
    const { id } = portal.createContact(properties, { createdAt });
    const notes = [1, 2].map(() => portal.addNote(id, { hs_note_body: 'Called.' }).id);

    expect(await open(hub.sandbox).crm.readContact(id)).toEqual({
      id,
      username: 'AdaL',
      leadSourceType: 'WME Dashboard',
      createdAt,
      noteIds: { listed: notes, complete: true },
    });
  });

  it('finds null where a property is empty, and no notes where there are none', async () => {
    const { id } = hub.sandbox.portal.createContact({ email: 'ada@example.org' }, { createdAt });

    expect(await open(hub.sandbox).crm.readContact(id)).toEqual({
      id,
      username: null,
      leadSourceType: null,
      createdAt,
      noteIds: { listed: [], complete: true },
    });
  });

  it('says when there are more notes than it lists', async () => {
    const { portal, settings } = hub.sandbox;
    settings.associationPageSize = 2;
    const { id } = portal.createContact({ email: 'ada@example.org' });
    const notes = [1, 2, 3].map(() => portal.addNote(id, { hs_note_body: 'Called.' }).id);

    expect(await open(hub.sandbox).crm.readContact(id)).toMatchObject({
      noteIds: { listed: notes.slice(0, 2), complete: false },
    });
  });

  it.each<[string, Record<string, unknown>]>([
    ['properties', { createdAt: createdAt.toISOString() }],
    ['the date among them', { properties: { username: null }, createdAt: createdAt.toISOString() }],
    ['a value of the date', { properties: { createdate: null }, createdAt: createdAt.toISOString() }],
    ['a date that is not empty', { properties: { createdate: '' }, createdAt: createdAt.toISOString() }],
  ])('takes the date of the object itself where the answer lacks %s', async (_, body) => {
    hub.sandbox.faults.add({ do: { type: 'status', status: 200, body } });

    expect(await open(hub.sandbox).crm.readContact('91000000024')).toEqual({
      id: '91000000024',
      username: null,
      leadSourceType: null,
      createdAt,
      noteIds: { listed: [], complete: true },
    });
  });

  it('goes by the date that staff can correct, where it differs from that of the object', async () => {
    const body = {
      properties: { createdate: createdAt.toISOString() },
      createdAt: '2026-11-23T19:00:00.000Z',
    };
    hub.sandbox.faults.add({ do: { type: 'status', status: 200, body } });

    expect(await open(hub.sandbox).crm.readContact('91000000024')).toMatchObject({ createdAt });
  });
});
