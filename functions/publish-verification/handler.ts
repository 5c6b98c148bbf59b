import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { openPublisher, publishFailureReason } from '../../lib/publisher.ts';
import { publishOnQueue } from '../../lib/queue/publish.ts';
import { createTelemetry } from '../../lib/telemetry.ts';

const telemetry = createTelemetry('publish-verification');
const { logger, metrics, count } = telemetry;
/** For where the middleware, which else publishes what was counted, is what failed. */
function countAtOnce(): void {
  try {
    count('PublishFailure');
    metrics.publishStoredMetrics();
  } catch (error) {
    logger.error('The failure could not be counted', { reason: publishFailureReason(error) });
  }
}

const instrumented = middy(
  openPublisher({ publish: publishOnQueue(), queueUrl: () => process.env.QUEUE_URL, telemetry }),
)
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
    logger.error('The publisher itself failed', { reason: publishFailureReason(error) });
    countAtOnce();
  }
  return event;
}
