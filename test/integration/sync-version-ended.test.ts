import { afterAll, beforeAll, expect, it } from 'vitest';
import { cardOf, LONG_AGO } from './support/card.ts';
import { countIn } from './support/metrics.ts';
import { person } from './support/people.ts';
import { message, type Sync, startSync } from './support/sync.ts';

/*
 * The day on which HubSpot switches a version of its API off.
 */

let sync: Sync;
beforeAll(async () => {
  sync = await startSync();
});
afterAll(() => sync.stop());

it('gives nobody up, rings an alarm, and is over when the setting is changed', async () => {
  const known = person();
  sync.hubspot.portal.createContact({ email: known.email }, { createdAt: LONG_AGO });
  const people = [person(), known, person()];
  sync.hubspot.settings.switchedOff.add('v3');

  const before = sync.instance({ HUBSPOT_API_VERSION: 'v3' });
  const delivered = await before.deliverAll(people.map((someone) => message(someone)));
  for (const { failed, deadLetter, hiddenSeconds, line } of delivered) {
    expect({ failed, deadLetter }).toEqual({ failed: true, deadLetter: undefined });
    expect(hiddenSeconds).toBeGreaterThanOrEqual(3_600);
    expect(line).toMatchObject({
      failure: 'misconfigured',
      detail: expect.stringMatching(/^POST \/crm\/v3\/objects\/contacts answered 404/),
    });
  }
  expect(countIn(before.lines, 'HubSpotRefusal')).toBe(3);
  expect(countIn(before.lines, 'HubSpotAuthFailure')).toBe(0);
  expect(countIn(before.lines, 'DeadLetter')).toBe(0);

  const after = sync.instance({ HUBSPOT_API_VERSION: '2026-09' });
  for (const one of delivered) expect((await after.redeliver(one)).failed).toBe(false);
  for (const someone of people) {
    expect(cardOf(sync.hubspot, someone)).toEqual({
      cards: 3,
      username: someone.username,
      notes: someone === known ? 1 : 0,
    });
  }
  expect(sync.queues.deadLetters()).toEqual([]);
});
