import fc from 'fast-check';
import { expect, it } from 'vitest';
import { dailyQuotaLeft } from '../../lib/hubspot/daily-quota.ts';

const told = (daily: string | undefined, remaining: string | undefined): Headers =>
  new Headers({
    ...(daily !== undefined && { 'X-HubSpot-RateLimit-Daily': daily }),
    ...(remaining !== undefined && { 'X-HubSpot-RateLimit-Daily-Remaining': remaining }),
  });

it.each([
  ['250000', '250000', 100],
  ['250000', '25000', 10],
  ['625000', '0', 0],
  // More than all: the plan has just grown, or the two were counted apart.
  ['250000', '300000', 100],
])('of %s requests with %s left, %d percent are left', (daily, remaining, percent) => {
  expect(dailyQuotaLeft(told(daily, remaining))).toBe(percent);
});

it.each([
  [undefined, undefined],
  ['250000', undefined],
  [undefined, '250000'],
  ['0', '0'],
  ['many', '250000'],
  ['250000', '-1'],
  ['250000', ''],
])('nothing is known where HubSpot says %s and %s', (daily, remaining) => {
  expect(dailyQuotaLeft(told(daily, remaining))).toBeUndefined();
});

it('is a percentage, or nothing, whatever stands in the headers', () => {
  const text = fc.oneof(fc.nat().map(String), fc.stringMatching(/^[\x21-\x7e]{0,12}$/));
  fc.assert(
    fc.property(text, text, (daily, remaining) => {
      const left = dailyQuotaLeft(told(daily, remaining));
      expect(left === undefined || (left >= 0 && left <= 100)).toBe(true);
    }),
  );
});
