import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../lib/config.ts';
import type { Failure } from '../../lib/failure.ts';
import { nextStep } from '../../lib/queue/next-step.ts';

const policy = { maxReceiveCount: 40, retryBaseSeconds: 15, retryMaxSeconds: 7_200 };
const transient = (retryAfterSeconds?: number): Failure => ({
  class: 'transient',
  detail: '',
  retryAfterSeconds,
});
const throttled = (limit: 'ten-secondly' | 'daily', retryAfterSeconds?: number): Failure => ({
  class: 'throttled',
  detail: '',
  limit,
  retryAfterSeconds,
});
const misconfigured: Failure = { class: 'misconfigured', what: 'token', detail: '' };
const refused: Failure = { class: 'misconfigured', what: 'request', detail: '' };
const DAY_SECONDS = 86_400;

const notStarted: Failure = { class: 'not-started', detail: '' };

function delay(
  failure: Failure,
  deliveries: number,
  random: number,
  changed: Partial<typeof policy> = {},
): number {
  const next = nextStep(failure, { deliveries, ageSeconds: 0 }, { ...policy, ...changed }, random);
  if (next.step !== 'retry') throw new Error('It should be delivered again');
  return next.delaySeconds;
}

const random = fc.double({ min: 0, max: 1, noNaN: true });
const deliveries = fc.integer({ min: 1, max: 39 });
const retryAfter = fc.nat({ max: 41_400 });
const retryable = fc.oneof(
  fc.option(retryAfter, { nil: undefined }).map(transient),
  fc
    .tuple(
      fc.constantFrom('ten-secondly' as const, 'daily' as const),
      fc.option(retryAfter, { nil: undefined }),
    )
    .map((of) => throttled(...of)),
  fc.constantFrom(misconfigured, refused, notStarted),
);

describe('for good', () => {
  it.each([
    ['invalid', 'InvalidMessage'],
    ['rejected', 'HubSpotRejected'],
  ] as const)('%s goes to the dead-letter queue at once', (kind, errorCode) => {
    for (const count of [1, 40]) {
      expect(nextStep({ class: kind, detail: '' }, { deliveries: count, ageSeconds: 0 }, policy, 0)).toEqual({
        step: 'dead-letter',
        errorCode,
      });
    }
  });

  it('whatever fails on the last delivery, or after it, goes there too, and nothing before', () => {
    fc.assert(
      fc.property(retryable, fc.integer({ min: 1, max: 60 }), random, (failure, count, jitter) => {
        expect(nextStep(failure, { deliveries: count, ageSeconds: 0 }, policy, jitter)).toEqual(
          count >= 40
            ? { step: 'dead-letter', errorCode: 'DeliveriesExhausted', because: 'deliveries' }
            : { step: 'retry', delaySeconds: expect.any(Number) },
        );
      }),
    );
  });

  it('whatever would come back more than 13 days after it was sent goes there too: SQS deletes it at 14', () => {
    fc.assert(
      fc.property(
        retryable,
        deliveries,
        fc.integer({ min: 0, max: 15 * DAY_SECONDS }),
        random,
        (failure, count, ageSeconds, jitter) => {
          const after = delay(failure, count, jitter);
          expect(nextStep(failure, { deliveries: count, ageSeconds }, policy, jitter)).toEqual(
            ageSeconds + after > 13 * DAY_SECONDS
              ? { step: 'dead-letter', errorCode: 'DeliveriesExhausted', because: 'age' }
              : { step: 'retry', delaySeconds: after },
          );
        },
      ),
    );
  });
});

describe('to the second', () => {
  it('a back-off that ends at 13 days is waited for, and one that ends later is not', () => {
    const step = (ageSeconds: number) =>
      nextStep(transient(100), { deliveries: 1, ageSeconds }, policy, 0).step;
    expect(step(13 * DAY_SECONDS - 100)).toBe('retry');
    expect(step(13 * DAY_SECONDS - 99)).toBe('dead-letter');
  });

  it('a Retry-After shorter than the back-off is believed the fifth time, and not the sixth', () => {
    expect(delay(transient(1), 5, 0)).toBe(1);
    expect(delay(transient(1), 6, 0)).toBe(240);
  });
});

describe('the delay', () => {
  it('is whole seconds that SQS takes, whatever the policy', () => {
    const anyPolicy = fc.record({
      maxReceiveCount: fc.constant(2_000),
      retryBaseSeconds: fc.nat({ max: 43_200 }),
      retryMaxSeconds: fc.nat({ max: 43_200 }),
    });
    fc.assert(
      fc.property(
        retryable,
        fc.integer({ min: 1, max: 1_999 }),
        random,
        anyPolicy,
        (failure, count, jitter, changed) => {
          const seconds = delay(failure, count, jitter, changed);
          expect(Number.isInteger(seconds)).toBe(true);
          expect(seconds).toBeGreaterThanOrEqual(0);
          expect(seconds).toBeLessThanOrEqual(41_400);
        },
      ),
    );
  });

  it('stays a number however often a message has been delivered', () => {
    const never = { maxReceiveCount: 1_000_000, retryBaseSeconds: 0, retryMaxSeconds: 0 };
    expect(delay(transient(), 100_000, 1, never)).toBe(0);
    expect(delay(throttled('ten-secondly'), 100_000, 1, never)).toBe(10);
    expect(delay(transient(), 100_000, 1, { maxReceiveCount: 1_000_000 })).toBe(7_200);
  });

  it('doubles from delivery to delivery up to the longest, jittered over its upper half', () => {
    fc.assert(
      fc.property(deliveries, random, (count, jitter) => {
        const ceiling = Math.min(15 * 2 ** (count - 1), 7_200);
        expect(delay(transient(), count, 0)).toBe(Math.ceil(ceiling / 2));
        expect(delay(transient(), count, 1)).toBe(ceiling);
        expect(delay(transient(), count, jitter)).toBe(Math.ceil((ceiling / 2) * (1 + jitter)));
      }),
    );
  });

  it('never shrinks from one delivery to the next', () => {
    const failures = fc.constantFrom(
      transient(),
      throttled('ten-secondly'),
      throttled('daily'),
      misconfigured,
      refused,
      notStarted,
    );
    fc.assert(
      fc.property(failures, fc.integer({ min: 1, max: 38 }), random, (failure, count, jitter) => {
        expect(delay(failure, count + 1, jitter)).toBeGreaterThanOrEqual(delay(failure, count, jitter));
      }),
    );
  });

  it("is HubSpot's Retry-After; a short one is believed five times, then the longer of the two counts", () => {
    fc.assert(
      fc.property(deliveries, random, retryAfter, (count, jitter, seconds) => {
        const own = delay(transient(), count, jitter);
        expect(delay(transient(seconds), count, jitter)).toBe(count <= 5 ? seconds : Math.max(seconds, own));
      }),
    );
  });

  it('after the burst limit is its 10 seconds or the Retry-After, and then the jittered back-off', () => {
    expect(delay(throttled('ten-secondly'), 1, 0)).toBe(18);
    expect(delay(throttled('ten-secondly'), 1, 1)).toBe(25);
    expect(delay(throttled('ten-secondly', 3), 1, 0)).toBe(18);
    expect(delay(throttled('ten-secondly', 30), 2, 0.5)).toBe(53);
    expect(delay(throttled('ten-secondly'), 39, 1)).toBe(7_210);
  });

  it('after the daily limit, or with a token that is refused, is the longest from the start', () => {
    for (const failure of [throttled('daily'), throttled('daily', 100), misconfigured, refused]) {
      expect(delay(failure, 1, 0)).toBe(3_600);
      expect(delay(failure, 1, 1)).toBe(7_200);
    }
    expect(delay(throttled('daily', 20_000), 1, 1)).toBe(20_000);
  });

  it('is none for what was not started, twice; after that it is the back-off', () => {
    expect(delay(notStarted, 1, 1)).toBe(0);
    expect(delay(notStarted, 2, 1)).toBe(0);
    for (const count of [3, 4, 10, 39])
      expect(delay(notStarted, count, 1)).toBe(delay(transient(), count, 1));
  });
});

describe('an outage of 24 hours', () => {
  const serverless = readFileSync(new URL('../../serverless.yml', import.meta.url), 'utf8');
  const parameter = (name: string): number =>
    Number(new RegExp(`^    ${name}: (\\d+)$`, 'm').exec(serverless)?.[1]);
  const deployed = {
    maxReceiveCount: parameter('maxReceiveCount'),
    retryBaseSeconds: parameter('retryBaseSeconds'),
    retryMaxSeconds: parameter('retryMaxSeconds'),
  };

  it('is what the deployed numbers are for, and the defaults are the same', () => {
    expect(deployed.maxReceiveCount).toBeGreaterThan(1);
    const { retryBaseSeconds, retryMaxSeconds } = readConfig({
      HUBSPOT_ACCESS_TOKEN: 'x',
      QUEUE_URL: 'http://localhost/q',
      DLQ_URL: 'http://localhost/d',
      MAX_RECEIVE_COUNT: String(deployed.maxReceiveCount),
    });
    expect(deployed).toMatchObject({ retryBaseSeconds, retryMaxSeconds });
  });

  it('is outlived with the smallest jitter and any Retry-After, and so is a day of throttling, of a refused token, or without one call', () => {
    const failures = fc.oneof(
      fc.option(fc.nat({ max: 41_400 }), { nil: undefined }).map(transient),
      fc.constantFrom(transient(0), throttled('ten-secondly'), throttled('daily'), misconfigured, notStarted),
    );
    const lasts = (failureOf: () => Failure) => {
      let seconds = 0;
      for (let count = 1; count < deployed.maxReceiveCount; count += 1) {
        seconds += delay(failureOf(), count, 0, deployed);
      }
      expect(seconds).toBeGreaterThan(24 * 3_600);
    };
    for (const always of [
      transient(0),
      throttled('ten-secondly'),
      throttled('daily'),
      misconfigured,
      refused,
      notStarted,
    ]) {
      lasts(() => always);
    }
    fc.assert(
      fc.property(fc.infiniteStream(failures), (stream) => lasts(() => stream.next().value ?? misconfigured)),
    );
  });
});
