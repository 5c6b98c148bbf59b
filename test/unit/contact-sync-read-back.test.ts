import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ExistingContact,
  type ExistingUsername,
  type SignUp,
  syncContact,
} from '../../lib/contact-sync.ts';
import { NOTE_BODY } from '../../lib/hubspot/ticket.ts';
import { HOUR_MS, msLater, SKEW_MS, scriptedCrm, signUp, verifiedAt, WORK } from './support/scripted-crm.ts';

const doubted = signUp({ doubted: true });

/** The card as this very sign-up would have left it. */
const ownContact = {
  username: { value: 'AdaL' },
  leadSourceType: 'WME Dashboard',
  createdAt: verifiedAt,
} satisfies Partial<ExistingContact>;

const ourNote = { body: NOTE_BODY, timestamp: msLater(1_000) };

describe('a doubted conflict with a contact that this sign-up created', () => {
  it.each([
    ['at the verification', 0],
    ['after it', 86_400_000],
    ['an hour before it: the message is a repeat with a date of its own', -HOUR_MS],
  ])('is finished after one read: created %s', async (_, ms) => {
    const crm = scriptedCrm({ contact: { ...ownContact, createdAt: msLater(ms) } });

    expect(await syncContact(doubted, crm)).toEqual({ outcome: 'unchanged', contactId: '91000000024' });
    expect(crm.calls.slice(1)).toEqual([['readContact', '91000000024']]);
  });

  it('is finished where it never had another username', async () => {
    const username = { value: 'AdaL', history: ['AdaL'] };
    const crm = scriptedCrm({ contact: { ...ownContact, username } });
    expect(await syncContact(doubted, crm)).toMatchObject({ outcome: 'unchanged' });
    expect(crm.made()).toEqual(['createContact', 'readContact']);
  });

  it.each<[string, Partial<ExistingContact>]>([
    ['it was created a millisecond more than an hour before', { createdAt: msLater(-HOUR_MS - 1) }],
    ['it had another username before', { username: { value: 'AdaL', history: ['AdaL', 'Countess'] } }],
    ['its lead source is another one', { leadSourceType: 'Trade fair' }],
    ['its lead source is ours in another case', { leadSourceType: 'wme dashboard' }],
    ['it has no lead source', { leadSourceType: null }],
    ['its username is another one', { username: { value: 'Countess' } }],
    ['its username differs in case', { username: { value: 'adal' } }],
    ['it has no username', { username: { value: null } }],
    ['its date of creation is none', { createdAt: new Date(Number.NaN) }],
  ])('is not what is found when %s: username and note are due', async (_, changed) => {
    const crm = scriptedCrm({ contact: { ...ownContact, ...changed } });

    expect(await syncContact(doubted, crm)).toEqual({
      outcome: 'updated',
      contactId: '91000000024',
      noteId: '70000000001',
    });
    expect(crm.made()).toEqual(WORK.usernameAndNote);
  });
});

describe('a doubted conflict with a contact that has our note', () => {
  it.each([
    ['after the verification', 1_000],
    ['long after it', 86_400_000],
    ['at the verification', 0],
    ['15 minutes before it, by a clock that is behind', -SKEW_MS],
  ])('gets no second one: dated %s', async (_, ms) => {
    const notes = [{ body: NOTE_BODY, timestamp: msLater(ms) }];
    const crm = scriptedCrm({ contact: { username: { value: 'AdaL' } }, notes });

    expect(await syncContact(doubted, crm)).toEqual({ outcome: 'unchanged', contactId: '91000000024' });
    expect(crm.made()).toEqual(WORK.nothingAfterNotes);
  });

  it.each([null, 'Countess', 'adal'])('gets its username where that is still %s', async (username) => {
    const crm = scriptedCrm({ contact: { username: { value: username } }, notes: [ourNote] });

    expect(await syncContact(doubted, crm)).toEqual({
      outcome: 'username-only',
      contactId: '91000000024',
    });
    expect(crm.made()).toEqual(WORK.usernameOnly);
    expect(crm.calls.at(-1)).toEqual([
      'updateContact',
      '91000000024',
      { properties: { username: 'AdaL', team_ownership: 'Enterprise' } },
    ]);
  });

  it.each([
    ['a millisecond more than 15 minutes old: of an earlier sign-up', msLater(-SKEW_MS - 1)],
    ['without a date', new Date(Number.NaN)],
  ])('gets one where the note that is there is %s', async (_, timestamp) => {
    const crm = scriptedCrm({
      contact: { username: { value: 'AdaL' } },
      notes: [{ body: NOTE_BODY, timestamp }],
    });

    expect(await syncContact(doubted, crm)).toMatchObject({ outcome: 'updated' });
    expect(crm.made()).toEqual(WORK.usernameAndNote);
  });

  it('gets no second one where that is dated long ago: its update had changed nothing', async () => {
    const notes = [{ body: NOTE_BODY, timestamp: msLater(-86_400_000), createdAt: msLater(1_000) }];
    const crm = scriptedCrm({ contact: { username: { value: 'AdaL' } }, notes });
    expect(await syncContact(doubted, crm)).toMatchObject({ outcome: 'unchanged' });
  });

  it.each([
    ['written at a time that HubSpot does not tell', 1_000, Number.NaN],
    ['dated 15 minutes before, and written long ago', -SKEW_MS, -86_400_000],
    ['dated long ago, and written 15 minutes before', -86_400_000, -SKEW_MS],
  ])('gets no second one: %s', async (_, dated, written) => {
    const notes = [{ body: NOTE_BODY, timestamp: msLater(dated), createdAt: msLater(written) }];
    const crm = scriptedCrm({ contact: { username: { value: 'AdaL' } }, notes });
    expect(await syncContact(doubted, crm)).toMatchObject({ outcome: 'unchanged' });
  });

  it('gets no second one wherever among others it stands', async () => {
    const others = [
      { body: 'Called, no answer.', timestamp: msLater(2_000) },
      { body: NOTE_BODY, timestamp: msLater(-SKEW_MS - 1) },
    ];
    for (const notes of [
      [ourNote, ...others],
      [...others, ourNote],
    ]) {
      const crm = scriptedCrm({ contact: { username: { value: 'AdaL' } }, notes });
      expect(await syncContact(doubted, crm)).toMatchObject({ outcome: 'unchanged' });
    }
  });

  it('gets one where one note has the text and another the date', async () => {
    const notes = [
      { body: NOTE_BODY, timestamp: msLater(-SKEW_MS - 1) },
      { body: 'Called, no answer.', timestamp: msLater(2_000) },
    ];
    const crm = scriptedCrm({ contact: { username: { value: 'AdaL' } }, notes });

    expect(await syncContact(doubted, crm)).toMatchObject({ outcome: 'updated' });
  });
});

describe('a doubted conflict with a contact that has our note of another sign-up', () => {
  const noteOfAnother = [{ body: NOTE_BODY, timestamp: msLater(-60_000) }];

  it('gets its own where its username was never written, without a look at the notes', async () => {
    const username = { value: 'Countess', history: ['Countess', 'Duchess'] };
    const crm = scriptedCrm({ contact: { username }, notes: noteOfAnother });
    expect(await syncContact(doubted, crm)).toMatchObject({ outcome: 'updated' });
    expect(crm.made()).toEqual(['createContact', 'readContact', 'updateContact', 'createNote']);
  });

  it.each([
    ['AdaL', 'AdaL'],
    [' AdaL', 'AdaL'],
    ['AdaL', 'AdaL '],
  ])('is asked for its notes where %o has been written before, and %o is due', async (earlier, due) => {
    const username = { value: 'Countess', history: ['Countess', earlier] };
    const crm = scriptedCrm({ contact: { username }, notes: [ourNote] });
    const result = await syncContact(signUp({ doubted: true, username: due }), crm);
    expect(result).toMatchObject({ outcome: 'username-only' });
    expect(crm.made()).toEqual(WORK.usernameOnly);
  });
});

describe('a doubted conflict with a contact that got another username', () => {
  const late = { value: 'Countess', setAt: msLater(1) };
  const overtaken = { ...doubted, overtaken: true };
  const cases: [string, SignUp, ExistingUsername, 'superseded' | 'updated'][] = [
    ['after the verification: a later sign-up has it', overtaken, late, 'superseded'],
    ['by hand, after the verification', doubted, { ...late, setByPeople: true }, 'superseded'],
    [
      'by a program, while this one waited in its turn: an earlier sign-up had it',
      doubted,
      { ...late, setByPeople: false },
      'updated',
    ],
    ['at the verification', overtaken, { ...late, setAt: verifiedAt }, 'updated'],
    ['before it', overtaken, { ...late, setAt: msLater(-1) }, 'updated'],
    ['at a time that HubSpot does not tell', overtaken, { value: 'Countess' }, 'updated'],
    ['that was taken away again', overtaken, { value: null, setAt: msLater(1) }, 'updated'],
    ['from the sign-up just before this one', { ...overtaken, usernameBefore: 'Countess' }, late, 'updated'],
    ['after that, from a third one', { ...overtaken, usernameBefore: 'Duchess' }, late, 'superseded'],
  ];
  it.each(cases)('%s', async (_, person, username, outcome) => {
    const crm = scriptedCrm({ contact: { username } });
    expect(await syncContact(person, crm)).toMatchObject({ outcome, contactId: '91000000024' });
    expect(crm.made()).toEqual(
      outcome === 'superseded' ? ['createContact', 'readContact'] : WORK.usernameAndNote,
    );
  });

  it('is nothing to a first delivery, which reads nothing', async () => {
    const crm = scriptedCrm({ contact: { username: { ...late, setByPeople: true } } });
    expect(await syncContact(signUp({ overtaken: true }), crm)).toMatchObject({ outcome: 'updated' });
  });
});

describe('whatever the card holds', () => {
  const around = fc.oneof(
    fc.integer({ min: -3, max: 3 }).map((ms) => ms - SKEW_MS),
    fc.integer({ min: -3, max: 3 }),
    fc.integer({ min: -3, max: 3 }).map((ms) => ms - HOUR_MS),
    fc.integer({ min: -8 * SKEW_MS, max: 8 * SKEW_MS }),
  );
  const note = fc.record({
    body: fc.constantFrom(NOTE_BODY, `<p>${NOTE_BODY}</p>`, 'Called, no answer.', ''),
    timestamp: around.map(msLater),
  });

  it('a doubted conflict is left with the username, and with a note unless it was ours or has one', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('AdaL', 'Countess', null),
        fc.constantFrom('WME Dashboard', 'Trade fair', null),
        around,
        fc.array(note, { maxLength: 4 }),
        async (username, leadSourceType, createdMs, notes) => {
          const crm = scriptedCrm({
            contact: { username: { value: username }, leadSourceType, createdAt: msLater(createdMs) },
            notes,
          });

          await syncContact(doubted, crm);

          const ours = username === 'AdaL' && leadSourceType === 'WME Dashboard' && createdMs >= -HOUR_MS;
          const noted = notes.some(
            ({ body, timestamp }) =>
              body.includes('already existed') && timestamp.getTime() >= verifiedAt.getTime() - SKEW_MS,
          );
          expect(crm.made().includes('createNote')).toBe(!ours && !noted);
          expect(crm.made().includes('updateContact')).toBe(!ours && (!noted || username !== 'AdaL'));
          expect(crm.made().filter((name) => String(name).startsWith('read')).length).toBeLessThanOrEqual(2);
        },
      ),
    );
  });
});
