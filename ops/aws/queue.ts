import { SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod/mini';
import { EXIT, OperatorError } from '../exit.ts';

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
      // Calls that fail altogether are retried by the SDK, with care for throttling: for some seconds where SQS answers
      // with errors, for some 45 where it does not answer.
      maxAttempts: 8,
      useQueueUrlAsEndpoint: false,
      requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
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

const sdkError = z.object({
  name: z.string(),
  code: z.catch(z.optional(z.string()), undefined),
  $metadata: z.catch(z.optional(z.object({ httpStatusCode: z.optional(z.number()) })), undefined),
});

/** Advice for the errors that operators meet. An SDK error's own message is not shown: it may quote what was sent. */
const advice: readonly (readonly [RegExp, string])[] = [
  [/^AccessDenied/, 'these credentials may not send to this queue (sqs:SendMessage)'],
  [
    /^(QueueDoesNotExist|.*NonExistentQueue)$/,
    'there is no such queue: check its URL, AWS_REGION and the account',
  ],
  [/^Kms/, 'the key that encrypts the queue cannot be used: check its state and who may use it'],
  [/Token|Credential|Signature|UnrecognizedClient/, 'AWS does not accept these credentials: sign in again'],
  [/^InvalidMessageContents/, 'SQS does not take a character in it'],
  [
    /^(E[A-Z_]+|TimeoutError)$/,
    'SQS cannot be reached: check the network, AWS_REGION and AWS_ENDPOINT_URL_SQS',
  ],
  [
    /^(Internal|ServiceUnavailable|.*Throttl|.*LimitExceeded|5\d\d$)/,
    'SQS has trouble at the moment: try again in some minutes',
  ],
  [
    /^4\d\d$/,
    'SQS refused for a reason that this command does not know: look it up under "Common Errors" in the Amazon SQS API reference',
  ],
];

/** Says in one line why a call to SQS failed for good. */
export function explain(error: unknown): OperatorError {
  if (error instanceof OperatorError) return error;
  const { name, code, $metadata } = sdkError.safeParse(error).data ?? { name: typeof error };
  const label = code === undefined || code === name ? name : name === 'Error' ? code : `${name}, ${code}`;
  // The status last: it says least.
  const [, hint] =
    [name, code, String($metadata?.httpStatusCode)]
      .map((clue) => advice.find(([pattern]) => pattern.test(clue ?? '')))
      .find((found) => found !== undefined) ?? [];
  return new OperatorError(
    `${hint ?? 'this command has failed, for a reason that it does not know'} (${label})`,
    EXIT.notSent,
  );
}
