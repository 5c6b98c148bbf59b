import type { SQSMessageAttributes, SQSRecord } from 'aws-lambda';

/** One delivery of one message, as SQS describes it. */
export interface Delivery {
  messageId: string;
  receiptHandle: string;
  body: string;
  /** How often SQS has delivered the message since it was sent, this time included. */
  deliveries: number;
  /** When it was sent to this queue, in milliseconds since 1970: SQS keeps it for 14 days from then on. */
  enqueuedAtMs: number;
  /** When the message was first sent: its own mark if it has been a dead letter, else SQS's SentTimestamp. */
  sentAt: Date;
  groupId: string | undefined;
  attributes: SQSMessageAttributes;
}

/** On a dead letter whose body has no `verifiedAt`: when the message was first sent, in milliseconds since 1970. */
export const FIRST_SENT_ATTRIBUTE = 'FirstSentTimestamp';

export function deliveryOf(record: SQSRecord): Delivery {
  const { ApproximateReceiveCount, SentTimestamp, MessageGroupId } = record.attributes;
  const firstSent = record.messageAttributes[FIRST_SENT_ATTRIBUTE]?.stringValue;
  const sentAt = new Date(Number(firstSent ?? SentTimestamp));
  return {
    messageId: record.messageId,
    receiptHandle: record.receiptHandle,
    body: record.body,
    deliveries: Number.parseInt(ApproximateReceiveCount, 10) || 1,
    enqueuedAtMs: Number(SentTimestamp) || Date.now(),
    sentAt: Number.isNaN(sentAt.getTime()) ? new Date() : sentAt,
    groupId: MessageGroupId,
    attributes: record.messageAttributes,
  };
}

/** A publisher sends a verification within seconds. What comes later has been somewhere else meanwhile, or its clock is off. */
const SENT_WITHIN_MS = 15 * 60_000;

/** The message came to the queue long after the verification: from the dead-letter queue, and without a mark where SQS moved it there. */
export const wasSentLate = ({ enqueuedAtMs }: Delivery, verifiedAt: Date): boolean =>
  enqueuedAtMs - verifiedAt.getTime() > SENT_WITHIN_MS;

/**
 * Whether messages of the same person that were sent later may have been worked on before this one: it has been out of
 * the FIFO queue (as a dead letter, or with an operator), or there is no such queue.
 */
export const mayHaveBeenOvertaken = ({ groupId, attributes }: Delivery): boolean =>
  groupId === undefined || 'ErrorCode' in attributes || 'Replay' in attributes;

/**
 * Whether HubSpot may have heard of this message before: SQS has delivered it before, it has been a dead letter
 * (`ErrorCode`), or an operator sent it (`Replay`).
 */
export const mayHaveBeenWorkedOn = ({ deliveries, attributes }: Delivery): boolean =>
  deliveries > 1 || 'ErrorCode' in attributes || 'Replay' in attributes;
