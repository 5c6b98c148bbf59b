import type { MessageAttributeValue, SendMessageCommandInput } from '@aws-sdk/client-sqs';
import { type Failure, reasonOf } from '../failure.ts';
import { type Delivery, FIRST_SENT_ATTRIBUTE } from './delivery.ts';
import type { ErrorCode } from './next-step.ts';

/** SQS allows a message so many attributes. */
const ATTRIBUTES_MAX = 10;

export interface DeadLetterOptions {
  dlqUrl: string;
  errorCode: ErrorCode;
  /** Why the message was given up, where it is not for its own sake. */
  because?: 'deliveries' | 'age' | undefined;
  failure: Failure;
  /** The request ID of the Lambda invocation that gave the message up. */
  requestId: string;
  /** Whether the body says itself when the sign-up was verified. */
  bodyHasVerifiedAt: boolean;
}

/**
 * The message as a dead letter: its body byte for byte, its own attributes, and the reason in the convention of AWS's
 * own dead letters.
 */
export function deadLetter(
  delivery: Delivery,
  { dlqUrl, errorCode, because, failure, requestId, bodyHasVerifiedAt }: DeadLetterOptions,
): SendMessageCommandInput {
  const reason = {
    ErrorCode: text(errorCode),
    Reason: text(reasonOf(failure)),
    ErrorMessage: text(errorMessage(failure, because, delivery.deliveries)),
    RequestID: text(requestId),
    Deliveries: number(delivery.deliveries),
    ...(failure.correlationId !== undefined && { HubSpotCorrelationId: text(failure.correlationId) }),
    // A redrive gives a message a new SentTimestamp, which would pass for the moment of verification.
    ...(!bodyHasVerifiedAt && { [FIRST_SENT_ATTRIBUTE]: number(delivery.sentAt.getTime()) }),
  };
  const own = Object.entries(delivery.attributes)
    // What an earlier time as a dead letter has left behind is replaced, or dropped where there is no such thing this time.
    .filter(([name]) => name !== 'HubSpotCorrelationId' && !Object.hasOwn(reason, name))
    .map(([name, { dataType, stringValue, binaryValue }]): [string, MessageAttributeValue] => [
      name,
      binaryValue === undefined
        ? { DataType: dataType, StringValue: stringValue }
        : { DataType: dataType, BinaryValue: Buffer.from(binaryValue, 'base64') },
    ]);
  return {
    QueueUrl: dlqUrl,
    MessageBody: delivery.body,
    MessageAttributes: Object.fromEntries([...Object.entries(reason), ...own].slice(0, ATTRIBUTES_MAX)),
    ...(dlqUrl.endsWith('.fifo') && {
      MessageGroupId: delivery.groupId ?? delivery.messageId,
      // Repeats of this dead-lettering within five minutes stay one message. The original ID would swallow a later,
      // different one.
      MessageDeduplicationId: `dead-letter-${delivery.messageId}`,
    }),
  };
}

function errorMessage(
  { detail }: Failure,
  because: DeadLetterOptions['because'],
  deliveries: number,
): string {
  switch (because) {
    case 'deliveries':
      return `Gave up after ${deliveries} deliveries. At last: ${detail}`;
    case 'age':
      return `Gave up after ${deliveries} deliveries, before SQS deletes the message at 14 days. At last: ${detail}`;
    case undefined:
      return detail;
  }
}

const text = (value: string): MessageAttributeValue => ({ DataType: 'String', StringValue: value });
const number = (value: number): MessageAttributeValue => ({ DataType: 'Number', StringValue: String(value) });
