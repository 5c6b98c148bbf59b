import type { Message, MessageAttributeValue, SQSClient } from '@aws-sdk/client-sqs';
import type { Delivery } from '../../lib/queue/delivery.ts';
import { type Explanation, explain } from '../../lib/reasons.ts';

/** A queue, and what can talk to it. */
export interface LetterBox {
  sqs: Pick<SQSClient, 'send'>;
  url: string;
}

/** A message as it can be sent again, whole. */
export interface Content {
  body: string;
  attributes: Readonly<Record<string, MessageAttributeValue>>;
  /** Undefined where the queue is not FIFO. */
  groupId: string | undefined;
}

/** A dead letter as SQS hands it over. */
export interface Letter extends Content {
  id: string;
  receiptHandle: string;
  deduplicationId: string | undefined;
  /** When it became one: SQS counts the days that it keeps it from then on. */
  sentAtMs: number;
  errorCode: string | undefined;
  /** As the registry knows it (lib/reasons.ts). */
  reason: string;
  explanation: Explanation;
  errorMessage: string | undefined;
  requestId: string | undefined;
  deliveries: number | undefined;
  correlationId: string | undefined;
}

/** What a letter's attributes say of it. */
export function storyOf(attributes: Letter['attributes']) {
  const text = (name: string): string | undefined =>
    Object.hasOwn(attributes, name) ? attributes[name]?.StringValue : undefined;
  const errorCode = text('ErrorCode');
  const { reason, ...explanation } = explain({ errorCode, reason: text('Reason') });
  const deliveries = Number(text('Deliveries'));
  return {
    errorCode,
    reason,
    explanation,
    errorMessage: text('ErrorMessage'),
    requestId: text('RequestID'),
    deliveries: Number.isInteger(deliveries) && deliveries > 0 ? deliveries : undefined,
    correlationId: text('HubSpotCorrelationId'),
  };
}

/** @param nowMs since 1970, for a message without its own time */
export function letterOf(message: Message, nowMs: number): Letter {
  const { MessageId = '', ReceiptHandle = '', Body = '', Attributes = {}, MessageAttributes = {} } = message;
  // Lists are of no use yet (Amazon SQS API reference, MessageAttributeValue), and not to be sent.
  const attributes = Object.fromEntries(
    Object.entries(MessageAttributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
      name,
      BinaryValue === undefined ? { DataType, StringValue } : { DataType, BinaryValue },
    ]),
  );
  return {
    id: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    attributes,
    groupId: Attributes.MessageGroupId,
    deduplicationId: Attributes.MessageDeduplicationId,
    sentAtMs: Number(Attributes.SentTimestamp) || nowMs,
    ...storyOf(attributes),
  };
}

/** A letter as the sync would meet it, once it is on the queue. */
export const deliveryAfterRedrive = (
  { id, attributes, body, groupId }: Letter,
  sentAtMs: number,
): Delivery => ({
  messageId: id,
  receiptHandle: '',
  body,
  deliveries: 1,
  enqueuedAtMs: sentAtMs,
  sentAt: new Date(sentAtMs),
  groupId,
  attributes: Object.fromEntries(
    Object.entries(attributes).map(([name, { DataType, StringValue }]) => [
      name,
      {
        dataType: DataType === 'Number' ? 'Number' : 'String',
        ...(StringValue !== undefined && { stringValue: StringValue }),
      },
    ]),
  ),
});
