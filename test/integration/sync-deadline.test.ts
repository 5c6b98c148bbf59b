import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { cardOf, LONG_AGO } from './support/card.ts';
import { person } from './support/people.ts';
import { message, type Sync, startSync } from './support/sync.ts';

/*
 * Lambda ends an invocation at its time-out. No call to HubSpot starts that could not end before it, with five seconds
 * to spare for SQS.
 */

let sync: Sync;

beforeAll(async () => {
  sync = await startSync();
});
beforeEach(() => sync.reset());
afterAll(() => sync.stop());

it('no call starts that could not finish: the messages are visible again at once', async () => {
  // 4 seconds are left: less than a call's and the reserve for SQS.
  const late = sync.instance({ HUBSPOT_TIMEOUT_MS: '300' }, { timeoutMs: 4_000 });
  const delivered = await late.deliverAll([message(person()), message(person()), { body: 'not JSON' }]);
  expect(sync.hubspot.journal.entries()).toEqual([]);
  for (const one of delivered.slice(0, 2)) {
    expect(one).toMatchObject({ failed: true, hiddenSeconds: 0, deadLetter: undefined });
    expect(one.line).toMatchObject({
      outcome: 'retry',
      failure: 'not-started',
      detail: 'No time was left for another call.',
      delaySeconds: 0,
      hubspotRequests: 0,
    });
  }
  // What needs no call is not held up.
  expect(delivered[2]).toMatchObject({ failed: false, line: { outcome: 'dead-letter' } });
});

it('a sequence stops between two calls when time runs out, and ends well later', async () => {
  const someone = person();
  sync.hubspot.portal.createContact({ email: someone.email }, { createdAt: LONG_AGO });
  sync.hubspot.faults.add({ do: { type: 'delay', ms: 1_200 } });
  // Calls may start for the first 800 ms.
  const late = sync.instance({ HUBSPOT_TIMEOUT_MS: '3000' }, { timeoutMs: 8_800 });
  const first = await late.deliver(message(someone));
  expect(first).toMatchObject({ failed: true, hiddenSeconds: 0 });
  expect(first.line).toMatchObject({ failure: 'not-started', hubspotRequests: 1 });

  expect((await sync.instance().redeliver(first)).line).toMatchObject({ outcome: 'updated' });
  expect(cardOf(sync.hubspot, someone)).toEqual({ cards: 1, username: someone.username, notes: 1 });
});

it('a call that is under way when time runs out may end', async () => {
  const someone = person();
  sync.hubspot.faults.add({ do: { type: 'delay', ms: 1_200 } });
  const late = sync.instance({ HUBSPOT_TIMEOUT_MS: '3000' }, { timeoutMs: 8_800 });
  expect((await late.deliver(message(someone))).line).toMatchObject({ outcome: 'created' });
});

it('what still waits for its turn in the rate share does not start late', async () => {
  const late = sync.instance(
    { HUBSPOT_TIMEOUT_MS: '1000', HUBSPOT_REQUESTS_PER_10S: '10' },
    { timeoutMs: 6_500 },
  );
  const delivered = await late.deliverAll(Array.from({ length: 4 }, () => message(person())));
  expect(delivered.filter(({ failed }) => failed).length).toBeGreaterThanOrEqual(3);
  expect(sync.hubspot.journal.entries().length).toBeLessThanOrEqual(1);
});
