import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dailyLimit, tenSecondlyLimit } from '../../sandbox/hubspot/answers.ts';
import type { Fault } from '../../sandbox/hubspot/faults.ts';
import { cardOf, LONG_AGO } from './support/card.ts';
import { countIn } from './support/metrics.ts';
import { person } from './support/people.ts';
import { type Instance, message, type Sync, startSync } from './support/sync.ts';

/*
 * HubSpot's rate limits: kept by the rate share, obeyed when they strike all the same.
 */

/** The window, and a jitter of RETRY_BASE_SECONDS. */
const ONE_WINDOW = [10, 25] as const;
/** The upper half of RETRY_MAX_SECONDS. */
const LONGEST = [3_600, 7_200] as const;

let sync: Sync;
let instance: Instance;

beforeAll(async () => {
  sync = await startSync();
  instance = sync.instance();
});
beforeEach(() => sync.reset());
afterAll(() => sync.stop());

/** Starts one call every 256 ms. */
const startPaced = (): Instance => sync.instance({ HUBSPOT_REQUESTS_PER_10S: '20', RETRY_BASE_SECONDS: '4' });

const status = (body: object | string | undefined, headers: Record<string, string> = {}): Fault => ({
  type: 'status',
  status: 429,
  headers,
  body,
});
const { policyName: _policy, ...withoutPolicy } = tenSecondlyLimit.body;

describe('one throttled call', () => {
  it.each<[string, Fault, readonly [number, number]]>([
    ['the ten-secondly limit', status(tenSecondlyLimit.body), ONE_WINDOW],
    ['the same without a policy', status(withoutPolicy), ONE_WINDOW],
    ['the same with a category', status({ ...withoutPolicy, category: 'RATE_LIMITS' }), ONE_WINDOW],
    ['a limit of the CDN, in HTML', { type: 'html', status: 429 }, ONE_WINDOW],
    ['no body', status(undefined), ONE_WINDOW],
    ['Retry-After within the window', status(tenSecondlyLimit.body, { 'retry-after': '3' }), ONE_WINDOW],
    ['Retry-After beyond it', status(tenSecondlyLimit.body, { 'retry-after': '100' }), [100, 115]],
    ['the daily limit', status(dailyLimit.body), LONGEST],
    [
      'the daily limit with a longer Retry-After',
      status(dailyLimit.body, { 'retry-after': '9999' }),
      [9_999, 9_999],
    ],
  ])('%s: the message waits as long as it has to, and is synced then', async (_, fault, [least, most]) => {
    const someone = person();
    sync.hubspot.faults.add({ do: fault });
    const before = instance.lines.length;
    const first = await instance.deliver(message(someone));

    expect(first.failed).toBe(true);
    expect(first.deadLetter).toBeUndefined();
    expect(first.line).toMatchObject({ outcome: 'retry', failure: 'throttled', hubspotRequests: 1 });
    expect(first.hiddenSeconds).toBeGreaterThanOrEqual(least);
    expect(first.hiddenSeconds).toBeLessThanOrEqual(most);
    expect(countIn(instance.lines.slice(before), 'DeliveryRetried', { class: 'throttled' })).toBe(1);

    // Another one, as this one makes no calls before the window has passed.
    instance = sync.instance();
    expect((await instance.redeliver(first)).line).toMatchObject({ outcome: 'created' });
    expect(cardOf(sync.hubspot, someone)).toEqual({ cards: 1, username: someone.username, notes: 0 });
  });
});

describe('a throttled call in a batch', () => {
  const throttledFor = (seconds: number) => status(tenSecondlyLimit.body, { 'retry-after': `${seconds}` });

  it('is put back alone: the rest waits the window out, and goes on', async () => {
    const people = Array.from({ length: 10 }, person);
    sync.hubspot.faults.add({ email: people[0]?.email ?? '', do: throttledFor(2) });
    const paced = startPaced();
    const delivered = await paced.deliverAll(people.map((someone) => message(someone)));

    expect(delivered.map(({ failed }) => failed)).toEqual([true, ...Array(9).fill(false)]);
    expect(delivered[0]?.line).toMatchObject({ failure: 'throttled', hubspotRequests: 1 });
    for (const { line } of delivered.slice(1))
      expect(line).toMatchObject({ outcome: 'created', deliveries: 1 });
    // The second may have been on its way by the time that the first was answered.
    const [first, , ...rest] = sync.hubspot.journal.entries();
    expect(Math.min(...rest.map(({ at }) => at)) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1_900);
  });

  it('waits ten seconds where HubSpot does not say how long', async () => {
    const [throttled, other] = [person(), person()];
    sync.hubspot.faults.add({ email: throttled.email, do: status(tenSecondlyLimit.body) });
    // A call every half second at the earliest: the other one has not started yet.
    const slow = sync.instance({ HUBSPOT_REQUESTS_PER_10S: '20', MAX_CONCURRENCY: '2' });
    const delivered = await slow.deliverAll([message(throttled), message(other)]);
    expect(delivered.map(({ failed }) => failed)).toEqual([true, false]);
    const [first, second] = sync.hubspot.journal.entries();
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(9_900);
  });

  it('lets a sequence under way wait between its calls, and end well', async () => {
    const known = person();
    sync.hubspot.portal.createContact({ email: known.email }, { createdAt: LONG_AGO });
    const throttled = person();
    sync.hubspot.faults.add({ email: throttled.email, do: throttledFor(1) });
    const [first] = await startPaced().deliverAll([message(known), message(throttled)]);

    expect(first?.line).toMatchObject({ outcome: 'updated', hubspotRequests: 3 });
    expect(cardOf(sync.hubspot, known)).toMatchObject({ username: known.username, notes: 1 });
  });

  it.each<[string, Fault, readonly [number, number]]>([
    ['the daily limit', status(dailyLimit.body), LONGEST],
    ['a wait that is too long for an invocation', throttledFor(100), [100, 115]],
  ])('of %s ends the batch: all of it backs off', async (_, fault, [least, most]) => {
    const people = Array.from({ length: 10 }, person);
    sync.hubspot.faults.add({ email: people[0]?.email ?? '', do: fault });
    const delivered = await startPaced().deliverAll(people.map((someone) => message(someone)));

    const calls = sync.hubspot.journal.entries().length;
    expect(calls).toBeLessThanOrEqual(2);
    const failed = delivered.filter((one) => one.failed);
    expect(failed).toHaveLength(10 - calls + 1);
    for (const { line, hiddenSeconds, deadLetter } of failed) {
      expect(line).toMatchObject({ outcome: 'retry', failure: 'throttled' });
      expect(deadLetter).toBeUndefined();
      expect(hiddenSeconds).toBeGreaterThanOrEqual(least);
      expect(hiddenSeconds).toBeLessThanOrEqual(most);
    }
    // The jitter spreads them out.
    expect(new Set(failed.map(({ hiddenSeconds }) => hiddenSeconds)).size).toBeGreaterThan(1);
  });
});

describe('the rate share', () => {
  /** How long it takes until the last call of these batches starts, when the first one could have started at once. */
  async function lastStartMs(of: Instance, counts: readonly number[]): Promise<number> {
    await of.deliver(message(person()));
    const start = Date.now();
    for (const count of counts) {
      await of.deliverAll(Array.from({ length: count }, () => message(person())));
    }
    return (sync.hubspot.journal.entries().at(-1)?.at ?? 0) - start;
  }

  it('calls of one batch start one after another', async () => {
    // 20 of any 10 s, 512 ms apart on average, and at most twice as fast to catch up.
    expect(await lastStartMs(startPaced(), [3])).toBeGreaterThanOrEqual(2 * 255);
  });

  it('is divided by MAX_CONCURRENCY, and holds across batches', async () => {
    const half = sync.instance({ HUBSPOT_REQUESTS_PER_10S: '200', MAX_CONCURRENCY: '2' });
    expect(await lastStartMs(half, [3, 2])).toBeGreaterThanOrEqual(4 * 48);
  });
});
