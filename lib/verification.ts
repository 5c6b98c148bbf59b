import { createHash } from 'node:crypto';
import type { SendMessageCommandInput, SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod/mini';
import { DeliveryError } from './failure.ts';
import { personHash } from './person.ts';

const EMAIL_MAX_CHARACTERS = 254;
const USERNAME_MAX_CHARACTERS = 255;

/** Counts Unicode code points, as Cognito and JSON Schema do. */
const characters = (text: string): number => [...text].length;

const stringField = (meta: { description: string; minLength: number; maxLength: number; pattern?: string }) =>
  z.string({ error: ({ input }) => (input === undefined ? 'is missing' : 'is not a string') }).check(
    z.meta(meta),
    z.refine((text) => text !== '', 'is empty'),
    z.refine((text) => characters(text) <= meta.maxLength, `is longer than ${meta.maxLength} characters`),
    z.refine((text) => text.isWellFormed(), 'holds half of a surrogate pair'),
  );

/**
 * A verified sign-up, as it travels on the queue. The checks are liberal on purpose: Cognito has accepted both values
 * already, and the address has received mail.
 */
export const verificationSchema = z.object(
  {
    email: stringField({
      description: 'The verified address, exactly as the person typed it.',
      minLength: 3,
      maxLength: EMAIL_MAX_CHARACTERS,
      // For other people's JSON Schema validators, most of which know no \p{Cc}.
      pattern: '^[^@\\s\\u0000-\\u001F\\u007F-\\u009F]+@[^@\\s\\u0000-\\u001F\\u007F-\\u009F]+$',
    }).check(
      z.refine((email) => /^[^@]+@[^@]+$/.test(email), 'needs one @ with something on both sides'),
      z.refine((email) => !/[\s\p{Cc}]/u.test(email), 'holds white space or a control character'),
    ),
    username: stringField({
      description: 'The username that the person chose, in any script.',
      minLength: 1,
      maxLength: USERNAME_MAX_CHARACTERS,
    }),
    verifiedAt: z.optional(
      z.iso
        .datetime({ offset: true, error: 'is not an ISO 8601 date and time with a time zone' })
        .check(
          z.meta({ description: "When the address was verified; without it, the message's SentTimestamp." }),
        ),
    ),
  },
  'is not a JSON object',
);

/** `email` and `username` exactly as they came; `verifiedAt` in ISO 8601. */
export type Verification = z.infer<typeof verificationSchema>;

const invalid = (problem: string) =>
  new DeliveryError({ class: 'invalid', detail: `Not a verification message. ${problem}` });

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text.
    throw invalid(
      text.startsWith('\uFEFF') ? 'The body begins with a byte order mark.' : 'The body is not JSON.',
    );
  }
}

/**
 * What is wrong with a value that should be a {@link Verification}, field by field and without quoting any value, or
 * the verification itself.
 */
export function checkVerification(value: unknown): { verification: Verification } | { problems: string[] } {
  const { success, data, error } = verificationSchema.safeParse(value);
  const problems = success
    ? []
    : error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
  if (typeof value === 'object' && value !== null && Object.hasOwn(value, '__proto__')) {
    problems.push('__proto__: is not a field');
  }
  return success && problems.length === 0 ? { verification: data } : { problems };
}

/** @throws DeliveryError of class `invalid` that names each bad field and why, without its value. */
export function parseVerification(body: string): Verification {
  const checked = checkVerification(parseJson(body));
  if ('problems' in checked) throw invalid(`${checked.problems.join('; ')}.`);
  return checked.verification;
}

const deduplicationHash = (...parts: string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex');

/** What identifies one verification to the queue, beside its own content. */
export interface PublishingOptions {
  /** Cognito's `sub` of the account, where there is one: repeats of one trigger become one message. */
  sub?: string | undefined;
  /** Sent by an operator, not by a sign-up: HubSpot may know the outcome already, and is asked before a note is written. */
  replay?: boolean;
}

/** Where a verification goes, and how long the sender is ready to wait. */
export interface Destination {
  sqs: SQSClient;
  queueUrl: string;
  abortSignal?: AbortSignal;
}

/** The queue message of a verification, ready for `SendMessage` or as an entry of `SendMessageBatch`. */
export function verificationMessage(
  verification: Verification,
  { sub, replay = false }: PublishingOptions = {},
) {
  const { email, username, verifiedAt } = verification;
  return {
    MessageBody: JSON.stringify({ email, username, verifiedAt }),
    MessageGroupId: personHash(email),
    // A replay must not be taken for the sign-up's own message, which the queue may have seen within five minutes.
    MessageDeduplicationId: replay
      ? deduplicationHash('replay', email, username, verifiedAt ?? '')
      : (sub ?? deduplicationHash(email, username)),
    ...(replay && { MessageAttributes: { Replay: { DataType: 'String', StringValue: 'true' } } }),
  } satisfies Omit<SendMessageCommandInput, 'QueueUrl'>;
}

/**
 * Puts one verified sign-up on the queue, for a Node.js back end that does not go through Cognito.
 *
 * @throws DeliveryError when the verification is not one ({@link parseVerification}); otherwise what the AWS SDK throws.
 */
export async function publishVerification(
  verification: Verification,
  { sqs, queueUrl, abortSignal, ...options }: PublishingOptions & Destination,
): Promise<{ messageId: string | undefined }> {
  const checked = checkVerification(verification);
  if ('problems' in checked) throw invalid(`${checked.problems.join('; ')}.`);
  // Loaded here, as the receiving side, which reads messages with this file, starts without it.
  const { SendMessageCommand } = await import('@aws-sdk/client-sqs');
  const { MessageId } = await sqs.send(
    new SendMessageCommand({ QueueUrl: queueUrl, ...verificationMessage(checked.verification, options) }),
    abortSignal ? { abortSignal } : {},
  );
  return { messageId: MessageId };
}
