import { SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod/mini';
import { EXIT, OperatorError } from '../exit.ts';
import { resolveStage, type Stage, type StageOptions, whereIs } from './stage.ts';

/** A queue, and a client that is ready to talk to it. */
export interface Queue {
  sqs: SQSClient;
  url: string;
}

const NAMES = {
  queue: {
    what: 'Which queue?',
    option: '--queue-url',
    variable: 'QUEUE_URL',
    example: 'verified-users.fifo',
  },
  deadLetters: {
    what: 'Which dead-letter queue?',
    option: '--dlq-url',
    variable: 'DLQ_URL',
    example: 'verified-users-dlq.fifo',
  },
} as const;

/** @throws OperatorError when it is missing, or no URL of a FIFO queue. */
export function checkQueueUrl(url: string | undefined, which: keyof typeof NAMES = 'queue'): string {
  const { what, option, variable, example } = NAMES[which];
  if (url === undefined || url === '') {
    throw new OperatorError(
      `${what} Give the stage (--stage prod, or --stage local for npm run dev), or give its URL with ${option} or in the environment variable ${variable}.`,
    );
  }
  if (!/^https?:/.test(url) || !URL.canParse(url)) {
    throw new OperatorError(
      `The queue URL is not a URL. It looks like https://sqs.eu-west-1.amazonaws.com/123456789012/${example}.`,
    );
  }
  if (!url.endsWith('.fifo')) {
    throw new OperatorError('The queue URL does not name a FIFO queue: the name of one ends in .fifo.');
  }
  return url;
}

/**
 * Connects to SQS where the stage is, and for the rest with the AWS SDK's own settings: `AWS_REGION`, `AWS_PROFILE`,
 * `AWS_ENDPOINT_URL_SQS` and so on.
 *
 * @throws OperatorError when region or credentials are missing, before anything is sent.
 */
export async function connectSqs({ aws }: Pick<Stage, 'aws'>): Promise<{ sqs: SQSClient; region: string }> {
  const sqs = new SQSClient({
    // Calls that fail altogether are retried by the SDK, with care for throttling: for some seconds where SQS answers
    // with errors, for some 45 where it does not answer.
    maxAttempts: 8,
    useQueueUrlAsEndpoint: false,
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
    ...(aws.region !== undefined && { region: aws.region }),
    ...(aws.sqsEndpoint !== undefined && { endpoint: aws.sqsEndpoint }),
    ...(aws.credentials !== undefined && { credentials: aws.credentials }),
  });
  let region: string;
  try {
    region = await sqs.config.region();
  } catch {
    throw new OperatorError('Which AWS region? Set AWS_REGION, for example AWS_REGION=eu-west-1.');
  }
  try {
    await sqs.config.credentials();
  } catch {
    throw new OperatorError(
      'No AWS credentials were found, or they have expired. Sign in as for the AWS CLI; AWS_PROFILE chooses a profile.',
    );
  }
  return { sqs, region };
}

/** Whether a queue is one for dead letters, by its name or because the stage says so. */
const isForDeadLetters = (url: string, { dlqUrl }: Stage): boolean =>
  url === dlqUrl ||
  /(^|[-_])(dlq|dead-?letters?)([-_.]|$)/i.test(new URL(url).pathname.split('/').at(-1) ?? '');

/**
 * The queue that people are sent to, and where it is, for a person.
 *
 * @throws OperatorError when it is none, or one for dead letters.
 */
export async function openQueue(
  options: StageOptions,
): Promise<{ queue: Queue; where: string; requestsPer10s: number }> {
  if (options.stage === undefined) checkQueueUrl(options.queueUrl ?? process.env.QUEUE_URL);
  const stage = await resolveStage(options);
  const url = checkQueueUrl(stage.queueUrl);
  if (isForDeadLetters(url, stage)) {
    throw new OperatorError(
      'That is a dead-letter queue: nobody would look at what is sent there. Nothing was sent. Give the queue of verified users.',
    );
  }
  const { sqs, region } = await connectSqs(stage);
  return {
    queue: { sqs, url },
    where: whereIs(url, stage, region),
    requestsPer10s: stage.hubspot.requestsPer10s,
  };
}

const sdkError = z.object({
  name: z.string(),
  code: z.catch(z.optional(z.string()), undefined),
  $metadata: z.catch(z.optional(z.object({ httpStatusCode: z.optional(z.number()) })), undefined),
});

/** Advice for the errors that operators meet. An SDK error's own message is not shown: it may quote what was sent. */
const advice: readonly (readonly [RegExp, string])[] = [
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

/**
 * Says in one line why a call to SQS failed for good.
 *
 * @param what what it was to do, and the right that it takes
 */
export function explain(error: unknown, what = 'send to this queue (sqs:SendMessage)'): OperatorError {
  if (error instanceof OperatorError) return error;
  const { name, code, $metadata } = sdkError.safeParse(error).data ?? { name: typeof error };
  const label = code === undefined || code === name ? name : name === 'Error' ? code : `${name}, ${code}`;
  // The status last: it says least.
  const [, known] =
    [name, code, String($metadata?.httpStatusCode)]
      .map((clue) => advice.find(([pattern]) => pattern.test(clue ?? '')))
      .find((found) => found !== undefined) ?? [];
  const hint = /^AccessDenied/.test(name) ? `these credentials may not ${what}` : known;
  return new OperatorError(
    `${hint ?? 'this command has failed, for a reason that it does not know'} (${label})`,
    EXIT.notDone,
  );
}
