import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retryAfterSeconds } from '../../lib/hubspot/retry-after.ts';

describe('Retry-After', () => {
  const now = Date.UTC(2026, 10, 23, 18, 0, 0);

  it('in seconds is followed up to 11.5 hours: SQS hides a message for 12', () => {
    fc.assert(
      fc.property(fc.nat({ max: 100_000 }), (seconds) => {
        expect(retryAfterSeconds(String(seconds), now)).toBe(Math.min(seconds, 41_400));
      }),
    );
    expect(retryAfterSeconds('9'.repeat(400), now)).toBe(41_400);
  });

  it('as a date is followed as well, to the second after it, and never backwards', () => {
    fc.assert(
      fc.property(fc.integer({ min: -100_000, max: 100_000 }), fc.nat({ max: 999 }), (seconds, ms) => {
        const header = new Date(now + seconds * 1_000).toUTCString();
        expect(retryAfterSeconds(header, now + ms)).toBe(
          Math.min(Math.max(Math.ceil(seconds - ms / 1_000), 0), 41_400),
        );
      }),
    );
  });

  it('as a date counts from this moment', () => {
    const seconds = retryAfterSeconds(new Date(Date.now() + 60_000).toUTCString());
    expect(seconds).toBeGreaterThanOrEqual(58);
    expect(seconds).toBeLessThanOrEqual(61);
  });

  it.each([
    null,
    '',
    ' ',
    'soon',
    '1h',
    '5 minutes',
    '10;',
    '-5',
    '1.5',
    'abc123',
    '123abc',
    'Mon, 99 Foo 2026 18:00:00 GMT',
    '2026-11-23T18:00:05Z',
  ])('means nothing when it is %j', (header) => {
    expect(retryAfterSeconds(header, now)).toBeUndefined();
  });
});
