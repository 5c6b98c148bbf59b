import { describe, expect, it } from 'vitest';
import { newContact, updateNote, usernameUpdate } from '../../lib/hubspot/ticket.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { hubSpot, open } from './support/hubspot.ts';

const hub = hubSpot();
const ada = { email: 'Ada@Example.org', username: 'AdaL' };

describe('every call', () => {
  it('is JSON, with our token, under our name', async () => {
    await open(hub.sandbox).crm.createContact(newContact(ada));

    expect(hub.sandbox.journal.entries()[0]?.headers).toMatchObject({
      'user-agent': `wme-hubspot-sync/${packageJson.version}`,
      'content-type': 'application/json',
      accept: expect.stringContaining('application/json'),
      authorization: 'right',
    });
  });

  it('keeps its connection for later ones', async () => {
    const { crm } = open(hub.sandbox);
    for (let call = 0; call < 10; call += 1) await crm.createContact(newContact(ada));

    expect(new Set(hub.sandbox.journal.entries().map(({ socket }) => socket)).size).toBeLessThanOrEqual(2);
  });

  it('is told of once, with its time and its answer', async () => {
    const { crm, requests } = open(hub.sandbox);
    hub.sandbox.faults.add({ do: { type: 'delay', ms: 60 } });
    await crm.createContact(newContact(ada));

    expect(requests).toEqual([
      { durationMs: expect.any(Number), answer: expect.objectContaining({ status: 201 }) },
    ]);
    expect(requests[0]?.durationMs).toBeGreaterThan(55);
    expect(requests[0]?.durationMs).toBeLessThan(5_000);
  });
});

describe('creating a contact', () => {
  it('posts the seven properties, the address and the name as they came, and takes 201', async () => {
    const { crm, requests } = open(hub.sandbox);

    expect(await crm.createContact(newContact(ada))).toStrictEqual({ conflictsWith: undefined });
    expect(hub.sandbox.journal.entries()).toMatchObject([
      { method: 'POST', path: '/crm/v3/objects/contacts', status: 201 },
    ]);
    expect(JSON.parse(hub.sandbox.journal.entries()[0]?.body ?? '')).toEqual({
      properties: {
        email: 'Ada@Example.org',
        username: 'AdaL',
        hubspot_owner_id: '823648202',
        lifecyclestage: 'lead',
        hs_lead_status: 'NEW',
        lead_source_type: 'WME Dashboard',
        team_ownership: 'Enterprise',
      },
    });
    expect(requests).toHaveLength(1);
  });

  it.each([200, 201, 202, 299])('takes %i for a success when it names the contact', async (status) => {
    hub.sandbox.faults.add({ do: { type: 'status', status, body: { id: '12' }, after: true } });
    expect(await open(hub.sandbox).crm.createContact(newContact(ada))).toStrictEqual({
      conflictsWith: undefined,
    });
  });

  it.each(['91000000024', '90071992547409931234'])('hands over the contact in the way: %s', async (id) => {
    hub.sandbox.portal.nextContactId = id;
    hub.sandbox.portal.createContact({ email: 'ADA@example.org' });

    expect(await open(hub.sandbox).crm.createContact(newContact(ada))).toEqual({ conflictsWith: id });
  });

  it('keeps names of any script whole', async () => {
    const username = 'अदा لوفلايس 艾达 🧮';
    await open(hub.sandbox).crm.createContact(newContact({ ...ada, username }));

    expect(hub.sandbox.portal.contactByEmail(ada.email)?.properties.username).toBe(username);
  });
});

describe('updating a contact', () => {
  it('patches two properties, and hands over both dates to the millisecond', async () => {
    const createdAt = new Date('2019-02-03T04:05:06.789Z');
    const { id } = hub.sandbox.portal.createContact({ email: ada.email }, { createdAt });

    const updated = await open(hub.sandbox).crm.updateContact(id, usernameUpdate(ada));

    expect(hub.sandbox.journal.entries()).toMatchObject([
      { method: 'PATCH', path: `/crm/v3/objects/contacts/${id}`, status: 200 },
    ]);
    expect(JSON.parse(hub.sandbox.journal.entries()[0]?.body ?? '')).toEqual({
      properties: { username: 'AdaL', team_ownership: 'Enterprise' },
    });
    expect(updated).toEqual({ createdAt, updatedAt: hub.sandbox.portal.contact(id)?.updatedAt });
  });
});

describe('writing a note', () => {
  it('posts owner, date, text and one association, and hands over its ID', async () => {
    const { id } = hub.sandbox.portal.createContact({ email: ada.email });
    const body = updateNote(id, new Date('2026-11-23T18:00:01.234Z'));

    const { noteId } = await open(hub.sandbox).crm.createNote(body);

    expect(hub.sandbox.journal.entries()).toMatchObject([
      { method: 'POST', path: '/crm/v3/objects/notes', status: 201 },
    ]);
    expect(JSON.parse(hub.sandbox.journal.entries()[0]?.body ?? '')).toEqual({
      properties: {
        hubspot_owner_id: '1245777529',
        hs_timestamp: '2026-11-23T18:00:01.234Z',
        hs_note_body:
          'This contact created an account on Enterprise dashboard and already existed in Hubspot. Their Enterprise username has been added.',
      },
      associations: [
        { to: { id }, types: [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 202 }] },
      ],
    });
    expect(hub.sandbox.portal.notesOf(id).map((note) => note.id)).toEqual([noteId]);
  });
});
