import type { SQSClient } from '@aws-sdk/client-sqs';

type Sdk = typeof import('@aws-sdk/client-sqs');

/** The AWS SDK's client for SQS, and the commands that go with it. */
export type LoadSqs = () => Promise<{ sqs: Pick<SQSClient, 'send'>; sdk: Sdk }>;

/** Calls to SQS end within this time, attempts included: the deadline of an invocation leaves room for it. */
export const SQS_RESERVE_MS = 5_000;

/** Loads SQS when the first message fails: the happy path never needs it, so a cold start does not pay for it. */
export function lazySqs(): LoadSqs {
  let loading: ReturnType<LoadSqs> | undefined;
  const load = async () => {
    const sdk = await import('@aws-sdk/client-sqs');
    const sqs = new sdk.SQSClient({
      // AWS_ENDPOINT_URL_SQS is to be obeyed, whatever host the queue's URL names.
      useQueueUrlAsEndpoint: false,
      maxAttempts: 2,
      requestHandler: { connectionTimeout: 1_000, requestTimeout: 2_000, throwOnRequestTimeout: true },
    });
    return { sqs, sdk };
  };
  return () => {
    loading ??= load();
    return loading;
  };
}
