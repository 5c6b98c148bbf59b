import { describe, expect, it } from 'vitest';
import { requireSqsEvent } from '../../lib/queue/sqs-event.ts';
import { sqsRecord } from './support/records.ts';

const refusal = (event: unknown): string => {
  try {
    requireSqsEvent(event);
  } catch (error) {
    return String(error);
  }
  return 'taken';
};

describe('an event of SQS', () => {
  it('is taken, with records and without', () => {
    expect(refusal({ Records: [sqsRecord(), sqsRecord()] })).toBe('taken');
    expect(refusal({ Records: [] })).toBe('taken');
  });

  it('may have empty bodies, attributes and fields that nobody knows', () => {
    expect(refusal({ Records: [{ ...sqsRecord({ body: '' }), attributes: {}, more: 1 }], more: 1 })).toBe(
      'taken',
    );
  });
});

describe('any other', () => {
  const END =
    ". Nothing of it was begun: messages of a queue stay there. It takes what Lambda makes of a queue's messages, such as test/events/new-user.json.";

  it.each([[undefined], [null], ['Records'], [[]], [{}], [{ Records: 'x' }], [{ records: [] }]])(
    'has no list of records: %j',
    (event) => {
      expect(refusal(event)).toBe(`Error: The event is none of SQS: it has no list of Records${END}`);
    },
  );

  it.each(['messageId', 'receiptHandle', 'body', 'attributes', 'messageAttributes'])(
    'is told by the record and the field that it lacks, and quoted nowhere: %s',
    (field) => {
      const broken = { ...sqsRecord(), [field]: 7 };
      expect(refusal({ Records: [sqsRecord(), broken, null] })).toBe(
        `Error: The event is none of SQS: record 2 of 3 lacks ${field}${END}`,
      );
    },
  );

  it.each([[null], ['ada@example.org'], [{}]])('may hold no record at all: %j', (record) => {
    expect(refusal({ Records: [record] })).toBe(
      `Error: The event is none of SQS: record 1 of 1 lacks messageId, receiptHandle, body, attributes, messageAttributes${END}`,
    );
  });

  it('may have a message without an ID', () => {
    expect(refusal({ Records: [sqsRecord({ messageId: '' })] })).toContain('record 1 of 1 lacks messageId. ');
  });
});
