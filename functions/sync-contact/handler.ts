import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import type { SQSBatchResponse } from 'aws-lambda';
import { readConfig } from '../../lib/config.ts';
import { keepEnvironmentInMemory } from '../../lib/environment.ts';
import { requireSqsEvent } from '../../lib/queue/sqs-event.ts';
import { startSyncInstance } from '../../lib/sync-instance.ts';
import { createTelemetry } from '../../lib/telemetry.ts';

keepEnvironmentInMemory();
const telemetry = createTelemetry('sync-contact');
const syncBatch = startSyncInstance(readConfig(process.env), telemetry);

/** Verification messages in; out, which of them SQS must deliver again. */
export const handler = middy<unknown, SQSBatchResponse>()
  // Events hold addresses: they are never logged, whatever POWERTOOLS_LOGGER_LOG_EVENT says.
  .use(injectLambdaContext(telemetry.logger, { logEvent: false }))
  .use(logMetrics(telemetry.metrics))
  .handler((event, context) => {
    requireSqsEvent(event);
    return syncBatch(event, {
      requestId: context.awsRequestId,
      remainingMs: context.getRemainingTimeInMillis(),
    });
  });
