import type { Failure } from '../failure.ts';

/** Why a message became a dead letter. */
export type ErrorCode = 'InvalidMessage' | 'HubSpotRejected' | 'DeliveriesExhausted';

export type NextStep =
  | { step: 'retry'; delaySeconds: number }
  | { step: 'dead-letter'; errorCode: ErrorCode; because?: 'deliveries' | 'age' };

export interface RetryPolicy {
  maxReceiveCount: number;
  retryBaseSeconds: number;
  retryMaxSeconds: number;
}

/** HubSpot's burst limit counts the last 10 seconds. */
const BURST_WINDOW_SECONDS = 10;
/** So often a `Retry-After` shorter than our own back-off is believed; after that an outage must not use up the deliveries. */
const SHORT_RETRY_AFTER_DELIVERIES = 5;
/** SQS hides a message for 12 hours at most, counted from when it was received. */
const DELAY_MAX_SECONDS = 11.5 * 60 * 60;
/** SQS deletes a message 14 days after it was sent. A day before that it is better kept as a dead letter. */
const AGE_MAX_SECONDS = 13 * 24 * 60 * 60;
/** So often a message that HubSpot never heard of comes back at once. */
const AT_ONCE_DELIVERIES = 2;
/** A second doubled so often is longer than any back-off; without an end the doubling would leave the numbers. */
const DOUBLINGS_MAX = 16;

/**
 * What follows a failed delivery: another one, and after how long, or the dead-letter queue.
 *
 * @param message how often it has been delivered, this time included, and for how long it has been in the queue
 * @param random a number from 0 to 1, the jitter
 */
export function nextStep(
  failure: Failure,
  { deliveries, ageSeconds }: { deliveries: number; ageSeconds: number },
  policy: RetryPolicy,
  random: number,
): NextStep {
  switch (failure.class) {
    case 'invalid':
      return { step: 'dead-letter', errorCode: 'InvalidMessage' };
    case 'rejected':
      return { step: 'dead-letter', errorCode: 'HubSpotRejected' };
    case 'transient':
    case 'throttled':
    case 'misconfigured':
    case 'not-started': {
      if (deliveries >= policy.maxReceiveCount)
        return { step: 'dead-letter', errorCode: 'DeliveriesExhausted', because: 'deliveries' };
      const delay = Math.min(Math.ceil(delaySeconds(failure, deliveries, policy, random)), DELAY_MAX_SECONDS);
      if (ageSeconds + delay > AGE_MAX_SECONDS)
        return { step: 'dead-letter', errorCode: 'DeliveriesExhausted', because: 'age' };
      return { step: 'retry', delaySeconds: delay };
    }
  }
}

function delaySeconds(
  failure: Exclude<Failure, { class: 'invalid' | 'rejected' }>,
  deliveries: number,
  policy: RetryPolicy,
  random: number,
): number {
  const { retryBaseSeconds, retryMaxSeconds } = policy;
  const doublings = Math.min(deliveries - 1, DOUBLINGS_MAX);
  const ceiling = Math.min(retryBaseSeconds * 2 ** doublings, retryMaxSeconds);
  // The upper half is jittered: the lower half guarantees how long the deliveries last (MAX_RECEIVE_COUNT).
  const backOff = jittered(ceiling, random);
  const longest = jittered(retryMaxSeconds, random);

  switch (failure.class) {
    case 'not-started':
      return deliveries <= AT_ONCE_DELIVERIES ? 0 : backOff;
    case 'misconfigured':
      return longest;
    case 'throttled': {
      const retryAfter = failure.retryAfterSeconds ?? 0;
      if (failure.limit === 'daily') return Math.max(longest, retryAfter);
      return Math.max(BURST_WINDOW_SECONDS, retryAfter) + backOff;
    }
    case 'transient': {
      const retryAfter = failure.retryAfterSeconds;
      if (retryAfter === undefined) return backOff;
      return deliveries <= SHORT_RETRY_AFTER_DELIVERIES ? retryAfter : Math.max(retryAfter, backOff);
    }
  }
}

const jittered = (ceiling: number, random: number): number => (ceiling / 2) * (1 + random);
