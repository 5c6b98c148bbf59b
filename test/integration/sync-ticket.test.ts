import type { SQSRecord } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { existingContactDifferences, newUserDifferences } from '../../sandbox/ticket-check.ts';
import { API_VERSION, CONTACTS, NOTES } from './support/api-version.ts';
import { known, person } from './support/people.ts';
import { type Instance, message, type Sync, startSync } from './support/sync.ts';

/*
 * The ticket, to the letter: what HubSpot receives, and in which order.
 */

const LONG_AGO = '2020-02-03T04:05:06.789Z';

let sync: Sync;
let instance: Instance;

beforeAll(async () => {
  sync = await startSync();
  instance = sync.instance();
});
beforeEach(() => sync.reset());
afterAll(() => sync.stop());

describe('a new user', () => {
  it('costs exactly one request, with the seven properties of the ticket and no other key', async () => {
    const someone = person();
    const { failed, hiddenSeconds, line } = await instance.deliver(message(someone));

    expect(newUserDifferences(sync.hubspot, someone.email, someone.username, API_VERSION)).toEqual([]);
    expect(sync.hubspot.journal.entries()).toHaveLength(1);
    expect(failed).toBe(false);
    expect(hiddenSeconds).toBeUndefined();
    expect(line).toMatchObject({ outcome: 'created', hubspotRequests: 1 });
  });

  it('is done with when HubSpot answers 200, as the ticket says, instead of 201, as it does', async () => {
    const someone = person();
    sync.hubspot.faults.add({ do: { type: 'status', status: 200, body: { id: '1' }, after: true } });
    const { failed, line } = await instance.deliver(message(someone));

    expect(failed).toBe(false);
    expect(line).toMatchObject({ outcome: 'created' });
    expect(sync.hubspot.journal.entries()).toHaveLength(1);
  });

  it.each([
    ['spaces around and inside', '  Ottoline  the   First '],
    ['emoji, some made of several characters', '🦊👩‍👩‍👧‍👦 Ottoline Ⅷ'],
    ['a right-to-left script and a mark', 'عُثمان‏ אליס Ottoline'],
    ['quotes and a backslash', `Otto"line' \\"\\u0041`],
    ['a template', '{{wme_user_email}} {{contactId}} $&'],
    ['markup', '</script><b onclick="x">Ottoline</b>&amp;'],
    ['a line break, a tab and a zero', 'Otto\nline\t\u0000.'],
    ['decomposed letters', 'Ame\u0301lie, not Am\u00e9lie'],
    ['255 characters beyond the basic plane', '🦊'.repeat(255)],
    ['a number', '00123'],
  ])('has a username with %s: HubSpot gets it as it came', async (_, username) => {
    const someone = known({ ...person(), username });
    // Only now in the record: SQS takes every character of XML, fauxqs only those of the basic plane.
    const record = (received: SQSRecord) => ({ ...received, body: message(someone).body });
    await instance.deliver(message(person(), { record }));
    expect(newUserDifferences(sync.hubspot, someone.email, username, API_VERSION)).toEqual([]);
  });

  it.each([
    'UPPER.Case+Tag@Example.ORG',
    "o'quixley!#$%&*/=?^_`{|}~@example.org",
    'ottoliné@exämple.org',
    'ottoline@sub-domain.xn--bcher-kva.org',
    `${'o'.repeat(64)}@${'example.'.repeat(23)}org`,
  ])('has the address %s: HubSpot gets it as it came', async (email) => {
    const someone = known({ ...person(), email });
    const { line } = await instance.deliver(message(someone));
    expect(line).toMatchObject({ outcome: 'created' });
    expect(newUserDifferences(sync.hubspot, email, someone.username, API_VERSION)).toEqual([]);
  });

  it('may come with keys that nobody knows: none of them reaches HubSpot', async () => {
    const someone = person();
    await instance.deliver({
      body: JSON.stringify({
        plan: 'free',
        ...someone,
        lifecyclestage: 'customer',
        properties: { email: 'x' },
      }),
    });
    expect(newUserDifferences(sync.hubspot, someone.email, someone.username, API_VERSION)).toEqual([]);
  });
});

describe('an existing contact', () => {
  it('costs exactly three requests: the ticket’s create, update and note, in this order', async () => {
    const someone = person();
    sync.hubspot.portal.createContact(
      { email: someone.email, lead_source_type: 'Webinar' },
      { createdAt: LONG_AGO },
    );
    const { failed, line } = await instance.deliver(message(someone));

    expect(existingContactDifferences(sync.hubspot, someone.email, someone.username, API_VERSION)).toEqual(
      [],
    );
    expect(sync.hubspot.journal.entries()).toHaveLength(3);
    const contact = sync.hubspot.portal.contactByEmail(someone.email);
    expect(contact?.properties).toMatchObject({ lead_source_type: 'Webinar', team_ownership: 'Enterprise' });
    expect(failed).toBe(false);
    expect(line).toMatchObject({
      outcome: 'updated',
      contactId: contact?.id,
      noteId: sync.hubspot.portal.notesOf(contact?.id ?? '')[0]?.id,
      hubspotRequests: 3,
    });
  });

  it('is found by an address in another case', async () => {
    const someone = person();
    sync.hubspot.portal.createContact({ email: someone.email.toLowerCase() }, { createdAt: LONG_AGO });
    const shouting = known({ ...someone, email: someone.email.toUpperCase() });
    await instance.deliver(message(shouting));
    expect(existingContactDifferences(sync.hubspot, shouting.email, someone.username, API_VERSION)).toEqual(
      [],
    );
  });

  it('is found by a secondary address, and the contact that holds it gets username and note', async () => {
    const someone = person();
    const { id } = sync.hubspot.portal.createContact({ email: person().email }, { createdAt: LONG_AGO });
    sync.hubspot.portal.addSecondaryEmail(id, someone.email);
    await instance.deliver(message(someone));

    expect(existingContactDifferences(sync.hubspot, someone.email, someone.username, API_VERSION)).toEqual(
      [],
    );
    expect(sync.hubspot.portal.contact(id)?.properties.username).toBe(someone.username);
    expect(sync.hubspot.portal.contacts()).toHaveLength(1);
  });

  it('may have an ID beyond 2^53: all its digits are in the update, the note and the log', async () => {
    const someone = person();
    sync.hubspot.portal.nextContactId = '9007199254740993123';
    sync.hubspot.portal.createContact({ email: someone.email }, { createdAt: LONG_AGO });
    const { line } = await instance.deliver(message(someone));

    expect(existingContactDifferences(sync.hubspot, someone.email, someone.username, API_VERSION)).toEqual(
      [],
    );
    expect(sync.hubspot.journal.entries()[1]?.path).toBe(`${CONTACTS}/9007199254740993123`);
    expect(line.contactId).toBe('9007199254740993123');
  });

  it('is done with when the note is answered with 200', async () => {
    const someone = person();
    sync.hubspot.portal.createContact({ email: someone.email }, { createdAt: LONG_AGO });
    sync.hubspot.faults.add({
      path: NOTES,
      do: { type: 'status', status: 200, body: { id: '7' } },
    });
    const { failed, line } = await instance.deliver(message(someone));
    expect(failed).toBe(false);
    expect(line).toMatchObject({ outcome: 'updated', noteId: '7' });
  });

  it('has its note at the update’s moment, to the millisecond, however HubSpot writes it', async () => {
    const someone = person();
    const { id } = sync.hubspot.portal.createContact({ email: someone.email }, { createdAt: LONG_AGO });
    sync.hubspot.faults.add({
      method: 'PATCH',
      do: {
        type: 'status',
        status: 200,
        body: {
          id,
          createdAt: LONG_AGO,
          updatedAt: '2026-11-23T18:00:00.007Z',
          archived: false,
          properties: {},
        },
      },
    });
    await instance.deliver(message(someone));
    expect(sync.hubspot.portal.notesOf(id)[0]?.properties.hs_timestamp).toBe('2026-11-23T18:00:00.007Z');
  });
});

it('every request is authorized, says who makes it, and shares a connection with others', async () => {
  for (const someone of [person(), person(), person()]) {
    sync.hubspot.portal.createContact({ email: someone.email }, { createdAt: LONG_AGO });
    await instance.deliver(message(someone));
  }
  const calls = sync.hubspot.journal.entries();
  expect(calls).toHaveLength(9);
  for (const { headers } of calls) {
    expect(headers).toMatchObject({ authorization: 'right', 'content-type': 'application/json' });
    expect(headers['user-agent']).toMatch(/^wme-hubspot-sync\/\d+\.\d+\.\d+$/);
  }
  expect(new Set(calls.map(({ socket }) => socket)).size).toBeLessThan(4);
});
