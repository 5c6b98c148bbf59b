import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Failure } from '../../lib/failure.ts';
import { type DeadLetterOptions, deadLetter } from '../../lib/queue/dead-letter.ts';
import { deliveryOf } from '../../lib/queue/delivery.ts';
import { type RecordOptions, sqsRecord, stringAttribute } from './support/records.ts';

const rejected: Failure = {
  class: 'rejected',
  reason: 'EmailRefused',
  detail: 'POST /x answered 400 VALIDATION_ERROR.',
  correlationId: 'c-1',
};
const options: DeadLetterOptions = {
  dlqUrl: 'https://sqs/verified-users-dlq.fifo',
  errorCode: 'HubSpotRejected',
  failure: rejected,
  requestId: 'request-1',
  bodyHasVerifiedAt: true,
};

const letter = (record: RecordOptions = {}, changed: Partial<DeadLetterOptions> = {}) =>
  deadLetter(deliveryOf(sqsRecord(record)), { ...options, ...changed });

const text = (StringValue: string) => ({ DataType: 'String', StringValue });
const number = (StringValue: string) => ({ DataType: 'Number', StringValue });
const ours = {
  ErrorCode: text('HubSpotRejected'),
  Reason: text('EmailRefused'),
  ErrorMessage: text('POST /x answered 400 VALIDATION_ERROR.'),
  RequestID: text('request-1'),
  Deliveries: number('3'),
  HubSpotCorrelationId: text('c-1'),
};

describe('a dead letter', () => {
  it('is the body byte for byte, the reason, and what SQS needs to keep its order', () => {
    const body = '{ "email" :"ada@example.org",\n"x":"\u00E4\uFEFF" }';
    expect(letter({ body, deliveries: 3 })).toEqual({
      QueueUrl: 'https://sqs/verified-users-dlq.fifo',
      MessageBody: body,
      MessageAttributes: ours,
      MessageGroupId: 'group',
      MessageDeduplicationId: 'dead-letter-11111111-2222-3333-4444-555555555555',
    });
  });

  it('goes to a queue that is not FIFO just as well', () => {
    const plain = letter({}, { dlqUrl: 'https://sqs/dlq' });
    expect(plain).not.toHaveProperty('MessageGroupId');
    expect(plain).not.toHaveProperty('MessageDeduplicationId');
  });

  it('is of a group of its own where the message had none', () => {
    const { groupId: _, ...delivery } = deliveryOf(sqsRecord());
    expect(deadLetter({ ...delivery, groupId: undefined }, options).MessageGroupId).toBe(delivery.messageId);
  });

  it('has no correlation ID where HubSpot gave none', () => {
    const { MessageAttributes } = letter({}, { failure: { class: 'invalid', detail: 'x' } });
    expect(MessageAttributes).not.toHaveProperty('HubSpotCorrelationId');
  });

  it('says how often it was tried, where that is why it is one', () => {
    const failure: Failure = { class: 'transient', detail: 'POST /x answered 503.' };
    const { MessageAttributes } = letter(
      { deliveries: 40 },
      { because: 'deliveries', errorCode: 'DeliveriesExhausted', failure },
    );
    expect(MessageAttributes).toMatchObject({
      ErrorCode: text('DeliveriesExhausted'),
      ErrorMessage: text('Gave up after 40 deliveries. At last: POST /x answered 503.'),
      Deliveries: number('40'),
    });
  });

  it('keeps the moment of its first sending where the body does not name the verification', () => {
    const { MessageAttributes } = letter({}, { bodyHasVerifiedAt: false });
    expect(MessageAttributes?.FirstSentTimestamp).toEqual(number('1795456801000'));
    expect(letter().MessageAttributes).not.toHaveProperty('FirstSentTimestamp');

    const again = letter(
      { attributes: { FirstSentTimestamp: { dataType: 'Number', stringValue: '1700000000000' } } },
      { bodyHasVerifiedAt: false },
    );
    expect(again.MessageAttributes?.FirstSentTimestamp).toEqual(number('1700000000000'));
  });

  it('keeps its own attributes, of every type', () => {
    const attributes = {
      Replay: stringAttribute('true'),
      Attempt: { dataType: 'Number.int', stringValue: '7' },
      Raw: { dataType: 'Binary', binaryValue: Buffer.from([0, 255, 10]).toString('base64') },
    };
    expect(letter({ attributes, deliveries: 3 }).MessageAttributes).toEqual({
      ...ours,
      Replay: text('true'),
      Attempt: { DataType: 'Number.int', StringValue: '7' },
      Raw: { DataType: 'Binary', BinaryValue: Buffer.from([0, 255, 10]) },
    });
  });

  it('has the reason of this time, not of the last', () => {
    const attributes = {
      ErrorCode: stringAttribute('DeliveriesExhausted'),
      Reason: stringAttribute('NoAnswer'),
      Deliveries: stringAttribute('40'),
    };
    expect(letter({ attributes, deliveries: 3 }).MessageAttributes).toEqual(ours);
  });

  it("has no correlation ID of an earlier time's answer", () => {
    const attributes = { HubSpotCorrelationId: stringAttribute('c-0') };
    const failure: Failure = { class: 'transient', detail: 'POST /x answered 502.' };
    expect(letter({ attributes }, { failure }).MessageAttributes).not.toHaveProperty('HubSpotCorrelationId');
  });

  it.each(['constructor', 'toString', 'valueOf'])('keeps an attribute of the name %s', (name) => {
    const { MessageAttributes } = letter({ attributes: { [name]: stringAttribute('x') } });
    expect(Object.entries(MessageAttributes ?? {})).toContainEqual([name, text('x')]);
  });

  it('has ten attributes at most, ours among them whatever the message brought along', () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[A-Za-z][A-Za-z0-9_.-]{0,20}$/), { maxLength: 10 });
    fc.assert(
      fc.property(names, fc.boolean(), (own, bodyHasVerifiedAt) => {
        const attributes = Object.fromEntries(own.map((name) => [name, stringAttribute('x')]));
        const all = letter({ attributes, deliveries: 3 }, { bodyHasVerifiedAt }).MessageAttributes ?? {};
        expect(Object.keys(all).length).toBeLessThanOrEqual(10);
        expect(all).toMatchObject(ours);
        const reasons = bodyHasVerifiedAt ? 6 : 7;
        const kept = own.filter((name) => name in all && !(name in ours));
        const expected = own.filter(
          (name) => !(name in ours) && (bodyHasVerifiedAt || name !== 'FirstSentTimestamp'),
        );
        expect(kept.length).toBe(Math.min(expected.length, 10 - reasons));
      }),
    );
  });
});
