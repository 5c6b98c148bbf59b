import { describe, expect, it } from 'vitest';
import { deliveryOf, mayHaveBeenOvertaken, mayHaveBeenWorkedOn } from '../../lib/queue/delivery.ts';
import { sqsRecord, stringAttribute } from './support/records.ts';

describe('a delivery', () => {
  it('is what SQS says of it', () => {
    const attributes = { Source: stringAttribute('backfill') };
    expect(deliveryOf(sqsRecord({ body: '{ }', deliveries: 3, attributes }))).toEqual({
      messageId: '11111111-2222-3333-4444-555555555555',
      receiptHandle: 'handle of 11111111-2222-3333-4444-555555555555',
      body: '{ }',
      deliveries: 3,
      enqueuedAtMs: Date.parse('2026-11-23T18:00:01.000Z'),
      sentAt: new Date('2026-11-23T18:00:01.000Z'),
      groupId: 'group',
      attributes,
    });
  });

  it('needs no FIFO queue', () => {
    const record = sqsRecord();
    const { MessageGroupId: _, MessageDeduplicationId: __, ...attributes } = record.attributes;
    expect(deliveryOf({ ...record, attributes })).toMatchObject({ groupId: undefined, deliveries: 1 });
  });

  it('was first sent when its own mark says so, once it has been a dead letter', () => {
    const attributes = { FirstSentTimestamp: { dataType: 'Number', stringValue: '1700000000000' } };
    expect(deliveryOf(sqsRecord({ attributes })).sentAt).toEqual(new Date(1_700_000_000_000));
  });

  it.each(['', 'x', '0'])('is taken for the first where SQS counts it as %j', (ApproximateReceiveCount) => {
    const record = sqsRecord();
    const attributes = { ...record.attributes, ApproximateReceiveCount };
    expect(deliveryOf({ ...record, attributes }).deliveries).toBe(1);
  });

  it('is taken for sent just now where its date is none', () => {
    const attributes = { FirstSentTimestamp: stringAttribute('some day') };
    expect(Math.abs(deliveryOf(sqsRecord({ attributes })).sentAt.getTime() - Date.now())).toBeLessThan(5_000);
  });
});

describe('a message that later ones may have overtaken', () => {
  it.each([
    ['one that was a dead letter', { attributes: { ErrorCode: stringAttribute('HubSpotRejected') } }, true],
    ['one that an operator has sent', { attributes: { Replay: stringAttribute('true') } }, true],
    ['one that has waited in the queue all the while', { deliveries: 40 }, false],
    ['one with other attributes', { attributes: { Source: stringAttribute('Replay') } }, false],
  ])('is %s: %o', (_, options, overtaken) => {
    expect(mayHaveBeenOvertaken(deliveryOf(sqsRecord(options)))).toBe(overtaken);
  });

  it('is any in a queue without groups', () => {
    const record = sqsRecord();
    const { MessageGroupId: _, ...attributes } = record.attributes;
    expect(mayHaveBeenOvertaken(deliveryOf({ ...record, attributes }))).toBe(true);
  });

  it('counts its age from the SentTimestamp, or from now where that is none', () => {
    const record = sqsRecord();
    const attributes = { ...record.attributes, SentTimestamp: '' };
    const { enqueuedAtMs } = deliveryOf({ ...record, attributes });
    expect(Math.abs(enqueuedAtMs - Date.now())).toBeLessThan(5_000);
  });
});

describe('a reason to doubt', () => {
  it.each([
    ['a second delivery', { deliveries: 2 }, true],
    ['a fortieth', { deliveries: 40 }, true],
    ['a dead letter sent back', { attributes: { ErrorCode: stringAttribute('HubSpotRejected') } }, true],
    ["an operator's message", { attributes: { Replay: stringAttribute('true') } }, true],
    ['an attribute of another name', { attributes: { Source: stringAttribute('Replay') } }, false],
    [
      'the mark of the first sending alone',
      { attributes: { FirstSentTimestamp: stringAttribute('1') } },
      false,
    ],
    ['a first delivery', {}, false],
  ])('%s: %o', (_, options, doubted) => {
    expect(mayHaveBeenWorkedOn(deliveryOf(sqsRecord(options)))).toBe(doubted);
  });
});
