import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { internalError } from '../../sandbox/hubspot/answers.ts';
import type { Fault } from '../../sandbox/hubspot/faults.ts';
import { person } from './support/people.ts';
import { type Instance, message, type Sync, startSync } from './support/sync.ts';

/*
 * How long SQS hides a message that has failed, delivery after delivery.
 */

let sync: Sync;
let instance: Instance;

beforeAll(async () => {
  sync = await startSync();
  instance = sync.instance();
});
beforeEach(() => sync.reset());
afterAll(() => sync.stop());

describe('the back-off', () => {
  it.each([
    [1, 8, 15],
    [2, 15, 30],
    [3, 30, 60],
    [6, 240, 480],
    [20, 3_600, 7_200],
    [39, 3_600, 7_200],
  ])('after delivery %i is from %i to %i seconds', async (deliveries, least, most) => {
    sync.hubspot.faults.add({ times: Number.POSITIVE_INFINITY, do: { type: 'status', ...internalError } });
    const { hiddenSeconds } = await instance.deliver(message(person(), { deliveries }));
    expect(hiddenSeconds).toBeGreaterThanOrEqual(least);
    expect(hiddenSeconds).toBeLessThanOrEqual(most);
  });

  it('is at least our own once a short Retry-After has been followed in vain for long', async () => {
    const withRetryAfter = (seconds: string): Fault => ({
      type: 'status',
      status: 503,
      headers: { 'retry-after': seconds },
    });
    sync.hubspot.faults.add({ do: withRetryAfter('2') });
    sync.hubspot.faults.add({ do: withRetryAfter('2') });
    expect((await instance.deliver(message(person(), { deliveries: 5 }))).hiddenSeconds).toBe(2);
    const late = await instance.deliver(message(person(), { deliveries: 6 }));
    expect(late.hiddenSeconds).toBeGreaterThanOrEqual(240);
  });

  it('is as configured', async () => {
    sync.hubspot.faults.add({ times: Number.POSITIVE_INFINITY, do: { type: 'status', ...internalError } });
    const hasty = sync.instance({ RETRY_BASE_SECONDS: '2', RETRY_MAX_SECONDS: '6' });
    const first = await hasty.deliver(message(person()));
    expect(first.hiddenSeconds).toBe(2);
    const fifth = await hasty.deliver(message(person(), { deliveries: 5 }));
    expect(fifth.hiddenSeconds).toBeGreaterThanOrEqual(3);
    expect(fifth.hiddenSeconds).toBeLessThanOrEqual(6);
  });
});
