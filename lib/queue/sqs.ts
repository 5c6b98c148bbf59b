import type { SQSClient } from '@aws-sdk/client-sqs';

type Sdk = typeof import('@aws-sdk/client-sqs');

/** The AWS SDK's client for SQS, and the commands that go with it. */
export type LoadSqs = () => Promise<{ sqs: Pick<SQSClient, 'send'>; sdk: Sdk }>;

/** Calls to SQS end within this time, attempts included: the deadline of an invocation leaves room for it. */
export const SQS_RESERVE_MS = 5_000;

/** How patient a client is. */
export interface Patience {
  maxAttempts: number;
  connectionTimeoutMs: number;
  requestTimeoutMs: number;
}

const PATIENCE: Patience = { maxAttempts: 2, connectionTimeoutMs: 1_000, requestTimeoutMs: 2_000 };

/** Loads SQS when it is first needed: where all goes well it never is, so a cold start does not pay for it. */
export function lazySqs({ maxAttempts, connectionTimeoutMs, requestTimeoutMs } = PATIENCE): LoadSqs {
  let loading: ReturnType<LoadSqs> | undefined;
  const load = async () => {
    const sdk = await import('@aws-sdk/client-sqs');
    const sqs = new sdk.SQSClient({
      // AWS_ENDPOINT_URL_SQS is to be obeyed (a VPC endpoint, a local queue), whatever host the queue's URL names.
      useQueueUrlAsEndpoint: false,
      maxAttempts,
      requestHandler: {
        connectionTimeout: connectionTimeoutMs,
        requestTimeout: requestTimeoutMs,
        // Without it the SDK only warns and goes on waiting.
        throwOnRequestTimeout: true,
      },
    });
    return { sqs, sdk };
  };
  return () => {
    loading ??= load();
    return loading;
  };
}
