import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import { readReconcileConfig } from '../../lib/reconcile/config.ts';
import { startReconcileInstance } from '../../lib/reconcile/instance.ts';
import { createTelemetry } from '../../lib/telemetry.ts';

const telemetry = createTelemetry('reconcile');
const reconcile = startReconcileInstance(readReconcileConfig(process.env), telemetry);

/** Once a day: who has verified an address and is not in HubSpot is sent again, and the pool's trigger is looked at. */
export const handler = middy()
  .use(injectLambdaContext(telemetry.logger, { logEvent: false }))
  .use(logMetrics(telemetry.metrics))
  .handler(async (_event, context) => {
    await reconcile({ requestId: context.awsRequestId, remainingMs: context.getRemainingTimeInMillis() });
  });
