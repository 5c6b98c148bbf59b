import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { cardBefore } from '../../sandbox/cards.ts';
import type { Lambda } from '../../sandbox/lambda.ts';
import { CONTACTS } from '../integration/support/api-version.ts';
import { type Death, type Delivery, postman } from './deliveries.ts';
import { MINUTE_MS, type Person, startWorld, type World } from './world.ts';

/*
 * The promise of exactly-once.test.ts for cards with a history: signed up before, merged, full of notes, notes as
 * HTML, dated by another clock.
 */

let world: World;
let deliver: ReturnType<typeof postman>['deliver'];
let lambda: Lambda;

beforeAll(async () => {
  world = await startWorld();
  ({ deliver } = postman(world.hubspot, world.cards.see));
  lambda = world.instance();
});
afterEach(() => Object.assign(world.hubspot.settings, { noteBodies: 'text', clockOffsetMs: 0 }));
afterAll(() => world.stop());

const differences = (people: Person[]): string[] =>
  people.flatMap((person) => world.cards.differences(person).map((wrong) => `${person.email}: ${wrong}`));

const deathsAt = (calls: number): Death[] =>
  Array.from({ length: calls }, (_, index) => index + 1).flatMap((call) =>
    (['received', 'applied', 'answered'] as const).map((phase) => ({ call, phase })),
  );

/** First deliveries that die as given, all in one process, and second ones in peace. */
async function dieAndReturn(deliveries: (Delivery & { death: Death })[]): Promise<void> {
  await deliver(lambda, deliveries);
  const { failures } = await deliver(
    lambda,
    deliveries.map(({ person }) => ({ person, deliveries: 2 })),
  );
  expect(failures).toEqual([]);
}

/** Somebody who signed up some minutes ago, and does so again now. */
async function returning(
  standing: object | undefined,
  name: 'same' | 'other',
  minutes = 61,
): Promise<Person> {
  const first = world.person(standing, new Date(Date.now() - minutes * MINUTE_MS));
  world.hubspot.settings.clockOffsetMs = -minutes * MINUTE_MS;
  await deliver(lambda, [{ person: first }]);
  world.hubspot.settings.clockOffsetMs = 0;
  expect(differences([first])).toEqual([]);
  const username = name === 'same' ? first.username : `${first.username}-again`;
  return world.again(first, { username, verifiedAt: new Date() });
}

describe('an account deleted, and another one opened under the same address', () => {
  test.each([
    ['new to the CRM at first, same name', undefined, 'same'],
    ['new to the CRM at first, other name', undefined, 'other'],
    ['an existing contact all along, same name', {}, 'same'],
    ['an existing contact all along, other name', {}, 'other'],
  ] as const)('%s: a note is due for the new one, wherever its delivery dies', async (_, standing, name) => {
    const inPeace = await returning(standing, name);
    expect((await deliver(lambda, [{ person: inPeace }])).calls[0]).toHaveLength(3);
    expect(differences([inPeace])).toEqual([]);

    const deliveries: (Delivery & { death: Death })[] = [];
    for (const death of deathsAt(3)) deliveries.push({ person: await returning(standing, name), death });
    expect(deliveries).toHaveLength(9);
    await dieAndReturn(deliveries);
    expect(differences(deliveries.map(({ person }) => person))).toEqual([]);
  });
});

describe('within the hour', () => {
  test('an account deleted and opened anew under another name: a note is due, wherever its delivery dies', async () => {
    const inPeace = await returning(undefined, 'other', 16);
    // The young contact is looked at: whose it is, its history tells.
    expect((await deliver(lambda, [{ person: inPeace }])).calls[0]).toHaveLength(4);
    expect(differences([inPeace])).toEqual([]);

    const deliveries: (Delivery & { death: Death })[] = [];
    for (const death of deathsAt(4))
      deliveries.push({ person: await returning(undefined, 'other', 16), death });
    await dieAndReturn(deliveries);
    expect(differences(deliveries.map(({ person }) => person))).toEqual([]);
  });

  test('the same name again is taken for a repeat of the sign-up that made the contact: no note says what is not so', async () => {
    const again = await returning(undefined, 'same', 16);
    await deliver(lambda, [{ person: again }]);
    expect(differences([{ ...again, before: undefined }])).toEqual([]);
  });
});

describe('a contact merged between POST and PATCH', () => {
  /** The merge takes place when HubSpot has answered the POST; `before` is then the survivor's card. */
  async function merged(goneAnswers: 'survivor' | 'not-found', death?: Death): Promise<Person> {
    const person = world.person({});
    const survivor = world.person({ staffNotes: 1 });
    const usual = world.hubspot.onCall;
    let before = person.before;
    world.hubspot.onCall = async (call, phase) => {
      if (phase === 'applied' && call.path === CONTACTS && before === person.before) {
        world.hubspot.portal.merge(person.before?.id ?? '', survivor.before?.id ?? '', { goneAnswers });
        before = cardBefore(world.hubspot.portal, person.email);
      }
      await usual?.(call, phase);
    };
    const first = await deliver(lambda, [{ person, death }]);
    world.hubspot.onCall = usual;
    if (first.failures.length > 0) {
      expect((await deliver(lambda, [{ person, deliveries: 2 }])).failures).toEqual([]);
    }
    expect(before?.id).toBe(survivor.before?.id);
    return { ...person, before };
  }

  test('whose ID leads to the survivor', async () => {
    expect(differences([await merged('survivor')])).toEqual([]);
  });

  test('whose ID is not found', async () => {
    expect(differences([await merged('not-found')])).toEqual([]);
  });

  // The first call has to take effect: it is what the merge comes after.
  test.each(deathsAt(3).slice(1))(
    'whose ID leads to the survivor, and call $call dies $phase',
    async (death) => {
      expect(differences([await merged('survivor', death)])).toEqual([]);
    },
  );

  test.each(deathsAt(2).slice(1))('whose ID is not found, and call $call dies $phase', async (death) => {
    expect(differences([await merged('not-found', death)])).toEqual([]);
  });
});

describe('a contact with hundreds of notes', () => {
  test('older ones, ours on the last page: it is found with the newest hundred', async () => {
    const person = world.person({ staffNotes: 350 });
    await deliver(lambda, [{ person, death: { call: 3, phase: 'applied' } }]);
    const { calls } = await deliver(lambda, [{ person, deliveries: 2 }]);
    expect(calls).toEqual([
      [
        'POST contacts',
        'GET contacts/ID',
        'POST associations/contacts/notes/batch/read',
        'POST notes/batch/read',
      ],
    ]);
    expect(differences([person])).toEqual([]);
  });

  test('older ones, and ours is missing', async () => {
    const person = world.person({ staffNotes: 620, ourNotes: [Date.now() - 60 * MINUTE_MS] });
    await deliver(lambda, [{ person, death: { call: 2, phase: 'applied' } }]);
    expect((await deliver(lambda, [{ person, deliveries: 2 }])).failures).toEqual([]);
    expect(differences([person])).toEqual([]);
  });

  test('more than a hundred of them newer than ours', async () => {
    const { portal } = world.hubspot;
    const person = world.person({ staffNotes: 10 });
    await deliver(lambda, [{ person, death: { call: 3, phase: 'applied' } }]);
    const ids = Array.from({ length: 230 }, (_, call) => {
      const properties = { hs_note_body: `Call ${call}`, hs_timestamp: new Date().toISOString() };
      return portal.addNote(person.before?.id ?? '', properties).id;
    });
    const { calls } = await deliver(lambda, [{ person, deliveries: 2 }]);
    expect(calls[0]?.filter((call) => call === 'POST notes/batch/read')).toHaveLength(3);
    for (const id of ids) portal.deleteNote(id);
    expect(differences([person])).toEqual([]);
  });
});

test('notes that come back as HTML are known by their text', async () => {
  world.hubspot.settings.noteBodies = 'html';
  const people = Array.from({ length: 6 }, () => world.person({}));
  await dieAndReturn(people.map((person) => ({ person, death: { call: 3, phase: 'applied' } })));
  expect(differences(people)).toEqual([]);
});

describe.each([-10, 10])('HubSpot’s clock %i minutes off', (minutes) => {
  test('one request for a new person, three for an existing contact', async () => {
    world.hubspot.settings.clockOffsetMs = minutes * MINUTE_MS;
    const people = [world.person(), world.person({})];
    const { calls } = await deliver(
      lambda,
      people.map((person) => ({ person })),
    );
    expect(calls.map(({ length }) => length)).toEqual([1, 3]);
    expect(differences(people)).toEqual([]);
  });

  test('deaths at every call', async () => {
    world.hubspot.settings.clockOffsetMs = minutes * MINUTE_MS;
    const deliveries = [
      ...deathsAt(1).map((death) => ({ person: world.person(), death })),
      ...deathsAt(3).map((death) => ({ person: world.person({}), death })),
    ];
    expect(deliveries).toHaveLength(12);
    await dieAndReturn(deliveries);
    expect(differences(deliveries.map(({ person }) => person))).toEqual([]);
  });
});
