import { once } from 'node:events';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import { SQSClient } from '@aws-sdk/client-sqs';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { DeliveryError } from '../../lib/failure.ts';
import { readTrigger } from '../../lib/publish-trigger.ts';
import { publishVerification, type Verification } from '../../lib/publishing.ts';
import { createTelemetry, describeError } from '../../lib/telemetry.ts';

/** Cognito waits 5 seconds, cold start included, and then fails the person's sign-up. */
const PUBLISH_TIMEOUT_MS = 2_500;

const { logger, metrics, count } = createTelemetry('publish-verification');
const sqs = new SQSClient({
  // AWS_ENDPOINT_URL_SQS is to be obeyed (a VPC endpoint, a local queue), whatever host the queue's URL names.
  useQueueUrlAsEndpoint: false,
  maxAttempts: 3,
  // Without throwOnRequestTimeout the SDK only warns and goes on waiting.
  requestHandler: { connectionTimeout: 500, requestTimeout: 1_000, throwOnRequestTimeout: true },
});

/** @throws whatever the AWS SDK throws, or the time-out's error. */
async function publish(verification: Verification, sub: string | undefined, queueUrl: string): Promise<void> {
  const abortSignal = AbortSignal.timeout(PUBLISH_TIMEOUT_MS);
  const timedOut = once(abortSignal, 'abort').then(() => abortSignal.throwIfAborted());
  // The race, because the SDK does not look at the signal while it waits between attempts or for credentials.
  await Promise.race([publishVerification(verification, { sqs, queueUrl, sub, abortSignal }), timedOut]);
}

/** Never an SDK error's message: it may quote what was sent. */
function reason(error: unknown): string {
  if (error instanceof DeliveryError) return error.failure.detail;
  const { name, code } = describeError(error);
  return code === undefined ? name : `${name} (${code})`;
}

/** @param sub Cognito's own name for the account. The address, in whatever form, says more than is needed. */
function notPublished(because: string, sub: string | undefined): void {
  logger.error('A sign-up is not on the queue', { sub, reason: because });
  count('PublishFailure');
}

async function handle(event: unknown): Promise<void> {
  const trigger = readTrigger(event, new Date());
  switch (trigger.kind) {
    case 'ignored':
      logger.debug('Nothing to publish', { reason: trigger.because });
      count('TriggerIgnored');
      return;
    case 'unreadable':
      return notPublished(trigger.because, trigger.sub);
    case 'verified': {
      const { verification, sub } = trigger;
      const queueUrl = process.env.QUEUE_URL;
      if (!queueUrl) return notPublished('QUEUE_URL is not set', sub);
      try {
        await publish(verification, sub, queueUrl);
        logger.info('A verified sign-up is on the queue', { sub });
        count('VerificationPublished');
      } catch (error) {
        notPublished(reason(error), sub);
      }
    }
  }
}

/** For where the middleware, which else publishes what was counted, is what failed. */
function countAtOnce(): void {
  try {
    count('PublishFailure');
    metrics.publishStoredMetrics();
  } catch (error) {
    logger.error('The failure could not be counted', { reason: reason(error) });
  }
}

const instrumented = middy(handle)
  // logEvent: false wins over POWERTOOLS_LOGGER_LOG_EVENT, which would print the address.
  .use(injectLambdaContext(logger, { logEvent: false, resetKeys: true }))
  .use(logMetrics(metrics));

/**
 * Cognito's PostConfirmation trigger: puts a verified sign-up on the queue. An error here would fail the person's
 * sign-up, so there is none, whatever happens: the event always goes back as it came, and `PublishFailure` counts what
 * was not sent.
 */
export async function handler<Event>(event: Event, context: Context): Promise<Event> {
  try {
    await instrumented(event, context);
  } catch (error) {
    logger.error('The publisher itself failed', { reason: reason(error) });
    countAtOnce();
  }
  return event;
}
