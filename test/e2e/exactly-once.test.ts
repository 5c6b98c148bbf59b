import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { uniquePropertyConflict } from '../../sandbox/hubspot/answers.ts';
import type { Lambda } from '../../sandbox/lambda.ts';
import { CONTACTS, NOTES } from '../integration/support/api-version.ts';
import { type Circumstances, type Death, type Delivered, postman, text } from './deliveries.ts';
import { MINUTE_MS, type Person, startWorld, type World } from './world.ts';

let world: World;
let deliver: ReturnType<typeof postman>['deliver'];
let lambda: Lambda;
let otherLambda: Lambda;

beforeAll(async () => {
  world = await startWorld();
  ({ deliver } = postman(world.hubspot, world.cards.see));
  lambda = world.instance();
  otherLambda = world.instance();
});
afterEach(() => Object.assign(world.hubspot.settings, { noteBodies: 'text', clockOffsetMs: 0 }));
afterAll(() => world.stop());

/** One message in one batch. */
const hand = (person: Person, circumstances: Circumstances = {}): Promise<Delivered> =>
  deliver(lambda, [{ person, ...circumstances }]);

const methodsFor = ({ email }: Person): string[] =>
  world.hubspot.journal.forEmail(email).map(({ method }) => method);

const differences = (person: Person): string[] => world.cards.differences(person);

const postApplied: Death = { call: 1, phase: 'applied' };
const patchApplied: Death = { call: 2, phase: 'applied' };
const noteApplied: Death = { call: 3, phase: 'applied' };

describe('the message twice', () => {
  test('in one batch, of a new person: one card, no note', async () => {
    const person = world.person();
    const { failures } = await deliver(lambda, [{ person }, { person }]);
    expect(failures).toEqual([]);
    expect(differences(person)).toEqual([]);
    expect(methodsFor(person)).toEqual(['POST', 'POST', 'GET']);
  });

  test('in one batch, of an existing contact, and with the address in another case: one note', async () => {
    const person = world.person({});
    const { failures } = await deliver(lambda, [
      { person },
      { person: { ...person, email: person.email.toUpperCase() } },
    ]);
    expect(failures).toEqual([]);
    expect(differences(person)).toEqual([]);
    expect(methodsFor(person)).toEqual(['POST', 'PATCH', 'POST', 'POST', 'GET', 'POST']);
  });

  test('of a new person in two instances at the same moment: no note', async () => {
    const person = world.person();
    const bothThere = Promise.withResolvers<void>();
    let there = 0;
    const usual = world.hubspot.onCall;
    world.hubspot.onCall = async (call, phase) => {
      if (call.path === CONTACTS && phase === 'received') {
        there += 1;
        if (there === 2) bothThere.resolve();
        await bothThere.promise;
      }
      await usual?.(call, phase);
    };
    try {
      const both = await Promise.all([
        deliver(lambda, [{ person, messageId: 'same' }]),
        deliver(otherLambda, [{ person, messageId: 'same' }]),
      ]);
      expect(both.map(({ failures }) => failures)).toEqual([[], []]);
    } finally {
      world.hubspot.onCall = usual;
    }
    expect(there).toBe(2);
    expect(differences(person)).toEqual([]);
  });

  test.each([
    ['new person', undefined, ['POST contacts'], ['POST contacts', 'GET contacts/ID']],
    [
      'existing contact',
      {},
      ['POST contacts', 'PATCH contacts/ID', 'POST notes'],
      ['POST contacts', 'GET contacts/ID', 'POST notes/batch/read'],
    ],
  ])(
    'of a(n) %s: the undoubted delivery costs what the ticket says, the doubted one two reads at most',
    async (_, standing, first, second) => {
      const person = world.person(standing);
      expect((await hand(person)).calls).toEqual([first]);
      expect((await hand(person, { deliveries: 2 })).calls).toEqual([second]);
      expect(differences(person)).toEqual([]);
    },
  );

  test('of a contact with notes, whose own is missing: two reads, and the ticket’s two writes', async () => {
    const person = world.person({ staffNotes: 3 });
    const { calls } = await hand(person, { deliveries: 2 });
    expect(calls).toEqual([
      ['POST contacts', 'GET contacts/ID', 'POST notes/batch/read', 'PATCH contacts/ID', 'POST notes'],
    ]);
    expect(differences(person)).toEqual([]);
  });
});

/** How a dead letter comes back: a new message, whose deliveries SQS counts from 1. */
const laterMs = 5 * 60 * MINUTE_MS;
const comingBack: Record<string, (person: Person) => Circumstances> = {
  'redriven by the CLI or the console': ({ verifiedAt }) => ({
    sentAt: new Date(verifiedAt.getTime() + laterMs),
    attributes: {
      ErrorCode: text('DeliveriesExhausted'),
      ErrorMessage: text('Gave up after 40 deliveries.'),
      Deliveries: { DataType: 'Number', StringValue: '40' },
    },
  }),
  'sent again by the operators': ({ verifiedAt }) => ({
    sentAt: new Date(verifiedAt.getTime() + laterMs),
    attributes: { Replay: text('true') },
  }),
  'moved by SQS without a word, and redriven by the console': ({ verifiedAt }) => ({
    sentAt: new Date(verifiedAt.getTime() + laterMs),
  }),
};

describe.each(Object.entries(comingBack))('a message %s', (_, circumstances) => {
  test.each([
    ['a new person', undefined, postApplied],
    ['an existing contact, before the note', {}, patchApplied],
  ])('%s', async (_, standing, death) => {
    const person = world.person(standing);
    await hand(person, { death });
    await hand(person, { ...circumstances(person), death: postApplied });
    await hand(person, { ...circumstances(person), deliveries: 2 });
    expect(differences(person)).toEqual([]);
  });

  test('a new person, at once', async () => {
    const person = world.person();
    await hand(person, { death: postApplied });
    const { failures } = await hand(person, circumstances(person));
    expect(failures).toEqual([]);
    expect(differences(person)).toEqual([]);
  });
});

test.each(Object.entries(comingBack).filter(([how]) => !how.startsWith('moved')))(
  'a message %s, whose note had been written',
  async (_, circumstances) => {
    const person = world.person({ staffNotes: 1 });
    await hand(person, { death: noteApplied });
    await hand(person, circumstances(person));
    expect(differences(person)).toEqual([]);
  },
);

test('a real dead letter, handed back with its own attributes', async () => {
  const person = world.person({});
  const fault = world.hubspot.faults.add({
    email: person.email,
    path: NOTES,
    do: { type: 'status', ...uniquePropertyConflict, after: true },
  });
  expect((await hand(person)).failures).toEqual([]);
  expect(fault.struck).toBe(1);
  const [letter] = world.queues.deadLetters();
  expect(JSON.parse(letter?.body ?? '')).toMatchObject({ email: person.email });
  const attributes = Object.fromEntries(
    Object.entries(letter?.messageAttributes ?? {}).map(([name, { DataType, StringValue = '' }]) => [
      name,
      { DataType, StringValue },
    ]),
  );
  expect(attributes).toHaveProperty('ErrorCode');
  await hand(person, { attributes, sentAt: new Date(Date.now() + laterMs) });
  expect(differences(person)).toEqual([]);
});

describe('a publisher whose clock is ahead', () => {
  const dayAheadMs = 24 * 60 * MINUTE_MS;
  test.each([10 * MINUTE_MS, dayAheadMs])('by %i ms, when a delivery dies', async (aheadMs) => {
    const sentAt = new Date();
    const verifiedAt = new Date(sentAt.getTime() + aheadMs);
    const newcomer = world.person(undefined, verifiedAt);
    const contact = world.person({}, verifiedAt);
    await deliver(lambda, [
      { person: newcomer, sentAt, death: postApplied },
      { person: contact, sentAt, death: noteApplied },
    ]);
    await deliver(lambda, [
      { person: newcomer, sentAt, deliveries: 2 },
      { person: contact, sentAt, deliveries: 2 },
    ]);
    expect([...differences(newcomer), ...differences(contact)]).toEqual([]);
  });

  test('and its message is there twice', async () => {
    const sentAt = new Date();
    const person = world.person(undefined, new Date(sentAt.getTime() + dayAheadMs));
    await hand(person, { sentAt });
    await hand(person, { sentAt });
    expect(differences(person)).toEqual([]);
  });
});
