import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { internalError, invalidEmail } from '../../sandbox/hubspot/answers.ts';
import { newUserDifferences } from '../../sandbox/ticket-check.ts';
import { API_VERSION } from './support/api-version.ts';
import { cardOf, LONG_AGO } from './support/card.ts';
import { known, type Person, person } from './support/people.ts';
import { type Instance, type Message, message, type Sync, startSync } from './support/sync.ts';

/*
 * What comes in one batch: neighbours, and messages of one person.
 */

let sync: Sync;
let instance: Instance;

beforeAll(async () => {
  sync = await startSync();
  instance = sync.instance();
});
beforeEach(() => sync.reset());
afterAll(() => sync.stop());

const shouting = ({ email, username }: Person): Person => known({ email: email.toUpperCase(), username });

describe('neighbours', () => {
  it('one bad record of every kind harms none of them', async () => {
    const [rejected, failing, hanging, reset, html] = [person(), person(), person(), person(), person()];
    const { faults } = sync.hubspot;
    faults.add({ email: rejected.email, do: { type: 'status', ...invalidEmail } });
    faults.add({ email: failing.email, do: { type: 'status', ...internalError } });
    faults.add({ email: hanging.email, do: { type: 'hang', when: 'before' } });
    faults.add({ email: reset.email, do: { type: 'reset', when: 'before' } });
    faults.add({ email: html.email, do: { type: 'html', status: 502 } });
    const well = [person(), person(), person(), person()];

    const impatient = sync.instance({ HUBSPOT_TIMEOUT_MS: '1000' });
    const delivered = await impatient.deliverAll([
      ...[rejected, failing, hanging, reset, html].map((someone) => message(someone)),
      { body: 'not JSON' },
      ...well.map((someone) => message(someone)),
    ]);

    expect(delivered.map(({ failed, deadLetter }) => [failed, deadLetter !== undefined])).toEqual([
      [false, true],
      ...Array.from({ length: 4 }, () => [true, false]),
      [false, true],
      ...well.map(() => [false, false]),
    ]);
    for (const { email, username } of well) {
      expect(newUserDifferences(sync.hubspot, email, username, API_VERSION)).toEqual([]);
    }
  });

  it('a batch of which nothing succeeds is answered, not thrown: every message is reported and backs off', async () => {
    sync.hubspot.faults.add({ times: Number.POSITIVE_INFINITY, do: { type: 'status', ...internalError } });
    const delivered = await instance.deliverAll(Array.from({ length: 10 }, () => message(person())));
    expect(delivered.every(({ failed }) => failed)).toBe(true);
    expect(delivered.every(({ hiddenSeconds = 0 }) => hiddenSeconds >= 8 && hiddenSeconds <= 15)).toBe(true);
    // Full jitter of the upper half: not all at the same second.
    expect(new Set(delivered.map(({ hiddenSeconds }) => hiddenSeconds)).size).toBeGreaterThan(1);
  });

  it('different people are synced in parallel', async () => {
    const people = Array.from({ length: 10 }, person);
    let underWay = 0;
    let most = 0;
    sync.hubspot.onCall = (_call, phase) => {
      underWay += phase === 'received' ? 1 : phase === 'answered' ? -1 : 0;
      most = Math.max(most, underWay);
    };
    for (const { email } of people) sync.hubspot.faults.add({ email, do: { type: 'delay', ms: 500 } });
    const delivered = await instance.deliverAll(people.map((someone) => message(someone)));
    expect(delivered.every(({ line }) => line.outcome === 'created')).toBe(true);
    expect(most).toBe(10);
  });
});

describe('messages of one person', () => {
  it('are synced one after another, in order, whatever the case of the address', async () => {
    const someone = person();
    const other = person();
    let underWay = 0;
    sync.hubspot.onCall = ({ emails }, phase) => {
      if (!emails.includes(someone.email.toLowerCase())) return;
      underWay += phase === 'received' ? 1 : phase === 'answered' ? -1 : 0;
      expect(underWay).toBeLessThanOrEqual(1);
    };
    const second = known({ ...shouting(someone), username: `${someone.username} II` });
    const third = known({ ...someone, username: `${someone.username} III` });
    sync.hubspot.faults.add({ email: someone.email, do: { type: 'delay', ms: 100 } });
    const delivered = await instance.deliverAll([someone, second, other, third].map((each) => message(each)));

    expect(delivered.map(({ failed }) => failed)).toEqual([false, false, false, false]);
    const creates = sync.hubspot.journal
      .forEmail(someone.email)
      .filter(({ path, method }) => method === 'POST' && path.endsWith('/contacts'));
    expect(creates.map(({ body }): string => JSON.parse(body).properties.username)).toEqual(
      [someone, second, third].map(({ username }) => username),
    );
    expect(cardOf(sync.hubspot, someone)).toMatchObject({ cards: 2, username: third.username });
  });

  it.each([
    ['', 0],
    [', even where HubSpot’s clock is slow and the contact looks older than the sign-up', -5 * 60_000],
  ])('sent twice, they leave one contact and no note%s', async (_, clockOffsetMs) => {
    sync.hubspot.settings.clockOffsetMs = clockOffsetMs;
    const someone = person();
    const delivered = await instance.deliverAll([message(someone), message(shouting(someone))]);
    expect(delivered.map(({ line }) => line.outcome)).toEqual(['created', 'unchanged']);
    expect(cardOf(sync.hubspot, someone)).toEqual({ cards: 1, username: someone.username, notes: 0 });
  });

  it('one that fails holds back the later ones, which are visible again at once, and nobody else', async () => {
    const someone = person();
    const other = person();
    sync.hubspot.faults.add({ email: someone.email, do: { type: 'status', ...internalError } });
    const [first, second, neighbour, third] = await instance.deliverAll([
      message(someone),
      message(shouting(someone)),
      message(other),
      message(someone),
    ]);

    expect(first).toMatchObject({ failed: true, line: { failure: 'transient' } });
    for (const later of [second, third]) {
      expect(later).toMatchObject({ failed: true, hiddenSeconds: 0, deadLetter: undefined });
      expect(later?.line).toMatchObject({ outcome: 'retry', failure: 'not-started', hubspotRequests: 0 });
    }
    expect(neighbour).toMatchObject({ failed: false, line: { outcome: 'created' } });
    expect(sync.hubspot.journal.forEmail(someone.email)).toHaveLength(1);
  });

  it('one that becomes a dead letter does not: the later ones are synced', async () => {
    const someone = person();
    sync.hubspot.faults.add({ email: someone.email, do: { type: 'status', ...invalidEmail } });
    const [first, second] = await instance.deliverAll([message(someone), message(someone)]);
    expect(first?.deadLetter).toBeDefined();
    expect(second).toMatchObject({ failed: false, line: { outcome: 'created' } });
  });
});

describe('a record', () => {
  const withoutFifo: Pick<Message, 'record'> = {
    record: (record) => {
      const { MessageGroupId, MessageDeduplicationId, SequenceNumber, ...attributes } = record.attributes;
      return { ...record, attributes };
    },
  };

  it('of a standard queue is handled like any other', async () => {
    const fresh = person();
    const existing = person();
    sync.hubspot.portal.createContact({ email: existing.email }, { createdAt: LONG_AGO });
    const delivered = await instance.deliverAll([
      message(fresh, withoutFifo),
      message(existing, withoutFifo),
      { body: 'not JSON', ...withoutFifo },
    ]);
    expect(delivered.map(({ line }) => line.outcome)).toEqual(['created', 'updated', 'dead-letter']);
    // A FIFO dead-letter queue wants a group all the same.
    expect(delivered[2]?.deadLetter?.messageGroupId).toBe(delivered[2]?.messageId);
  });

  it('may be without verifiedAt, which its SentTimestamp stands in for', async () => {
    const someone = person();
    sync.hubspot.portal.createContact({ email: someone.email }, { createdAt: Date.now() - 2 * HOUR_MS });
    const late = { record: sentAgo(1.5 * HOUR_MS), ...message(someone) };
    // The contact is hardly older than the message: perhaps its own. It is read before a note is written.
    expect((await instance.deliver(late)).line).toMatchObject({ outcome: 'updated', hubspotRequests: 4 });

    const other = person();
    sync.hubspot.portal.createContact({ email: other.email }, { createdAt: Date.now() - 2 * HOUR_MS });
    const now = { ...message(other), record: sentAgo(0) };
    expect((await instance.deliver(now)).line).toMatchObject({ outcome: 'updated', hubspotRequests: 3 });
  });

  const HOUR_MS = 3_600_000;
  const sentAgo =
    (ms: number): NonNullable<Message['record']> =>
    (record) => ({
      ...record,
      attributes: { ...record.attributes, SentTimestamp: String(Date.now() - ms) },
    });
});

it('an empty batch is no failure', async () => {
  expect(await instance.invoke({ Records: [] })).toEqual(new Set());
});
