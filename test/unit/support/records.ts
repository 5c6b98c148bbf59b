import type { SQSMessageAttributes, SQSRecord } from 'aws-lambda';

export interface RecordOptions {
  messageId?: string;
  body?: unknown;
  deliveries?: number;
  sentAt?: Date;
  attributes?: SQSMessageAttributes;
}

/** One record of a Lambda event, as SQS's event source mapping makes it. */
export const sqsRecord = ({
  messageId = '11111111-2222-3333-4444-555555555555',
  body = { email: 'ada@example.org', username: 'AdaL', verifiedAt: '2026-11-23T18:00:00.000Z' },
  deliveries = 1,
  sentAt = new Date('2026-11-23T18:00:01.000Z'),
  attributes = {},
}: RecordOptions = {}): SQSRecord => ({
  messageId,
  receiptHandle: `handle of ${messageId}`,
  body: typeof body === 'string' ? body : JSON.stringify(body),
  attributes: {
    ApproximateReceiveCount: String(deliveries),
    SentTimestamp: String(sentAt.getTime()),
    SenderId: 'sender',
    ApproximateFirstReceiveTimestamp: '0',
    MessageGroupId: 'group',
    MessageDeduplicationId: 'sub',
  },
  messageAttributes: attributes,
  md5OfBody: '',
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:verified-users.fifo',
  awsRegion: 'us-east-1',
});

export const stringAttribute = (stringValue: string): SQSMessageAttributes[string] => ({
  dataType: 'String',
  stringValue,
});
