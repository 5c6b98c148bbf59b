import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { conflict, internalError, locked, moved, notFound } from '../../sandbox/hubspot/answers.ts';
import type { Fault } from '../../sandbox/hubspot/faults.ts';
import { CONTACTS, NOTES } from './support/api-version.ts';
import { cardOf, LONG_AGO } from './support/card.ts';
import { countIn } from './support/metrics.ts';
import { person } from './support/people.ts';
import { type Instance, message, type Sync, startSync } from './support/sync.ts';

/*
 * Answers that mean "later", and no answer at all: the message backs off, is delivered again, and ends well.
 */

const TIMEOUT_MS = 500;
/** After the first delivery: the upper half of RETRY_BASE_SECONDS. */
const FIRST_BACK_OFF = [8, 15] as const;

type Row = [name: string, fault: Fault, detail: RegExp, seconds?: readonly [number, number]];

const status = (code: number, headers: Record<string, string> = {}): Fault => ({
  type: 'status',
  status: code,
  headers,
});
const anObject = (body: object): Fault => ({ type: 'status', status: 200, body: { id: '1', ...body } });

let sync: Sync;
let instance: Instance;
/** One that does not wait long for an answer. */
let impatient: Instance;

beforeAll(async () => {
  sync = await startSync();
  instance = sync.instance();
  impatient = sync.instance({ HUBSPOT_TIMEOUT_MS: String(TIMEOUT_MS) });
});
beforeEach(() => sync.reset());
afterAll(() => sync.stop());

const instanceFor = ({ type }: Fault): Instance => (type === 'hang' ? impatient : instance);

const existing = (): ReturnType<typeof person> => {
  const someone = person();
  sync.hubspot.portal.createContact({ email: someone.email }, { createdAt: LONG_AGO });
  return someone;
};

const nothingTookEffect: Row[] = [
  ['408', status(408), /answered 408\.$/],
  ['423, a lock of two seconds', { type: 'status', ...locked }, /answered 423 LOCKED\.$/],
  ['500', { type: 'status', ...internalError }, /answered 500 INTERNAL_ERROR\.$/],
  ['502 in HTML', { type: 'html', status: 502 }, /answered 502\.$/],
  ['503', status(503), /answered 503\.$/],
  ['503 with Retry-After', status(503, { 'retry-after': '7' }), /answered 503\.$/, [7, 7]],
  ['503 with Retry-After beyond our longest', status(503, { 'retry-after': '9000' }), /503/, [9_000, 9_000]],
  ['503 with a Retry-After that says nothing', status(503, { 'retry-after': 'soon' }), /503/],
  ['504', { type: 'html', status: 504 }, /answered 504\.$/],
  ...[520, 521, 522, 523, 524, 525, 526].map(
    (code): Row => [`${code} of the CDN`, { type: 'html', status: code }, RegExp(`answered ${code}\\.$`)],
  ),
  ['a redirect', status(302, { location: 'https://example.org/' }), /answered 302\.$/],
  ['477, the account is moved for 24 hours', { type: 'status', ...moved(86_400) }, /477/, [41_400, 41_400]],
  ['477, the account is moved for a minute', { type: 'status', ...moved(60) }, /477/, [60, 60]],
  ['no answer', { type: 'hang', when: 'before' }, /had no complete answer within 500 ms\.$/],
  ['a reset connection', { type: 'reset', when: 'before' }, /lost its connection( \([A-Z_]+\))?\.$/],
  ['HTML with 200', { type: 'html', status: 200 }, /answered with a success that cannot be read\.$/],
];

const created: Row[] = [
  ['no answer', { type: 'hang', when: 'after' }, /had no complete answer/],
  ['a reset connection', { type: 'reset', when: 'after' }, /lost its connection/],
  ['half of an answer', { type: 'truncated' }, /lost its connection/],
  ['half of the JSON', { type: 'cut-json' }, /a success that cannot be read\.$/],
  ['500', { type: 'status', ...internalError, after: true }, /answered 500/],
];

describe('creating the contact', () => {
  it.each([
    ...nothingTookEffect.map((row) => ({ row, end: 'created' })),
    ...created.map((row) => ({ row, end: 'unchanged' })),
  ])(
    '$row.0, while in the end it is $end',
    async ({ row: [, fault, detail, seconds = FIRST_BACK_OFF], end }) => {
      const someone = person();
      sync.hubspot.faults.add({ do: fault });
      const { lines, deliver } = instanceFor(fault);
      const before = lines.length;
      const first = await deliver(message(someone));

      expect(first.failed).toBe(true);
      expect(first.deadLetter).toBeUndefined();
      expect(first.line).toMatchObject({ outcome: 'retry', failure: 'transient', hubspotRequests: 1 });
      expect(first.line.detail).toMatch(new RegExp(`^POST ${CONTACTS} `));
      expect(first.line.detail).toMatch(detail);
      expect(first.hiddenSeconds).toBe(first.line.delaySeconds);
      expect(first.hiddenSeconds).toBeGreaterThanOrEqual(seconds[0]);
      expect(first.hiddenSeconds).toBeLessThanOrEqual(seconds[1]);
      expect(countIn(lines.slice(before), 'DeliveryRetried', { class: 'transient' })).toBe(1);
      expect(sync.hubspot.journal.entries()).toHaveLength(1);

      const second = await instance.redeliver(first);
      expect(second.failed).toBe(false);
      expect(second.line).toMatchObject({ outcome: end, deliveries: 2 });
      expect(cardOf(sync.hubspot, someone)).toEqual({ cards: 1, username: someone.username, notes: 0 });
    },
  );

  it('503 with a date in Retry-After waits for that date', async () => {
    const date = new Date(Date.now() + 90_000).toUTCString();
    sync.hubspot.faults.add({ do: status(503, { 'retry-after': date }) });
    const { hiddenSeconds } = await instance.deliver(message(person()));
    expect(hiddenSeconds).toBeGreaterThanOrEqual(88);
    expect(hiddenSeconds).toBeLessThanOrEqual(91);
  });

  it('an answer that comes too late counts as none, and does no harm when its write takes effect', async () => {
    const someone = person();
    sync.hubspot.faults.add({ do: { type: 'delay', ms: TIMEOUT_MS + 100 } });
    const first = await impatient.deliver(message(someone));
    expect(first.line).toMatchObject({ failure: 'transient' });
    await expect.poll(() => sync.hubspot.portal.contacts()).toHaveLength(1);
    const second = await instance.redeliver(first);
    expect(second.line).toMatchObject({ outcome: 'unchanged' });
    expect(cardOf(sync.hubspot, someone)).toEqual({ cards: 1, username: someone.username, notes: 0 });
  });

  /** A middlebox, which HubSpot never heard of. */
  it.each<[string, Fault]>([
    ['201 without a body', { type: 'status', status: 201 }],
    ['204', { type: 'status', status: 204 }],
    ['202 []', { type: 'status', status: 202, body: [] }],
    ['200 ""', { type: 'status', status: 200, body: '""' }],
    ['200 {}', { type: 'status', status: 200, body: {} }],
    ['200 with a page', { type: 'html', status: 200 }],
    ['200 that tells of something else', { type: 'status', status: 200, body: { message: 'maintenance' } }],
    ['201 with an empty ID', { type: 'status', status: 201, body: { id: '' } }],
  ])('%s is no success: nobody is in HubSpot yet, and in the end they are', async (_, fault) => {
    const someone = person();
    sync.hubspot.faults.add({ do: fault });
    const first = await instance.deliver(message(someone));
    expect(first).toMatchObject({ failed: true, line: { outcome: 'retry', failure: 'transient' } });
    expect(sync.hubspot.portal.contacts()).toEqual([]);

    expect((await instance.redeliver(first)).line).toMatchObject({ outcome: 'created' });
    expect(cardOf(sync.hubspot, someone)).toEqual({ cards: 1, username: someone.username, notes: 0 });
  });

  it('a success whose body got lost is looked up, and found to be ours', async () => {
    const someone = person();
    sync.hubspot.faults.add({ do: { type: 'empty' } });
    const first = await instance.deliver(message(someone));
    expect(first.line).toMatchObject({ outcome: 'retry', failure: 'transient', hubspotRequests: 1 });
    expect((await instance.redeliver(first)).line).toMatchObject({ outcome: 'unchanged' });
    expect(cardOf(sync.hubspot, someone)).toEqual({ cards: 1, username: someone.username, notes: 0 });
  });
});

describe('updating the contact', () => {
  it.each<Row>([
    [
      '404: it was merged or deleted meanwhile',
      { type: 'status', ...notFound },
      /answered 404 OBJECT_NOT_FOUND\.$/,
    ],
    ['500', { type: 'status', ...internalError }, /answered 500/],
    ['503 with Retry-After', status(503, { 'retry-after': '3' }), /answered 503/, [3, 3]],
    ['no answer', { type: 'hang', when: 'after' }, /had no complete answer/],
    ['a reset connection', { type: 'reset', when: 'after' }, /lost its connection/],
    ['half of an answer', { type: 'truncated' }, /lost its connection/],
    ['half of the JSON', { type: 'cut-json' }, /a success that cannot be read\.$/],
    ['no body', { type: 'empty' }, /answered with a success that cannot be read\.$/],
    [
      'no ID',
      { type: 'status', status: 200, body: { createdAt: LONG_AGO, updatedAt: LONG_AGO } },
      /has no id\.$/,
    ],
    ['no updatedAt', anObject({ createdAt: LONG_AGO }), /a success that has no valid updatedAt\.$/],
    ['no createdAt', anObject({ updatedAt: LONG_AGO }), /a success that has no valid createdAt\.$/],
    ['null for a date', anObject({ createdAt: LONG_AGO, updatedAt: null }), /no valid updatedAt\.$/],
    ['no date for a date', anObject({ createdAt: LONG_AGO, updatedAt: 'now' }), /no valid updatedAt\.$/],
    ['a list', { type: 'status', status: 200, body: [] }, /a success that /],
    ['null', { type: 'status', status: 200, body: 'null' }, /a success that /],
    ['HTML with 200', { type: 'html', status: 200 }, /a success that cannot be read\.$/],
  ])('%s: later, and in the end one note', async (_, fault, detail, seconds = FIRST_BACK_OFF) => {
    const someone = existing();
    sync.hubspot.faults.add({ method: 'PATCH', do: fault });
    const first = await instanceFor(fault).deliver(message(someone));

    expect(first.failed).toBe(true);
    expect(first.line).toMatchObject({ outcome: 'retry', failure: 'transient', hubspotRequests: 2 });
    expect(first.line.detail).toMatch(new RegExp(`^PATCH ${CONTACTS}/\\d+ `));
    expect(first.line.detail).toMatch(detail);
    expect(first.hiddenSeconds).toBeGreaterThanOrEqual(seconds[0]);
    expect(first.hiddenSeconds).toBeLessThanOrEqual(seconds[1]);

    expect((await instance.redeliver(first)).line).toMatchObject({ outcome: 'updated' });
    expect(cardOf(sync.hubspot, someone)).toEqual({ cards: 1, username: someone.username, notes: 1 });
  });

  it('404: the next delivery updates the contact that has the address by then', async () => {
    const someone = person();
    const survivor = sync.hubspot.portal.createContact({ email: someone.email }, { createdAt: LONG_AGO });
    sync.hubspot.faults.add({ do: { type: 'status', ...conflict('123') } });
    const first = await instance.deliver(message(someone));
    expect(first.line).toMatchObject({ failure: 'transient' });
    expect((await instance.redeliver(first)).line).toMatchObject({
      outcome: 'updated',
      contactId: survivor.id,
    });
  });
});

describe('adding the note', () => {
  it.each<[string, Fault, 'updated' | 'unchanged']>([
    ['500', { type: 'status', ...internalError }, 'updated'],
    ['404', { type: 'status', ...notFound }, 'updated'],
    ['no answer', { type: 'hang', when: 'after' }, 'unchanged'],
    ['a reset connection', { type: 'reset', when: 'after' }, 'unchanged'],
    ['half of an answer', { type: 'truncated' }, 'unchanged'],
    ['half of the JSON', { type: 'cut-json' }, 'unchanged'],
  ])('%s: later, and in the end one note', async (_, fault, then) => {
    const someone = existing();
    sync.hubspot.faults.add({ path: NOTES, do: fault });
    const first = await instanceFor(fault).deliver(message(someone));
    expect(first.failed).toBe(true);
    expect(first.line).toMatchObject({ outcome: 'retry', failure: 'transient', hubspotRequests: 3 });
    expect(first.line.detail).toMatch(new RegExp(`^POST ${NOTES} `));

    expect((await instance.redeliver(first)).line).toMatchObject({ outcome: then });
    expect(cardOf(sync.hubspot, someone)).toEqual({ cards: 1, username: someone.username, notes: 1 });
  });

  it('a success whose body got lost is looked up, and found to be ours', async () => {
    const someone = existing();
    sync.hubspot.faults.add({ path: NOTES, do: { type: 'empty' } });
    const first = await instance.deliver(message(someone));
    expect(first.line).toMatchObject({ outcome: 'retry', failure: 'transient', hubspotRequests: 3 });
    expect((await instance.redeliver(first)).line).toMatchObject({ outcome: 'unchanged' });
    expect(cardOf(sync.hubspot, someone)).toEqual({ cards: 1, username: someone.username, notes: 1 });
  });

  it('200 that tells of something else is no success, and the note comes later', async () => {
    const someone = existing();
    const fault: Fault = { type: 'status', status: 200, body: { message: 'maintenance' } };
    sync.hubspot.faults.add({ path: NOTES, do: fault });
    const first = await instance.deliver(message(someone));
    expect(first.line).toMatchObject({ outcome: 'retry', failure: 'transient' });
    expect((await instance.redeliver(first)).line).toMatchObject({ outcome: 'updated' });
    expect(cardOf(sync.hubspot, someone)).toEqual({ cards: 1, username: someone.username, notes: 1 });
  });
});
