import { describe, expect, it } from 'vitest';
import { syncContact } from '../../lib/contact-sync.ts';
import { HOUR_MS, msLater, scriptedCrm, signUp, verifiedAt } from './support/scripted-crm.ts';

const NOTE =
  'This contact created an account on Enterprise dashboard and already existed in Hubspot. Their Enterprise username has been added.';

const contactBody = {
  properties: {
    email: 'ada@example.org',
    username: 'AdaL',
    hubspot_owner_id: '823648202',
    lifecyclestage: 'lead',
    hs_lead_status: 'NEW',
    lead_source_type: 'WME Dashboard',
    team_ownership: 'Enterprise',
  },
};

describe('a new user', () => {
  it('costs one call: the contact with the seven properties', async () => {
    const crm = scriptedCrm({ conflictsWith: undefined });

    expect(await syncContact(signUp(), crm)).toEqual({ outcome: 'created' });
    expect(crm.calls).toEqual([['createContact', contactBody]]);
  });

  it('costs one call where the sign-up is doubted, too: HubSpot had not heard of it', async () => {
    const crm = scriptedCrm({ conflictsWith: undefined });

    expect(await syncContact(signUp({ doubted: true }), crm)).toEqual({ outcome: 'created' });
    expect(crm.made()).toEqual(['createContact']);
  });
});

describe('an existing contact', () => {
  it('costs three calls: create, update, and a note dated as the update', async () => {
    const crm = scriptedCrm({
      conflictsWith: '90071992547409931234',
      updatedAt: new Date('2026-11-23T18:00:01.234Z'),
    });

    expect(await syncContact(signUp(), crm)).toEqual({
      outcome: 'updated',
      contactId: '90071992547409931234',
      noteId: '70000000001',
    });
    expect(crm.calls).toEqual([
      ['createContact', contactBody],
      [
        'updateContact',
        '90071992547409931234',
        { properties: { username: 'AdaL', team_ownership: 'Enterprise' } },
      ],
      [
        'createNote',
        {
          properties: {
            hubspot_owner_id: '1245777529',
            hs_timestamp: '2026-11-23T18:00:01.234Z',
            hs_note_body: NOTE,
          },
          associations: [
            {
              to: { id: '90071992547409931234' },
              types: [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 202 }],
            },
          ],
        },
      ],
    ]);
  });

  it('is not read where the update shows it older than the verification, by an hour and a millisecond', async () => {
    const crm = scriptedCrm({ createdAt: msLater(-HOUR_MS - 1) });

    await syncContact(signUp(), crm);
    expect(crm.made()).toEqual(['createContact', 'updateContact', 'createNote']);
  });

  it.each([
    ['the very millisecond of the verification', 0],
    ['a millisecond later', 1],
    ['an hour before it', -HOUR_MS],
  ])('is read before a note is written where it was created: %s', async (_, ms) => {
    const crm = scriptedCrm({ createdAt: msLater(ms) });

    expect(await syncContact(signUp(), crm)).toMatchObject({ outcome: 'updated', noteId: '70000000001' });
    expect(crm.calls.slice(1, 4)).toMatchObject([
      ['updateContact', '91000000024', {}],
      ['readContact', '91000000024'],
      ['readNotes', { id: '91000000024' }, msLater(-15 * 60_000)],
    ]);
    expect(crm.made()).toEqual(['createContact', 'updateContact', 'readContact', 'readNotes', 'createNote']);
  });

  it('gets no note when the read shows that this sign-up created it', async () => {
    const crm = scriptedCrm({
      createdAt: verifiedAt,
      contact: { username: { value: 'AdaL' }, leadSourceType: 'WME Dashboard', createdAt: verifiedAt },
    });

    expect(await syncContact(signUp(), crm)).toEqual({ outcome: 'username-only', contactId: '91000000024' });
    expect(crm.made()).toEqual(['createContact', 'updateContact', 'readContact']);
  });

  it('gets no note when a repeat of the sign-up that created it comes within an hour, with a date of its own', async () => {
    const createdAt = msLater(-HOUR_MS);
    const crm = scriptedCrm({
      createdAt,
      contact: {
        username: { value: 'AdaL', setAt: createdAt, setByPeople: false },
        leadSourceType: 'WME Dashboard',
        createdAt,
      },
    });

    expect(await syncContact(signUp(), crm)).toEqual({ outcome: 'username-only', contactId: '91000000024' });
  });

  it('gets its note where the sign-up that created it was another one, moments ago', async () => {
    const updatedAt = msLater(2_000);
    const crm = scriptedCrm({
      createdAt: msLater(-1),
      updatedAt,
      contact: {
        username: { value: 'AdaL', setAt: updatedAt, setByPeople: false, history: ['AdaL', 'Countess'] },
        leadSourceType: 'WME Dashboard',
        createdAt: msLater(-1),
      },
      // Of the sign-up before.
      notes: [{ body: NOTE, timestamp: msLater(-1) }],
    });

    expect(await syncContact(signUp(), crm)).toMatchObject({ outcome: 'updated' });
    expect(crm.made()).toEqual(['createContact', 'updateContact', 'readContact', 'createNote']);
  });

  it.each(['AdaL', 'changed meanwhile'])(
    'gets no second note and no second update when the read shows the note, and the username is %s',
    async (username) => {
      const crm = scriptedCrm({
        createdAt: verifiedAt,
        contact: { username: { value: username } },
        notes: [{ body: NOTE, timestamp: msLater(1_000) }],
      });

      expect(await syncContact(signUp(), crm)).toEqual({
        outcome: 'username-only',
        contactId: '91000000024',
      });
      expect(crm.made()).toEqual(['createContact', 'updateContact', 'readContact', 'readNotes']);
    },
  );

  it('is read once, not twice, where the sign-up was doubted from the start', async () => {
    const crm = scriptedCrm({ createdAt: msLater(5_000) });

    expect(await syncContact(signUp({ doubted: true }), crm)).toMatchObject({ outcome: 'updated' });
    expect(crm.made().filter((name) => name === 'readContact')).toHaveLength(1);
    expect(crm.made().at(-1)).toBe('createNote');
  });
});
