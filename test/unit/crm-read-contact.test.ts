import { describe, expect, it } from 'vitest';
import { usernameUpdate } from '../../lib/hubspot/ticket.ts';
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
    expect(searchParams.getAll('propertiesWithHistory').join()).toBe('username');
    expect(searchParams.getAll('associations').join()).toBe('notes');
    expect(new Set(searchParams.keys())).toEqual(
      new Set(['properties', 'propertiesWithHistory', 'associations']),
    );
  });

  it('finds username, lead source, date of creation and notes', async () => {
    const { portal } = hub.sandbox;
    const properties = { email: 'ada@example.org', username: 'AdaL', lead_source_type: 'WME Dashboard' };
    const { id } = portal.createContact(properties, { createdAt });
    const notes = [1, 2].map(() => portal.addNote(id, { hs_note_body: 'Called.' }).id);

    expect(await open(hub.sandbox).crm.readContact(id)).toEqual({
      id,
      username: { value: 'AdaL', setAt: createdAt, setByPeople: true, history: ['AdaL'] },
      leadSourceType: 'WME Dashboard',
      createdAt,
      noteIds: { listed: notes, complete: true },
    });
  });

  it('finds null where a property is empty, and no notes where there are none', async () => {
    const { id } = hub.sandbox.portal.createContact({ email: 'ada@example.org' }, { createdAt });

    expect(await open(hub.sandbox).crm.readContact(id)).toEqual({
      id,
      username: { value: null },
      leadSourceType: null,
      createdAt,
      noteIds: { listed: [], complete: true },
    });
  });

  it('finds when the username was set, and whether by people or by a program', async () => {
    const { crm } = open(hub.sandbox);
    const { portal } = hub.sandbox;
    const { id } = portal.createContact({ email: 'ada@example.org', username: 'Countess' }, { createdAt });
    await crm.updateContact(id, usernameUpdate({ username: 'AdaL' }));
    const byUs = {
      value: 'AdaL',
      setAt: portal.contact(id)?.updatedAt,
      setByPeople: false,
      history: ['AdaL', 'Countess'],
    };
    expect((await crm.readContact(id)).username).toEqual(byUs);
    // To write a value that is there already changes nothing.
    await crm.updateContact(id, usernameUpdate({ username: 'AdaL' }));
    expect((await crm.readContact(id)).username).toEqual(byUs);

    portal.updateContact(id, { username: 'Duchess' });
    const byHand = {
      value: 'Duchess',
      setAt: portal.contact(id)?.updatedAt,
      setByPeople: true,
      history: ['Duchess', 'AdaL', 'Countess'],
    };
    expect((await crm.readContact(id)).username).toEqual(byHand);
  });

  it.each<[string, object[] | undefined, object]>([
    ['no history', undefined, {}],
    ['an empty one', [], {}],
    ['one of another value', [{ value: 'adal', timestamp: createdAt, sourceType: 'INTEGRATION' }], {}],
    [
      'one that was empty before',
      [{ value: 'AdaL', sourceType: 'INTEGRATION' }, { value: '' }],
      { setByPeople: false, history: ['AdaL'] },
    ],
    [
      'one without a date',
      [{ value: 'AdaL', sourceType: 'INTEGRATION' }],
      { setByPeople: false, history: ['AdaL'] },
    ],
    [
      'a bad date',
      [{ value: 'AdaL', timestamp: 'x', sourceType: 'CRM_UI' }],
      { setByPeople: true, history: ['AdaL'] },
    ],
    [
      'an import',
      [{ value: 'AdaL', timestamp: createdAt, sourceType: 'IMPORT' }],
      { setAt: createdAt, setByPeople: true, history: ['AdaL'] },
    ],
    [
      'a telephone',
      [{ value: 'AdaL', timestamp: createdAt, sourceType: 'MOBILE_IOS' }],
      { setAt: createdAt, setByPeople: true, history: ['AdaL'] },
    ],
    [
      'a workflow',
      [{ value: 'AdaL', timestamp: createdAt, sourceType: 'AUTOMATION_PLATFORM_CRM_UI' }],
      { setAt: createdAt, setByPeople: false, history: ['AdaL'] },
    ],
  ])('makes of the history of the username what there is: %s', async (_, username, found) => {
    const body = {
      properties: { username: 'AdaL', createdate: createdAt },
      ...(username && { propertiesWithHistory: { username } }),
    };
    hub.sandbox.faults.add({ do: { type: 'status', status: 200, body } });

    const read = await open(hub.sandbox).crm.readContact('91000000024');
    expect(read.username).toEqual({ value: 'AdaL', ...found });
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
      username: { value: null },
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
