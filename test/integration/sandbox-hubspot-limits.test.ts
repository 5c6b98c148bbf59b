import { expect, test } from 'vitest';
import { hubSpotForTests, uuid } from './support/hubspot-calls.ts';

const { hubspot, under } = await hubSpotForTests();
const { create, read } = under('v3');

test('the window of 10 seconds rolls', async () => {
  hubspot.settings.requestsPer10s = 2;
  const first = await read('1');
  expect(first.headers.get('x-hubspot-ratelimit-max')).toBe('2');
  expect(first.headers.get('x-hubspot-ratelimit-remaining')).toBe('1');
  expect(first.headers.get('x-hubspot-ratelimit-interval-milliseconds')).toBe('10000');
  hubspot.settings.clockOffsetMs = 6_000;
  expect((await read('1')).status).toBe(404);
  const refused = await read('1');
  expect(refused.status).toBe(429);
  expect(refused.body).toEqual({
    status: 'error',
    message: 'You have reached your ten_secondly_rolling limit.',
    errorType: 'RATE_LIMIT',
    correlationId: uuid,
    policyName: 'TEN_SECONDLY_ROLLING',
  });
  hubspot.settings.clockOffsetMs = 10_001;
  expect((await read('1')).status).toBe(404);
  expect((await read('1')).status).toBe(429);
  hubspot.settings.clockOffsetMs = 16_100;
  expect((await read('1')).status).toBe(404);
  expect(hubspot.journal.entries().map(({ status }) => status)).toEqual([404, 404, 429, 404, 429, 404]);
});

test('both are those of the Professional plan, unless told otherwise', async () => {
  const { headers } = await read('1');
  expect(headers.get('x-hubspot-ratelimit-max')).toBe('190');
  expect(headers.get('x-hubspot-ratelimit-daily')).toBe('625000');
});

test('the limit of the day holds until midnight', async () => {
  hubspot.settings.requestsPerDay = 1;
  const { headers } = await read('1');
  expect(headers.get('x-hubspot-ratelimit-daily')).toBe('1');
  expect(headers.get('x-hubspot-ratelimit-daily-remaining')).toBe('0');
  expect((await read('1')).body.policyName).toBe('DAILY');
  hubspot.settings.clockOffsetMs = 86_400_000;
  expect((await read('1')).status).toBe(404);
});

test('refused requests write nothing', async () => {
  hubspot.settings.requestsPer10s = 0;
  expect((await create({ email: 'ada@example.org' })).status).toBe(429);
  expect(hubspot.portal.contacts()).toHaveLength(0);
});
