import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { newContact } from './new-contact.ts';
import { post } from './post.ts';

/* The same requests as sync-contact and the same log lines, and nothing of what makes them safe. */

const write = (line: object): void => console.log(JSON.stringify(line));

export const handler = async ({ Records }: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
  const headers = {
    authorization: `Bearer ${process.env.HUBSPOT_ACCESS_TOKEN}`,
    'content-type': 'application/json',
  };
  const latencies: number[] = [];
  const sinceVerified: number[] = [];
  await Promise.all(
    Records.map(async ({ body, messageId, attributes }) => {
      const startedAt = performance.now();
      JSON.parse(
        await post(`${process.env.HUBSPOT_BASE_URL}/crm/v3/objects/contacts`, headers, newContact(body)),
      );
      const durationMs = performance.now() - startedAt;
      const sinceVerifiedMs = Date.now() - Date.parse(JSON.parse(body).verifiedAt);
      latencies.push(durationMs);
      sinceVerified.push(sinceVerifiedMs);
      write({
        level: 'INFO',
        message: 'Sign-up synced',
        timestamp: new Date().toISOString(),
        service: 'sync-contact',
        cold_start: false,
        function_arn: context.invokedFunctionArn,
        function_memory_size: context.memoryLimitInMB,
        function_name: context.functionName,
        function_request_id: context.awsRequestId,
        sampling_rate: 0,
        correlation_id: messageId,
        deliveries: Number(attributes.ApproximateReceiveCount),
        hubspotRequests: 1,
        outcome: 'created',
        sinceVerifiedMs,
        durationMs: Math.round(durationMs),
      });
    }),
  );
  const metrics = {
    HubSpotLatency: 'Milliseconds',
    ContactCreated: 'Count',
    VerificationToCard: 'Milliseconds',
  };
  write({
    _aws: {
      Timestamp: Date.now(),
      CloudWatchMetrics: [
        {
          Namespace: 'WmeHubSpotSync',
          Dimensions: [['service']],
          Metrics: Object.entries(metrics).map(([Name, Unit]) => ({ Name, Unit })),
        },
      ],
    },
    service: 'sync-contact',
    HubSpotLatency: latencies,
    ContactCreated: Records.length,
    VerificationToCard: sinceVerified,
  });
  return { batchItemFailures: [] };
};
