import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { beginBatch } from '../../lib/batch.ts';
import { readConfig } from '../../lib/config.ts';
import { authorized } from '../../lib/hubspot/authorization.ts';
import { rateShare } from '../../lib/hubspot/rate-share.ts';
import { transport } from '../../lib/hubspot/transport.ts';
import { lazySqs } from '../../lib/queue/sqs.ts';
import { openSecrets } from '../../lib/secrets.ts';
import { createTelemetry } from '../../lib/telemetry.ts';
import { workedOn } from '../../lib/worked-on.ts';

const config = readConfig(process.env);
const telemetry = createTelemetry('sync-contact');
const processor = new BatchProcessor(EventType.SQS);
const { token, tagOf } = openSecrets(config.hubspot.token, telemetry.logger);
const sendAs = transport({
  share: rateShare(config.hubspot.requestsPer10s),
  timeoutMs: config.hubspot.timeoutMs,
});
const dependencies = {
  config,
  telemetry,
  loadSqs: lazySqs(),
  send: authorized(sendAs, token),
  tagOf,
  workedOn: workedOn(),
  now: Date.now,
};

/** Verification messages in; out, which of them SQS must deliver again. */
export const handler = middy<SQSEvent, SQSBatchResponse>()
  // Events hold addresses: they are never logged, whatever POWERTOOLS_LOGGER_LOG_EVENT says.
  .use(injectLambdaContext(telemetry.logger, { logEvent: false }))
  .use(logMetrics(telemetry.metrics))
  .handler(async (event, context) => {
    const { handleRecord, end } = beginBatch(dependencies, {
      requestId: context.awsRequestId,
      remainingMs: context.getRemainingTimeInMillis(),
    });
    const options = { throwOnFullBatchFailure: false };
    const response = await processPartialResponse(event, handleRecord, processor, options);
    end();
    return response;
  });
