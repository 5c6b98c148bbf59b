import { SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod/mini';
import { EXIT, OperatorError } from './exit.ts';

/** A queue, and a client that is ready to talk to it. */
export interface Queue {
  sqs: SQSClient;
  url: string;
}

function checkUrl(url: string | undefined): string {
  if (url === undefined || url === '') {
    throw new OperatorError(
      'Which queue? Give its URL with --queue-url or in the environment variable QUEUE_URL.',
    );
  }
  if (!/^https?:/.test(url) || !URL.canParse(url)) {
    throw new OperatorError(
      'The queue URL is not a URL. It looks like https://sqs.eu-west-1.amazonaws.com/123456789012/verified-users.fifo.',
    );
  }
  if (!url.endsWith('.fifo')) {
    throw new OperatorError('The queue URL does not name a FIFO queue: the name of one ends in .fifo.');
  }
  return url;
}

/**
 * Connects to the queue with the AWS SDK's own settings: `AWS_REGION`, `AWS_PROFILE`, `AWS_ENDPOINT_URL_SQS` and so on.
 *
 * @throws OperatorError when the URL, the region or the credentials are missing, before anything is sent.
 */
export async function connect(url: string | undefined): Promise<Queue> {
  const queue = {
    url: checkUrl(url),
    sqs: new SQSClient({
      // Calls that fail altogether are retried by the SDK: for some ten seconds, and with care for throttling.
      maxAttempts: 8,
      useQueueUrlAsEndpoint: false,
      requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
    }),
  };
  try {
    await queue.sqs.config.region();
  } catch {
    throw new OperatorError('Which AWS region? Set AWS_REGION, for example AWS_REGION=eu-west-1.');
  }
  try {
    await queue.sqs.config.credentials();
  } catch {
    throw new OperatorError(
      'No AWS credentials were found, or they have expired. Sign in as for the AWS CLI; AWS_PROFILE chooses a profile.',
    );
  }
  return queue;
}

const sdkError = z.object({ name: z.string(), code: z.catch(z.optional(z.string()), undefined) });

/** Advice for the errors that operators meet. An SDK error's own message is not shown: it may quote what was sent. */
const advice: readonly (readonly [RegExp, string])[] = [
  [/^AccessDenied/, 'these credentials may not send to this queue (sqs:SendMessage)'],
  [
    /^(QueueDoesNotExist|.*NonExistentQueue)$/,
    'there is no such queue: check its URL, AWS_REGION and the account',
  ],
  [/Token|Credential|Signature|UnrecognizedClient/, 'AWS does not accept these credentials: sign in again'],
  [
    /^(E[A-Z_]+|TimeoutError)$/,
    'SQS cannot be reached: check the network, AWS_REGION and AWS_ENDPOINT_URL_SQS',
  ],
];

/** Says in one line why a call to SQS failed for good. */
export function explain(error: unknown): OperatorError {
  if (error instanceof OperatorError) return error;
  const { name, code } = sdkError.safeParse(error).data ?? { name: typeof error };
  const label = code === undefined || code === name ? name : name === 'Error' ? code : `${name}, ${code}`;
  const [, hint] = advice.find(([pattern]) => pattern.test(name) || pattern.test(code ?? '')) ?? [];
  return new OperatorError(hint === undefined ? `unexpected: ${label}` : `${hint} (${label})`, EXIT.notSent);
}
