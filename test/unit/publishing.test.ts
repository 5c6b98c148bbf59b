import { SQSClient } from '@aws-sdk/client-sqs';
import fc from 'fast-check';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DeliveryError, publishVerification, verificationMessage } from '../../lib/publishing.ts';

describe('the message of a verification', () => {
  const ada = { email: 'Ada@Example.org', username: 'AdaL', verifiedAt: '2026-11-23T18:00:00.000Z' };
  const message = verificationMessage;

  it('holds the three fields as they are', () => {
    expect(JSON.parse(message(ada).MessageBody)).toEqual(ada);
  });

  it('holds only characters that SQS takes, and arrives as it was, whatever the fields hold', () => {
    // Amazon SQS API reference, SendMessage: what a message can include.
    const taken = /^[\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u;
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({
        unit: fc.constantFrom('\uFFFE', '\uFFFF', '\uFFFD', '\uDFFF', '\u0000', '\u007F', '\\', 'x'),
      }),
    );
    fc.assert(
      fc.property(anything, anything, (email, username) => {
        const { MessageBody } = message({ ...ada, email, username });
        expect(MessageBody).toMatch(taken);
        expect(JSON.parse(MessageBody)).toEqual({ ...ada, email, username });
      }),
      { numRuns: 1_000 },
    );
  });

  it("is of the person's group, whatever the case of the address", () => {
    expect(message(ada).MessageGroupId).toBe(message({ ...ada, email: 'ADA@example.ORG' }).MessageGroupId);
    expect(message(ada).MessageGroupId).not.toBe(
      message({ ...ada, email: 'eda@example.org' }).MessageGroupId,
    );
    expect(message(ada).MessageGroupId).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is one for all repeats of one trigger: by sub, or by address and name', () => {
    const later = { ...ada, verifiedAt: '2026-11-23T18:00:07.000Z' };
    expect(message(ada, { sub: 'sub-1' }).MessageDeduplicationId).toBe('sub-1');
    expect(message(ada).MessageDeduplicationId).toBe(message(later).MessageDeduplicationId);
    expect(message(ada).MessageDeduplicationId).not.toBe(
      message({ ...ada, username: 'x' }).MessageDeduplicationId,
    );
    expect(message({ ...ada, email: 'a@b', username: 'c' }).MessageDeduplicationId).not.toBe(
      message({ ...ada, email: 'a@bc', username: '' }).MessageDeduplicationId,
    );
    expect(message(ada)).not.toHaveProperty('MessageAttributes');
  });

  const ids = (...messages: ReturnType<typeof message>[]) =>
    new Set(messages.map(({ MessageDeduplicationId }) => MessageDeduplicationId));

  it("is marked as a replay, and never taken for the sign-up's own", () => {
    const replayed = message(ada, { sub: 'sub-1', replay: true });
    expect(replayed.MessageAttributes).toEqual({ Replay: { DataType: 'String', StringValue: 'true' } });
    expect(ids(replayed, message(ada, { sub: 'sub-1' }), message(ada)).size).toBe(3);
  });

  it('is one for all attempts of a run to replay it, and another in every other run', () => {
    const [first, second] = [
      { replay: true, run: 'first' },
      { replay: true, run: 'second' },
    ];
    expect(ids(message(ada, first), message(ada, first)).size).toBe(1);
    expect(
      ids(message(ada, first), message(ada, second), message(ada, { ...first, run: 'third' })).size,
    ).toBe(3);
    const others = [
      { ...ada, username: 'x' },
      { ...ada, email: 'a@b' },
      { ...ada, verifiedAt: undefined },
      { ...ada, verifiedAt: '2026-11-23T18:00:07.000Z' },
    ];
    expect(ids(...[ada, ...others].map((each) => message(each, first))).size).toBe(5);
  });

  it('is one of its own for every replay that names no run', () => {
    expect(ids(message(ada, { replay: true }), message(ada, { replay: true })).size).toBe(2);
  });

  it('is the same for SQS whatever run a sign-up names: only replays have one', () => {
    expect(ids(message(ada, { run: 'first' }), message(ada)).size).toBe(1);
  });
});

describe('publishing', () => {
  const ada = { email: 'ada@example.org', username: 'AdaL' };
  let queue: FauxqsServer;
  let destination: { sqs: SQSClient; queueUrl: string };

  beforeEach(async () => {
    queue = await startFauxqs({ port: 0, logger: false });
    const { queueUrl } = queue.createQueue('verified-users.fifo', { attributes: { FifoQueue: 'true' } });
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const sqs = new SQSClient({ endpoint: queue.address, region: 'eu-west-1', credentials });
    destination = { sqs, queueUrl };
  });
  afterEach(async () => {
    destination.sqs.destroy();
    await queue.stop();
  });

  const onQueue = () => queue.inspectQueue('verified-users.fifo')?.messages.ready ?? [];

  it('puts the message on the queue, and returns the ID that SQS gave it', async () => {
    const { messageId } = await publishVerification(ada, { ...destination, sub: 'sub-1' });
    expect(onQueue()).toMatchObject([
      { messageId, body: JSON.stringify(ada), messageDeduplicationId: 'sub-1', messageAttributes: {} },
    ]);
  });

  it('can be given up by its signal', async () => {
    const abortSignal = AbortSignal.abort();
    const given = publishVerification(ada, { ...destination, abortSignal });
    await expect(given).rejects.toMatchObject({ name: 'AbortError' });
    expect(onQueue()).toEqual([]);
  });

  it('of values that are no verification ends with a DeliveryError, and sends nothing', async () => {
    const refused = publishVerification({ ...ada, username: '' }, destination);
    await expect(refused).rejects.toBeInstanceOf(DeliveryError);
    await expect(refused).rejects.toThrow('Not a verification message. username: is empty.');
    expect(onQueue()).toEqual([]);
  });
});
