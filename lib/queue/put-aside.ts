import type { Config } from '../config.ts';
import { DeliveryError, type Failure } from '../failure.ts';
import { describeError, type Telemetry } from '../telemetry.ts';
import { deadLetter } from './dead-letter.ts';
import type { Delivery } from './delivery.ts';
import { nextStep } from './next-step.ts';
import type { LoadSqs } from './sqs.ts';

export interface PutAsideOptions {
  config: Config;
  loadSqs: LoadSqs;
  requestId: string;
  bodyHasVerifiedAt: boolean;
  telemetry: Telemetry;
  /** The time of day, in milliseconds since 1970. */
  now: () => number;
  /** From 0 to 1, for the jitter. */
  random: () => number;
  /** The fields of the record's log line. */
  line: Record<string, unknown>;
}

/**
 * Puts a message aside that could not be synced: back to the queue for a while, or to the dead-letter queue.
 *
 * @throws DeliveryError when the message must be delivered again; resolves when the dead-letter queue has it
 */
export async function putAside(delivery: Delivery, given: Failure, options: PutAsideOptions): Promise<void> {
  const failure = asOfNow(given, delivery);
  const { config, loadSqs, telemetry, now, random, line } = options;
  const { logger, count } = telemetry;
  const reason = {
    failure: failure.class,
    detail: failure.detail,
    hubspotCorrelationId: failure.correlationId,
  };
  if (failure.class === 'misconfigured')
    count(failure.what === 'token' ? 'HubSpotAuthFailure' : 'HubSpotRefusal');

  const { deliveries, enqueuedAtMs } = delivery;
  const ageSeconds = believableAge((now() - enqueuedAtMs) / 1_000);
  const next = nextStep(failure, { deliveries, ageSeconds }, config, random());
  if (next.step === 'dead-letter') {
    const { errorCode, because } = next;
    try {
      const { sqs, sdk } = await loadSqs();
      await sqs.send(
        new sdk.SendMessageCommand(
          deadLetter(delivery, { ...options, dlqUrl: config.dlqUrl, errorCode, because, failure }),
        ),
      );
    } catch (error) {
      const problem = describeError(error);
      logger.error('The dead-letter queue could not be reached', {
        ...line,
        ...reason,
        outcome: 'retry',
        errorCode,
        problem,
      });
      count('DeliveryRetried', { class: failure.class });
      throw new DeliveryError(failure);
    }
    logger.error('Sign-up became a dead letter', { ...line, ...reason, outcome: 'dead-letter', errorCode });
    count('DeadLetter', { ErrorCode: errorCode });
    return;
  }

  const { delaySeconds } = next;
  let problem: ReturnType<typeof describeError> | undefined;
  try {
    const { sqs, sdk } = await loadSqs();
    await sqs.send(
      new sdk.ChangeMessageVisibilityCommand({
        QueueUrl: config.queueUrl,
        ReceiptHandle: delivery.receiptHandle,
        VisibilityTimeout: delaySeconds,
      }),
    );
  } catch (error) {
    // Then the queue's own visibility timeout is the back-off.
    problem = describeError(error);
  }
  logger.warn('Sign-up will be delivered again', {
    ...line,
    ...reason,
    outcome: 'retry',
    delaySeconds,
    problem,
  });
  count('DeliveryRetried', { class: failure.class });
  throw new DeliveryError(failure);
}

/** What was worth one more delivery has had it. */
function asOfNow(failure: Failure, { deliveries }: Delivery): Failure {
  if (failure.class !== 'transient' || failure.once !== true || deliveries === 1) return failure;
  const { detail, correlationId } = failure;
  return { class: 'misconfigured', what: 'request', detail, correlationId };
}

/** SQS keeps no message for longer: then a clock is wrong, or the date of the message. */
const RETENTION_SECONDS = 14 * 24 * 60 * 60;

const believableAge = (seconds: number): number => (seconds > RETENTION_SECONDS ? 0 : seconds);
