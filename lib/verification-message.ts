import { createHash, randomUUID } from 'node:crypto';
import type { SendMessageCommandInput } from '@aws-sdk/client-sqs';
import { personHash } from './person.ts';
import type { Verification } from './verification.ts';

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
