import { createHash, randomUUID } from 'node:crypto';
import { SendMessageCommand, type SendMessageCommandInput, type SQSClient } from '@aws-sdk/client-sqs';
import { personHash } from './person.ts';
import { requireVerification, type Verification } from './verification.ts';

/* The sending side, and all that other programs get when they import this package. */

export { DeliveryError, type Failure } from './failure.ts';
export type { Verification };

/** What identifies one verification to the queue, beside its own content. */
export interface PublishingOptions {
  /** Cognito's `sub` of the account, where there is one: repeats of one trigger become one message. */
  sub?: string | undefined;
  /** Not the sign-up's own message, but a later one: HubSpot may know the outcome already, and is asked before a note is written. */
  replay?: boolean;
  /**
   * Of a replay: names the run that sends it. What a run sends a second time, within five minutes and with the same
   * values, SQS drops: so one that was interrupted can go on. Without a name, every call is a run of its own.
   */
  run?: string;
}

/** Where a verification goes, and how long the sender is ready to wait. */
export interface Destination {
  sqs: Pick<SQSClient, 'send'>;
  queueUrl: string;
  abortSignal?: AbortSignal;
}

const deduplicationHash = (...parts: string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex');

/**
 * JSON that SQS takes, whatever the strings in it hold. SQS refuses a message with other characters than #x9, #xA, #xD,
 * #x20 to #xD7FF, #xE000 to #xFFFD and #x10000 to #x10FFFF (Amazon SQS API reference, SendMessage). `JSON.stringify`
 * escapes all of those but two.
 */
const bodyOf = (value: object): string =>
  JSON.stringify(value).replaceAll('\uFFFE', '\\ufffe').replaceAll('\uFFFF', '\\uffff');

/** The queue message of a verification, ready for `SendMessage` or as an entry of `SendMessageBatch`. */
export function verificationMessage(
  verification: Verification,
  { sub, replay = false, run = randomUUID() }: PublishingOptions = {},
) {
  const { email, username, verifiedAt } = verification;
  const MessageBody = bodyOf({ email, username, verifiedAt });
  return {
    MessageBody,
    MessageGroupId: personHash(email),
    // SQS says "sent" of a repeat within five minutes, and drops it. So a replay is never taken for the sign-up's own
    // message, nor for one of an earlier run, which may have come to nothing.
    MessageDeduplicationId: replay
      ? deduplicationHash(run, MessageBody)
      : (sub ?? deduplicationHash(email, username)),
    ...(replay && { MessageAttributes: { Replay: { DataType: 'String', StringValue: 'true' } } }),
  } satisfies Omit<SendMessageCommandInput, 'QueueUrl'>;
}

/**
 * Puts one verified sign-up on the queue, for a Node.js back end that does not go through Cognito.
 *
 * @throws DeliveryError when the verification is not one: it names each bad field and why, without its value. Otherwise
 * what the AWS SDK throws.
 */
export async function publishVerification(
  verification: Verification,
  { sqs, queueUrl, abortSignal, ...options }: PublishingOptions & Destination,
): Promise<{ messageId: string | undefined }> {
  const message = verificationMessage(requireVerification(verification), options);
  const { MessageId } = await sqs.send(
    new SendMessageCommand({ QueueUrl: queueUrl, ...message }),
    abortSignal ? { abortSignal } : {},
  );
  return { messageId: MessageId };
}
