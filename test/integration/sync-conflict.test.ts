import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { conflict, internalError, oldConflict } from '../../sandbox/hubspot/answers.ts';
import type { Fault } from '../../sandbox/hubspot/faults.ts';
import { API_VERSION, CONTACTS } from './support/api-version.ts';
import { cardOf, LONG_AGO } from './support/card.ts';
import { type Person, person } from './support/people.ts';
import { type Instance, message, type Sync, startSync } from './support/sync.ts';

/*
 * The ticket's conflict, in every wording that HubSpot has used or may use.
 */

let sync: Sync;
let instance: Instance;

beforeAll(async () => {
  sync = await startSync();
  instance = sync.instance();
});
beforeEach(() => sync.reset());
afterAll(() => sync.stop());

const existing = (): Person => {
  const someone = person();
  sync.hubspot.portal.createContact({ email: someone.email }, { createdAt: LONG_AGO });
  return someone;
};
const idOf = ({ email }: Person): string => sync.hubspot.portal.contactByEmail(email)?.id ?? '';
const status = (code: number, body?: object | string): Fault => ({ type: 'status', status: code, body });
const refusing = (do_: Fault) => sync.hubspot.faults.add({ method: 'POST', path: CONTACTS, do: do_ });

describe('a conflict that names the contact', () => {
  it.each(['CONFLICT', 'OBJECT_ALREADY_EXISTS'] as const)(
    'costs nothing more than the ticket says: %s',
    async (category) => {
      sync.hubspot.settings.conflictCategory = category;
      const someone = existing();
      const { line } = await instance.deliver(message(someone));
      expect(line).toMatchObject({ outcome: 'updated', contactId: idOf(someone), hubspotRequests: 3 });
      expect(sync.hubspot.journal.entries().map(({ method }) => method)).toEqual(['POST', 'PATCH', 'POST']);
    },
  );

  it('is one with the contact’s whole identity, too', async () => {
    const someone = existing();
    refusing({ type: 'status', ...oldConflict(idOf(someone), someone.email) });
    const { line } = await instance.deliver(message(someone));
    expect(line).toMatchObject({ outcome: 'updated', contactId: idOf(someone), hubspotRequests: 3 });
  });
});

const saying = (said: object): Fault => status(409, { ...conflict('').body, ...said });
/** Answers that may be the ticket's conflict, and from which no ID can be read. */
const unreadable: [string, Fault, string][] = [
  ['another wording', saying({ message: 'Contact already exists.' }), ' CONFLICT'],
  ['another language', saying({ message: 'Kontakt existiert bereits. Vorhandene ID: 91' }), ' CONFLICT'],
  ['no message', saying({ message: undefined }), ' CONFLICT'],
  ['another kind of ID', saying({ message: 'Existing ID: x91' }), ' CONFLICT'],
  [
    'the ID in the list of errors only',
    saying({ message: 'Conflict', errors: [{ message: 'Existing ID: 91', in: 'email' }] }),
    ' CONFLICT (email: refused)',
  ],
  ['no category', saying({ category: undefined }), ''],
  ['a category that nobody knows', saying({ category: 'DUPLICATE' }), ' DUPLICATE'],
  ['a page of HTML', { type: 'html', status: 409 }, ''],
  ['no body', status(409), ''],
];

describe.each(unreadable)('a conflict with %s', (_, fault, said) => {
  it('is looked up by the address, in the body and never in the path, and goes on as the ticket says', async () => {
    const someone = existing();
    refusing(fault);
    const { line } = await instance.deliver(message(someone));

    expect(line).toMatchObject({ outcome: 'updated', contactId: idOf(someone), hubspotRequests: 4 });
    expect(cardOf(sync.hubspot, someone)).toEqual({ cards: 1, username: someone.username, notes: 1 });
    const [, lookUp] = sync.hubspot.journal.entries();
    expect(lookUp).toMatchObject({ method: 'POST', path: `${CONTACTS}/batch/read` });
    expect(JSON.parse(lookUp?.body ?? '')).toMatchObject({
      inputs: [{ id: someone.email }],
      idProperty: 'email',
    });
  });

  it('is no conflict of this person where nobody holds the address', async () => {
    refusing(fault);
    const { failed, deadLetter, line } = await instance.deliver(message(person()));
    expect(line).toMatchObject({
      detail: `POST ${CONTACTS} answered 409${said}.`,
      hubspotRequests: 2,
    });
    // Somebody has the same value of something, or it says nothing of the kind: then it is not for the person to mend.
    const isRejected = said.startsWith(' CONFLICT');
    expect(line.failure).toBe(isRejected ? 'rejected' : 'misconfigured');
    expect(failed).toBe(!isRejected);
    expect(deadLetter === undefined).toBe(!isRejected);
  });
});

it('a 400 that says that the address is taken is looked up as well', async () => {
  const someone = existing();
  refusing(
    status(400, { errors: [{ code: 'CONFLICTING_UNIQUE_VALUE', context: { propertyName: ['email'] } }] }),
  );
  const { line } = await instance.deliver(message(someone));
  expect(line).toMatchObject({ outcome: 'updated', contactId: idOf(someone), hubspotRequests: 4 });
});

it('a look-up that fails is worth another delivery', async () => {
  const someone = existing();
  refusing(status(409));
  sync.hubspot.faults.add({ path: `${CONTACTS}/batch/read`, do: { type: 'status', ...internalError } });
  const first = await instance.deliver(message(someone));
  expect(first.line).toMatchObject({
    failure: 'transient',
    detail: `POST ${CONTACTS}/batch/read answered 500 INTERNAL_ERROR.`,
  });
  expect((await instance.redeliver(first)).line).toMatchObject({ outcome: 'updated' });
});

it('no request leaves for a version that is not set', async () => {
  const other = API_VERSION === 'v3' ? /\/\d{4}-\d{2}\// : /\/v\d\//;
  const someone = existing();
  for (let number = 0; number < 120; number += 1) {
    const at = Date.now() - 1_000_000 + number;
    sync.hubspot.portal.addNote(
      idOf(someone),
      { hs_note_body: 'Called.', hs_timestamp: new Date(at).toISOString() },
      { createdAt: at },
    );
  }
  refusing(status(409));
  await instance.deliver(message(someone, { deliveries: 2 }));
  const paths = sync.hubspot.journal.entries().map(({ path }) => path);
  // Create, look-up, read, the list of notes, the notes, update, note.
  expect(paths).toHaveLength(7);
  expect(paths.filter((path) => other.test(path) || path.includes('/v4/'))).toEqual([]);
});
