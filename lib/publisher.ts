import { once } from 'node:events';
import { type Clock, machineClock } from './clock.ts';
import { DeliveryError } from './failure.ts';
import { readTrigger } from './publish-trigger.ts';
import { describeError, type Telemetry } from './telemetry.ts';
import type { Verification } from './verification.ts';

/** Cognito waits 5 seconds, cold start included, and then fails the person's sign-up. */
const PUBLISH_TIMEOUT_MS = 2_500;

/** Puts a verification on a queue. @throws whatever keeps it from there */
export type Publish = (
  verification: Verification,
  to: {
    queueUrl: string;
    /** Cognito's name for the account: repeats of one trigger become one message. */
    sub: string | undefined;
    /** Nobody waits for it any longer. */
    abortSignal: AbortSignal;
  },
) => Promise<{ messageId: string | undefined }>;

export interface PublisherOptions {
  publish: Publish;
  /** Where nobody has set one, every sign-up is told of as not published. */
  queueUrl: () => string | undefined;
  telemetry: Pick<Telemetry, 'logger' | 'count'>;
  clock?: Clock;
}

/** Puts what Cognito's trigger tells of on the queue, where it is a verified sign-up. Whatever fails is logged and counted. */
export function openPublisher({
  publish,
  queueUrl,
  telemetry: { logger, count },
  clock = machineClock,
}: PublisherOptions): (event: unknown) => Promise<void> {
  /** @throws whatever keeps it from the queue, or the time-out's error. */
  async function publishInTime(verification: Verification, sub: string | undefined, queueUrl: string) {
    const limit = new AbortController();
    const { signal: abortSignal } = limit;
    const clear = clock.after(PUBLISH_TIMEOUT_MS, () => limit.abort(tooSlow()));
    const timedOut = once(abortSignal, 'abort').then((): never => {
      throw abortSignal.reason;
    });
    // The race, because the SDK does not look at the signal while it waits between attempts or for credentials.
    const published = Promise.race([publish(verification, { queueUrl, sub, abortSignal }), timedOut]);
    return await published.finally(clear);
  }

  /** @param sub Cognito's own name for the account. The address, in whatever form, says more than is needed. */
  function notPublished(because: string, sub: string | undefined): void {
    logger.error('A sign-up is not on the queue', { sub, reason: because });
    count('PublishFailure');
  }

  return async (event) => {
    const trigger = readTrigger(event, new Date(clock.timeOfDay()));
    switch (trigger.kind) {
      case 'ignored':
        logger.debug('Nothing to publish', { reason: trigger.because });
        count('TriggerIgnored');
        return;
      case 'unverified':
        logger.warn('A sign-up was confirmed, and its address is not verified', { sub: trigger.sub });
        count('ConfirmedUnverified');
        return;
      case 'unreadable':
        return notPublished(trigger.because, trigger.sub);
      case 'verified': {
        const { verification, sub } = trigger;
        const to = queueUrl();
        if (!to) return notPublished('QUEUE_URL is not set', sub);
        try {
          const { messageId } = await publishInTime(verification, sub, to);
          // By the message's ID, the lines of both functions are found together.
          logger.info('A verified sign-up is on the queue', { sub, correlation_id: messageId });
          count('VerificationPublished');
        } catch (error) {
          notPublished(publishFailureReason(error), sub);
        }
      }
    }
  };
}

/** Never an SDK error's message: it may quote what was sent. */
export function publishFailureReason(error: unknown): string {
  if (error instanceof DeliveryError) return error.failure.detail;
  const { name, code } = describeError(error);
  return code === undefined ? name : `${name} (${code})`;
}

const tooSlow = () => new DOMException(`Not published within ${PUBLISH_TIMEOUT_MS} ms`, 'TimeoutError');
