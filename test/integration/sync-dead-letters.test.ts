import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  conflict,
  internalError,
  invalidEmail,
  moved,
  tenSecondlyLimit,
} from '../../sandbox/hubspot/answers.ts';
import type { Fault } from '../../sandbox/hubspot/faults.ts';
import { CONTACTS } from './support/api-version.ts';
import { countIn } from './support/metrics.ts';
import { person } from './support/people.ts';
import { type Instance, type Message, message, type Sync, startSync } from './support/sync.ts';

/*
 * What a dead letter consists of. Why a message becomes one is told where the answers are.
 */

const VERIFIED_AT = '2026-11-23T18:00:00.000Z';

let sync: Sync;
let instance: Instance;

/** One that remembers no refusal and no 429. */
const fresh = (): Instance => sync.instance({ MAX_RECEIVE_COUNT: '7' });

beforeAll(async () => {
  sync = await startSync();
  instance = fresh();
});
beforeEach(() => sync.reset());
afterAll(() => sync.stop());

async function rejected(one: Partial<Message> = {}) {
  sync.hubspot.faults.add({ do: { type: 'status', ...invalidEmail } });
  const delivered = await instance.deliver(message(person(), { verifiedAt: VERIFIED_AT, ...one }));
  if (delivered.deadLetter === undefined) throw new Error('There is no dead letter');
  return { ...delivered, deadLetter: delivered.deadLetter };
}

const own = (count: number): NonNullable<Message['attributes']> =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `Own${index}`,
      { DataType: 'String', StringValue: `${index}` },
    ]),
  );

it('the body is the message’s, byte for byte', async () => {
  const { email, username } = person();
  const body = `\t{ "username" : "${username} — é e\u0301 ع‏ \\u0041\\ud83d\\ude00",\r\n "email":\n"${email}" , "n": 1.0e2, "n": 9007199254740993 }\n \n`;
  const { deadLetter } = await rejected({ body });
  expect(deadLetter.body).toBe(body);
});

it('the reason stands in attributes that AWS’s own dead letters have, and some of ours', async () => {
  const { deadLetter, line } = await rejected({ deliveries: 3 });
  expect(deadLetter.messageAttributes).toEqual({
    ErrorCode: { DataType: 'String', StringValue: 'HubSpotRejected' },
    Reason: { DataType: 'String', StringValue: 'EmailRefused' },
    ErrorMessage: {
      DataType: 'String',
      StringValue: `POST ${CONTACTS} answered 400 VALIDATION_ERROR (email: INVALID_EMAIL).`,
    },
    RequestID: { DataType: 'String', StringValue: line.function_request_id },
    Deliveries: { DataType: 'Number', StringValue: '3' },
    HubSpotCorrelationId: { DataType: 'String', StringValue: '2dea5219-07f2-40ce-82ec-9c2e302317a4' },
  });
});

it('the message’s own attributes are kept, of every type', async () => {
  const bytes = Uint8Array.from([0, 1, 127, 128, 255]);
  const { deadLetter } = await rejected({
    attributes: {
      Campaign: { DataType: 'String', StringValue: ' Frühling\n' },
      Priority: { DataType: 'Number', StringValue: '1.50' },
      Signature: { DataType: 'Binary', BinaryValue: bytes },
      Source: { DataType: 'String.wme', StringValue: 'backfill' },
    },
  });
  expect(deadLetter.messageAttributes).toMatchObject({
    Campaign: { DataType: 'String', StringValue: ' Frühling\n' },
    Priority: { DataType: 'Number', StringValue: '1.50' },
    Signature: { DataType: 'Binary', BinaryValue: Buffer.from(bytes).toString('base64') },
    Source: { DataType: 'String.wme', StringValue: 'backfill' },
    ErrorCode: { StringValue: 'HubSpotRejected' },
  });
});

it('of more than ten attributes, which SQS does not allow, ours come first', async () => {
  const { deadLetter } = await rejected({ attributes: own(10) });
  const names = Object.keys(deadLetter.messageAttributes);
  expect(names).toHaveLength(10);
  expect(names).toEqual(
    expect.arrayContaining([
      ...['ErrorCode', 'Reason', 'ErrorMessage', 'RequestID', 'Deliveries', 'HubSpotCorrelationId'],
    ]),
  );
  expect(names.filter((name) => name.startsWith('Own'))).toHaveLength(4);
});

it('a dead letter that was sent back and fails again says the new reason, once', async () => {
  const { deadLetter } = await rejected({
    attributes: {
      ErrorCode: { DataType: 'String', StringValue: 'DeliveriesExhausted' },
      ErrorMessage: { DataType: 'String', StringValue: 'An old story.' },
      Deliveries: { DataType: 'Number', StringValue: '40' },
      Campaign: { DataType: 'String', StringValue: 'spring' },
    },
  });
  expect(deadLetter.messageAttributes).toMatchObject({
    ErrorCode: { StringValue: 'HubSpotRejected' },
    ErrorMessage: {
      StringValue: `POST ${CONTACTS} answered 400 VALIDATION_ERROR (email: INVALID_EMAIL).`,
    },
    Deliveries: { StringValue: '1' },
    Campaign: { StringValue: 'spring' },
  });
});

it('without verifiedAt, the dead letter remembers when the message was first sent', async () => {
  const { deadLetter, record } = await rejected(message(person()));
  const firstSent = deadLetter.messageAttributes.FirstSentTimestamp;
  expect(firstSent).toEqual({ DataType: 'Number', StringValue: record.attributes.SentTimestamp });

  const again = await rejected({
    ...message(person()),
    attributes: { FirstSentTimestamp: { DataType: 'Number', StringValue: '1700000000000' } },
  });
  expect(again.deadLetter.messageAttributes.FirstSentTimestamp?.StringValue).toBe('1700000000000');
});

it('it keeps its group, and its deduplication ID is made from the message ID', async () => {
  const { deadLetter, messageId, record } = await rejected({ groupId: 'the-group-of-one-person' });
  expect(deadLetter.messageGroupId).toBe('the-group-of-one-person');
  expect(deadLetter.messageDeduplicationId).toContain(messageId);
  expect(deadLetter.messageDeduplicationId).not.toBe(record.attributes.MessageDeduplicationId);
});

it('a repeat of one dead-lettering stays one message', async () => {
  const { record } = await rejected();
  // The acknowledgement was lost, and SQS delivers once more.
  sync.hubspot.faults.add({ do: { type: 'status', ...invalidEmail } });
  expect(await instance.invoke({ Records: [record] })).toEqual(new Set());
  expect(sync.queues.deadLetters()).toHaveLength(1);
});

describe('on the last delivery', () => {
  it.each<[string, string, Fault, string, number]>([
    ['a transient failure', 'transient', { type: 'status', ...internalError }, '500 INTERNAL_ERROR.', 1],
    [
      'an account that is being moved',
      'transient',
      { type: 'status', ...moved(60) },
      '477 MIGRATION_IN_PROGRESS.',
      1,
    ],
    ['throttling', 'throttled', { type: 'status', ...tenSecondlyLimit }, '429 TEN_SECONDLY_ROLLING.', 1],
    ['a refused token', 'misconfigured', { type: 'status', status: 401 }, '401.', 2],
    ['a property that nobody knows', 'misconfigured', { type: 'status', status: 400 }, '400.', 1],
  ])('%s makes a dead letter that says so, instead of a mute one', async (_, kind, fault, said, requests) => {
    sync.hubspot.faults.add({ times: Number.POSITIVE_INFINITY, do: fault });
    const earlier = await fresh().deliver(message(person(), { deliveries: 6 }));
    expect(earlier).toMatchObject({ failed: true, deadLetter: undefined });

    const last = fresh();
    const { failed, hiddenSeconds, deadLetter, line } = await last.deliver(
      message(person(), { deliveries: 7 }),
    );
    expect(failed).toBe(false);
    expect(hiddenSeconds).toBeUndefined();
    expect(deadLetter?.messageAttributes).toMatchObject({
      ErrorCode: { StringValue: 'DeliveriesExhausted' },
      ErrorMessage: {
        StringValue: `Gave up after 7 deliveries. At last: POST ${CONTACTS} answered ${said}`,
      },
      Deliveries: { StringValue: '7' },
    });
    expect(line).toMatchObject({ outcome: 'dead-letter', failure: kind, hubspotRequests: requests });
    expect(countIn(last.lines, 'DeadLetter', { ErrorCode: 'DeliveriesExhausted' })).toBe(1);
  });

  it('a conflict that leads nowhere time and again does, too', async () => {
    sync.hubspot.faults.add({ do: { type: 'status', ...conflict('404404') } });
    const { deadLetter } = await instance.deliver(message(person(), { deliveries: 7 }));
    expect(deadLetter?.messageAttributes.ErrorMessage?.StringValue).toBe(
      `Gave up after 7 deliveries. At last: GET ${CONTACTS}/404404 answered 404.`,
    );
  });

  it('a message that is synced is simply done', async () => {
    const { failed, deadLetter, line } = await instance.deliver(message(person(), { deliveries: 7 }));
    expect(failed).toBe(false);
    expect(deadLetter).toBeUndefined();
    expect(line).toMatchObject({ outcome: 'created', deliveries: 7 });
  });
});
