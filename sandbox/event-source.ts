import type { Message, MessageAttributeValue, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSEvent, SQSMessageAttribute, SQSRecord } from 'aws-lambda';
import { Consumer } from 'sqs-consumer';
import * as z from 'zod/mini';

const BATCH_SIZE = 10;

const batchResponseSchema = z.object({
  batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })),
});

export interface EventSourceOptions {
  sqs: SQSClient;
  queueUrl: string;
  /** One for each instance that may be at work at a time. */
  invocations: ((event: SQSEvent) => Promise<unknown>)[];
  /** An invocation that failed as a whole. */
  onFailure?(error: unknown): void;
  /** A batch is handed to an instance, counted from 0. */
  onDelivery?(delivery: { instance: number; records: readonly SQSRecord[] }): void;
  /** What came of it: which messages it left to their visibility timeouts, and why where it failed as a whole. */
  onDeliveryEnd?(end: { instance: number; left: readonly SQSRecord[]; error?: unknown }): void;
}

export interface EventSource {
  /** Takes the receipt handles of the messages that invocations left to their visibility timeouts since last asked. */
  takeLeft(): string[];
  stop(): void;
}

/**
 * Lambda's event source mapping: polls, invokes with batches of ten, deletes what succeeded, and leaves what is
 * reported in `batchItemFailures`, or a whole batch whose invocation failed, to its visibility timeout.
 */
export function mapEventSource({
  sqs,
  queueUrl,
  invocations,
  onFailure,
  onDelivery,
  onDeliveryEnd,
}: EventSourceOptions): EventSource {
  let left: string[] = [];
  const leave = (messages: Message[]) => {
    left.push(...messages.map(({ ReceiptHandle = '' }) => ReceiptHandle));
  };

  const consumers = invocations.map((invoke, instance) => {
    const consumer = Consumer.create({
      sqs,
      queueUrl,
      batchSize: BATCH_SIZE,
      messageAttributeNames: ['All'],
      messageSystemAttributeNames: ['All'],
      suppressFifoWarning: true,
      async handleMessageBatch(messages) {
        const records = messages.map((message) => recordOf(message, queueUrl));
        onDelivery?.({ instance, records });
        try {
          const failed = failedIds(await invoke({ Records: records }));
          leave(messages.filter(({ MessageId }) => failed.has(MessageId ?? '')));
          onDeliveryEnd?.({ instance, left: records.filter(({ messageId }) => failed.has(messageId)) });
          return messages.filter(({ MessageId }) => !failed.has(MessageId ?? ''));
        } catch (error) {
          onFailure?.(error);
          leave(messages);
          onDeliveryEnd?.({ instance, left: records, error });
          return [];
        }
      },
    });
    consumer.on('error', (error) => onFailure?.(error));
    consumer.start();
    return consumer;
  });

  return {
    takeLeft() {
      const taken = left;
      left = [];
      return taken;
    },
    stop() {
      for (const consumer of consumers) {
        consumer.removeAllListeners('error').on('error', () => {});
        consumer.stop({ abort: true });
      }
    },
  };
}

function failedIds(answer: unknown): Set<string> {
  const { batchItemFailures }: SQSBatchResponse = batchResponseSchema.parse(answer);
  return new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
}

/** A message of the SQS API as Lambda hands it over. */
export function recordOf(message: Message, queueUrl: string): SQSRecord {
  const {
    SentTimestamp = '',
    ApproximateReceiveCount = '',
    SenderId = '',
    ...others
  } = message.Attributes ?? {};
  return {
    messageId: message.MessageId ?? '',
    receiptHandle: message.ReceiptHandle ?? '',
    body: message.Body ?? '',
    attributes: {
      ...others,
      SentTimestamp,
      ApproximateReceiveCount,
      SenderId,
      ApproximateFirstReceiveTimestamp: message.Attributes?.ApproximateFirstReceiveTimestamp ?? '',
    },
    messageAttributes: Object.fromEntries(
      Object.entries(message.MessageAttributes ?? {}).map(([name, value]) => [name, attributeOf(value)]),
    ),
    md5OfBody: message.MD5OfBody ?? '',
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:us-east-1:000000000000:${queueUrl.split('/').at(-1)}`,
    awsRegion: 'us-east-1',
  };
}

function attributeOf({ DataType, StringValue, BinaryValue }: MessageAttributeValue): SQSMessageAttribute {
  return {
    dataType: DataType as SQSMessageAttribute['dataType'],
    ...(StringValue !== undefined && { stringValue: StringValue }),
    ...(BinaryValue !== undefined && { binaryValue: Buffer.from(BinaryValue).toString('base64') }),
  };
}
