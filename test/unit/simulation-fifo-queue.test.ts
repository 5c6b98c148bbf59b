import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import {
  createFifoQueue,
  type FifoQueue,
  type FifoQueueOptions,
  type ReceivedMessage,
} from '../../simulation/aws/fifo-queue.ts';
import { createTimeline } from '../../simulation/time/timeline.ts';

const STARTS_AT = 1_790_000_000_000;
const HIDDEN_MS = 30_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

function start() {
  const timeline = createTimeline(STARTS_AT);
  let ids = 0;
  const newId = () => {
    ids += 1;
    return `id-${ids}`;
  };
  return {
    timeline,
    newId,
    pass: (ms: number) => timeline.runUntil(timeline.now() + ms),
    create: (options: Partial<FifoQueueOptions> = {}) =>
      createFifoQueue({ timeline, newId, visibilityTimeoutMs: HIDDEN_MS, ...options }),
  };
}

const message = (body: string, groupId = 'ada', deduplicationId = body) => ({
  body,
  groupId,
  deduplicationId,
  attributes: {},
});

/** Each is sent to the group that its name begins with: `ada-1` to `ada`. */
function send(queue: FifoQueue, ...names: string[]): void {
  for (const name of names) queue.send(message(name, name.split('-')[0]));
}

const bodies = (messages: { body: string }[]): string[] => messages.map(({ body }) => body);
const receive = (queue: FifoQueue, max = 10): string[] => bodies(queue.receive(max));

function receiveOne(queue: FifoQueue): ReceivedMessage {
  const [received] = queue.receive(1);
  if (received === undefined) throw new Error('There should be a message');
  return received;
}

const refusing = (name: string) => expect.objectContaining({ name });

describe('send', () => {
  it('drops a repeat within five minutes, and answers with the first message', async () => {
    const { create, pass } = start();
    const queue = create();
    const { messageId } = queue.send(message('first', 'ada', 'sub'));
    await pass(5 * MINUTE_MS - 1);

    expect(queue.send(message('second', 'ada', 'sub'))).toEqual({ messageId });
    expect(bodies(queue.peekAll())).toEqual(['first']);
  });

  it('drops a repeat of a message that has been deleted', () => {
    const queue = start().create();
    const { messageId } = queue.send(message('first', 'ada', 'sub'));
    queue.delete(receiveOne(queue).receiptHandle);

    expect(queue.send(message('second', 'ada', 'sub'))).toEqual({ messageId });
    expect(queue.peekAll()).toEqual([]);
  });

  it('takes the same deduplication ID anew five minutes after the first, whatever was repeated since', async () => {
    const { create, pass } = start();
    const queue = create();
    for (const minute of ['0', '2.5', '5', '7.5', '10']) {
      queue.send(message(`at ${minute}`, 'ada', 'sub'));
      await pass(2.5 * MINUTE_MS);
    }
    expect(bodies(queue.peekAll())).toEqual(['at 0', 'at 5', 'at 10']);
  });

  it('forgets each deduplication ID in its own time', async () => {
    const { create, pass } = start();
    const queue = create();
    const taken: string[][] = [];
    for (let minute = 0; minute < 8; minute += 1) {
      const before = queue.peekAll().length;
      const all = ['ada-1', 'ada-2', 'ada-3'];
      send(queue, ...(minute < 3 ? all.slice(minute, minute + 1) : all));
      taken.push(bodies(queue.peekAll().slice(before)));
      await pass(MINUTE_MS);
    }
    expect(taken).toEqual([['ada-1'], ['ada-2'], ['ada-3'], [], [], ['ada-1'], ['ada-2'], ['ada-3']]);
  });

  it('takes the same deduplication ID in another group', () => {
    const queue = start().create();
    queue.send(message('first', 'ada', 'sub'));
    queue.send(message('second', 'bob', 'sub'));

    expect(bodies(queue.peekAll())).toEqual(['first', 'second']);
  });

  it('takes a body of any characters that SQS takes', () => {
    const queue = start().create();
    const body = '\t\n\r \u{D7FF}\u{E000}\u{FFFD}\u{1F600}';
    queue.send({ ...message('any'), body });

    expect(receiveOne(queue).body).toBe(body);
  });

  const eleven = Object.fromEntries(
    Array.from({ length: 11 }, (_, index) => [`Name${index}`, { DataType: 'String', StringValue: '1' }]),
  );
  const withAttribute = (StringValue: string) => ({
    ...message('one'),
    attributes: { Name: { DataType: 'String', StringValue } },
  });
  it.each([
    ['a body with U+0000', 'InvalidMessageContents', { ...message('one'), body: 'a\u0000' }],
    ['a body with U+FFFE', 'InvalidMessageContents', { ...message('one'), body: 'a\uFFFE' }],
    ['a body with half a pair', 'InvalidMessageContents', { ...message('one'), body: 'a\uD83D' }],
    ['an empty body', 'MissingParameter', { ...message('one'), body: '' }],
    ['eleven attributes', 'InvalidParameterValue', { ...message('one'), attributes: eleven }],
    ['an attribute with U+0001', 'InvalidParameterValue', withAttribute('a\u0001')],
    ['an empty attribute', 'InvalidParameterValue', withAttribute('')],
    ['a group ID with a space', 'InvalidParameterValue', message('one', 'a b')],
    ['a group ID of 129 characters', 'InvalidParameterValue', message('one', 'a'.repeat(129))],
    ['no deduplication ID', 'InvalidParameterValue', message('one', 'ada', '')],
  ])('refuses %s', (_, name, refused) => {
    const queue = start().create();

    expect(() => queue.send(refused)).toThrow(refusing(name));
    expect(queue.peekAll()).toEqual([]);
    // Nor is it remembered: a corrected message must not be taken for a repeat.
    queue.send(message('one'));
    expect(bodies(queue.peekAll())).toEqual(['one']);
  });

  it('counts the bytes of the body and of the name, type and value of each attribute', () => {
    const queue = start().create({ maxBytes: 30 });
    const attributes = {
      Nä: { DataType: 'String', StringValue: 'vä' },
      B: { DataType: 'Binary', BinaryValue: new Uint8Array([1, 2]) },
    };
    // 3 + 6 + 3 for the one, 1 + 6 + 2 for the other: 9 are left for the body.
    queue.send({ ...message('fits'), body: '1234567é', attributes });

    expect(() => queue.send({ ...message('long'), body: '12345678é', attributes })).toThrow(
      refusing('InvalidParameterValue'),
    );
  });

  it('takes ten attributes, and a megabyte where no other size is given', () => {
    const queue = start().create();
    const { Name10: _, ...attributes } = eleven;
    queue.send({ ...message('ten'), attributes });
    queue.send({ ...message('long'), body: 'a'.repeat(1024 * 1024) });

    expect(() => queue.send({ ...message('longer'), body: 'a'.repeat(1024 * 1024 + 1) })).toThrow(
      refusing('InvalidParameterValue'),
    );
  });
});

describe('receive', () => {
  it('tells everything of a message, and counts its deliveries', async () => {
    const { create, pass } = start();
    const queue = create();
    const attributes = { Replay: { DataType: 'String', StringValue: 'load' } };
    const { messageId } = queue.send({ ...message('{}', 'ada', 'sub'), attributes });
    await pass(1_000);
    const first = receiveOne(queue);
    expect(first).toEqual({
      messageId,
      receiptHandle: expect.any(String),
      body: '{}',
      groupId: 'ada',
      deduplicationId: 'sub',
      attributes,
      sentAt: STARTS_AT,
      receiveCount: 1,
      firstReceivedAt: STARTS_AT + 1_000,
      sequenceNumber: expect.stringMatching(/^\d{20}$/),
    });

    await pass(HIDDEN_MS);
    const second = receiveOne(queue);
    expect(second).toEqual({ ...first, receiveCount: 2, receiptHandle: expect.any(String) });
    expect(second.receiptHandle).not.toBe(first.receiptHandle);
  });

  it('numbers messages in the order of sending', () => {
    const queue = start().create();
    send(queue, ...Array.from({ length: 12 }, (_, index) => `ada-${index}`));
    const numbers = queue.peekAll().map(({ sequenceNumber }) => sequenceNumber);

    expect(numbers).toEqual([...numbers].sort());
  });

  it('hides for the visibility timeout, and no longer', async () => {
    const { create, pass } = start();
    const queue = create();
    send(queue, 'ada-1');
    receive(queue);
    await pass(HIDDEN_MS - 1);
    expect(receive(queue)).toEqual([]);
    await pass(1);
    expect(receive(queue)).toEqual(['ada-1']);
  });

  it('gives as many messages of a group as it may, then turns to the next group', () => {
    const queue = start().create();
    send(queue, 'ada-1', 'bob-1', 'ada-2', 'bob-2', 'ada-3');

    expect(receive(queue, 4)).toEqual(['ada-1', 'ada-2', 'ada-3', 'bob-1']);
  });

  it('gives ten messages at most', () => {
    const queue = start().create();
    send(queue, ...Array.from({ length: 12 }, (_, index) => `ada-${index}`));

    for (const max of [0, 11, 1.5]) {
      expect(() => queue.receive(max)).toThrow(refusing('InvalidParameterValue'));
    }
    expect(receive(queue)).toHaveLength(10);
  });

  it('gives nothing of a group while its first messages are hidden', async () => {
    const { create, pass } = start();
    const queue = create();
    send(queue, 'ada-1', 'ada-2', 'ada-3', 'bob-1');
    const [first, second] = queue.receive(2);
    expect(receive(queue)).toEqual(['bob-1']);

    send(queue, 'ada-4');
    expect(receive(queue)).toEqual([]);
    if (first !== undefined) queue.delete(first.receiptHandle);
    expect(receive(queue)).toEqual([]);
    if (second !== undefined) queue.delete(second.receiptHandle);
    expect(receive(queue)).toEqual(['ada-3', 'ada-4']);
    await pass(HIDDEN_MS);
    expect(receive(queue)).toEqual(['bob-1', 'ada-3', 'ada-4']);
  });

  it('keeps the order of sending in a group, however its messages are put back', () => {
    const queue = start().create();
    send(queue, 'ada-1', 'ada-2', 'ada-3', 'ada-4');
    for (const { receiptHandle } of queue.receive(3).reverse()) queue.changeVisibility(receiptHandle, 0);

    expect(receive(queue)).toEqual(['ada-1', 'ada-2', 'ada-3', 'ada-4']);
  });

  it.each([0, 1, 2])(
    'gives what comes before the first hidden message: number %i of three',
    async (hidden) => {
      const { create, pass } = start();
      const queue = create();
      send(queue, 'ada-0', 'ada-1', 'ada-2');
      const handle = queue.receive(10)[hidden]?.receiptHandle ?? '';
      queue.changeVisibility(handle, 60);
      await pass(HIDDEN_MS);

      expect(receive(queue)).toEqual(['ada-0', 'ada-1', 'ada-2'].slice(0, hidden));
    },
  );

  it('gives nothing of a group with a hidden message where the whole group is locked', async () => {
    const { create, pass } = start();
    const queue = create({ wholeGroupLock: true });
    send(queue, 'ada-1', 'ada-2', 'ada-3');
    const [first, second] = queue.receive(2);
    queue.changeVisibility(first?.receiptHandle ?? '', 0);
    expect(receive(queue)).toEqual([]);

    queue.changeVisibility(second?.receiptHandle ?? '', 1);
    await pass(1_000);
    expect(receive(queue)).toEqual(['ada-1', 'ada-2', 'ada-3']);
  });

  it('unlocks the whole group when its last hidden message is deleted', () => {
    const queue = start().create({ wholeGroupLock: true });
    send(queue, 'ada-1', 'ada-2', 'ada-3');
    const [first, second] = queue.receive(2);
    queue.changeVisibility(first?.receiptHandle ?? '', 0);
    queue.delete(second?.receiptHandle ?? '');

    expect(receive(queue)).toEqual(['ada-1', 'ada-3']);
  });

  /* What localstack has recorded on AWS, in the tests named here. */
  describe('takes the groups in the order of AWS', () => {
    it('test_fifo_receive_message_visibility_timeout_shared_in_group', async () => {
      const { create, pass } = start();
      const queue = create({ visibilityTimeoutMs: 1_000 });
      send(queue, 'g1-m1', 'g1-m2', 'g1-m3', 'g1-m4', 'g2-m1', 'g3-m1');
      expect(receive(queue, 2)).toEqual(['g1-m1', 'g1-m2']);
      expect(receive(queue, 1)).toEqual(['g2-m1']);
      await pass(2_000);

      expect(receive(queue)).toEqual(['g3-m1', 'g1-m1', 'g1-m2', 'g1-m3', 'g1-m4', 'g2-m1']);
    });

    it('test_fifo_message_group_visibility_after_terminate_visibility_timeout', () => {
      const queue = start().create();
      send(queue, 'g1-m1', 'g1-m2', 'g2-m1');
      queue.changeVisibility(queue.receive(2)[0]?.receiptHandle ?? '', 0);

      expect(receive(queue, 3)).toEqual(['g2-m1', 'g1-m1']);
    });

    it('test_fifo_message_group_visibility_after_delete', () => {
      const queue = start().create();
      send(queue, 'g1-m1', 'g2-m1', 'g1-m2', 'g2-m2', 'g1-m3', 'g1-m4', 'g3-m1');
      for (const { receiptHandle } of queue.receive(2)) queue.delete(receiptHandle);

      expect(receive(queue)).toEqual(['g2-m1', 'g2-m2', 'g1-m3', 'g1-m4', 'g3-m1']);
    });

    it('test_fifo_message_group_visibility_after_partial_delete', () => {
      const queue = start().create();
      send(queue, 'g1-m1', 'g2-m1', 'g1-m2', 'g2-m2', 'g1-m3', 'g1-m4', 'g3-m1');
      queue.delete(queue.receive(2)[0]?.receiptHandle ?? '');

      expect(receive(queue)).toEqual(['g2-m1', 'g2-m2', 'g3-m1']);
    });
  });

  it('gives nothing while as many are in flight as may be', () => {
    const queue = start().create({ maxInFlight: 3 });
    send(queue, 'ada-1', 'ada-2', 'bob-1', 'bob-2', 'cleo-1');
    const first = queue.receive(10);
    expect(bodies(first)).toEqual(['ada-1', 'ada-2', 'bob-1']);
    expect(receive(queue)).toEqual([]);

    queue.delete(first[0]?.receiptHandle ?? '');
    expect(receive(queue)).toEqual(['cleo-1']);
  });

  it('finds no group beyond the messages that it looks through, hidden ones included', () => {
    const queue = start().create({ lookThrough: 3 });
    send(queue, 'ada-1', 'ada-2', 'ada-3', 'bob-1', 'cleo-1', 'ada-4');
    const [first, second] = queue.receive(2);
    expect(receive(queue)).toEqual([]);

    queue.delete(first?.receiptHandle ?? '');
    expect(receive(queue)).toEqual(['bob-1']);
    // The group of ada is within view, its last message with it. That of cleo is not yet.
    queue.changeVisibility(second?.receiptHandle ?? '', 0);
    const [again, ...others] = queue.receive(10);
    expect(bodies(others)).toEqual(['ada-3', 'ada-4']);
    queue.delete(again?.receiptHandle ?? '');
    expect(receive(queue)).toEqual(['cleo-1']);
  });

  it('sees no further when a message beyond its view goes', () => {
    const queue = start().create({ lookThrough: 2 });
    send(queue, 'ada-1', 'bob-1', 'cleo-1', 'ada-2');
    const [, beyond] = queue.receive(2);
    queue.delete(beyond?.receiptHandle ?? '');

    expect(receive(queue)).toEqual(['bob-1']);
  });

  it('sees what is sent after messages within view have gone', () => {
    const queue = start().create({ lookThrough: 2 });
    send(queue, 'ada-1', 'bob-1');
    for (const { receiptHandle } of queue.receive(10).reverse()) queue.delete(receiptHandle);
    send(queue, 'cleo-1', 'dora-1', 'eve-1');

    expect(receive(queue)).toEqual(['cleo-1', 'dora-1']);
  });
});

describe('redrive', () => {
  function startWithDeadLetters(maxReceiveCount: number) {
    const started = start();
    const dlq = started.create();
    return { ...started, dlq, queue: started.create({ redrive: { to: dlq, maxReceiveCount } }) };
  }

  it('moves a message when it would be received once too often, without a reason', async () => {
    const { pass, dlq, queue } = startWithDeadLetters(2);
    const attributes = { Replay: { DataType: 'String', StringValue: 'load' } };
    const { messageId } = queue.send({ ...message('{}', 'ada', 'sub'), attributes });
    for (let delivery = 1; delivery <= 2; delivery += 1) {
      expect(receive(queue)).toEqual(['{}']);
      await pass(HIDDEN_MS);
      expect(dlq.peekAll()).toEqual([]);
    }
    expect(receive(queue)).toEqual([]);
    expect(queue.peekAll()).toEqual([]);
    await pass(1_000);

    expect(receiveOne(dlq)).toMatchObject({
      messageId,
      body: '{}',
      groupId: 'ada',
      deduplicationId: messageId,
      attributes,
      sentAt: STARTS_AT + 2 * HIDDEN_MS,
      // "Across all queues" (SQS docs, ReceiveMessage).
      receiveCount: 3,
      firstReceivedAt: STARTS_AT + 2 * HIDDEN_MS + 1_000,
    });
  });

  it('goes on with the next message of the group in the same receive', async () => {
    const { pass, dlq, queue } = startWithDeadLetters(1);
    send(queue, 'ada-1');
    receive(queue);
    send(queue, 'ada-2', 'bob-1');
    await pass(HIDDEN_MS);

    expect(receive(queue)).toEqual(['bob-1', 'ada-2']);
    expect(bodies(dlq.peekAll())).toEqual(['ada-1']);
    await pass(HIDDEN_MS);
    expect(receive(queue)).toEqual([]);
    expect(queue.peekAll()).toEqual([]);
  });

  it('lets a message line up anew that was received where another one was moved', async () => {
    const { create, pass } = start();
    const queue = create({ redrive: { to: create(), maxReceiveCount: 1 } });
    send(queue, 'ada-1');
    receive(queue);
    await pass(HIDDEN_MS);
    send(queue, 'ada-2', 'bob-1');
    const moving = receiveOne(queue);
    expect(moving.body).toBe('ada-2');
    queue.changeVisibility(moving.receiptHandle, 0);

    expect(receive(queue, 1)).toEqual(['bob-1']);
  });
});

describe('delete', () => {
  it('deletes by the handle of the latest receive, and a second time without complaint', () => {
    const queue = start().create();
    send(queue, 'ada-1', 'ada-2');
    const { receiptHandle } = receiveOne(queue);
    queue.delete(receiptHandle);
    queue.delete(receiptHandle);

    expect(bodies(queue.peekAll())).toEqual(['ada-2']);
  });

  it('refuses a handle whose visibility timeout is over', async () => {
    const { create, pass } = start();
    const queue = create();
    send(queue, 'ada-1');
    const { receiptHandle } = receiveOne(queue);
    await pass(HIDDEN_MS);
    expect(() => queue.delete(receiptHandle)).toThrow(refusing('InvalidParameterValue'));

    const { receiptHandle: putBack } = receiveOne(queue);
    queue.changeVisibility(putBack, 0);
    expect(() => queue.delete(putBack)).toThrow(refusing('InvalidParameterValue'));
    expect(receive(queue)).toEqual(['ada-1']);
  });

  it('refuses the handle of an earlier receive', async () => {
    const { create, pass } = start();
    const queue = create();
    send(queue, 'ada-1');
    const { receiptHandle } = receiveOne(queue);
    await pass(HIDDEN_MS);
    receive(queue);

    expect(() => queue.delete(receiptHandle)).toThrow(refusing('InvalidParameterValue'));
    expect(bodies(queue.peekAll())).toEqual(['ada-1']);
  });

  it('refuses what is no handle of this queue', () => {
    const { create } = start();
    const queue = create();
    const other = create();
    send(other, 'ada-1');
    const { receiptHandle } = receiveOne(other);

    send(queue, 'bob-1');
    const [own = '', ...parts] = receiveOne(queue).receiptHandle.split(':');
    for (const handle of ['garbage', receiptHandle, own, `${own}:${parts[0]}`]) {
      expect(() => queue.delete(handle)).toThrow(refusing('ReceiptHandleIsInvalid'));
      expect(() => queue.changeVisibility(handle, 0)).toThrow(refusing('ReceiptHandleIsInvalid'));
    }
  });
});

describe('changeVisibility', () => {
  it('counts the seconds from now, and the old timeout no longer', async () => {
    const { create, pass } = start();
    const queue = create();
    send(queue, 'ada-1', 'bob-1');
    const [longer, shorter] = queue.receive(2);
    await pass(10_000);
    queue.changeVisibility(longer?.receiptHandle ?? '', 40);
    queue.changeVisibility(shorter?.receiptHandle ?? '', 5);

    await pass(5_000);
    expect(receive(queue)).toEqual(['bob-1']);
    await pass(HIDDEN_MS - 1);
    expect(receive(queue)).toEqual([]);
    await pass(5_001);
    expect(receive(queue)).toEqual(['bob-1', 'ada-1']);
  });

  it('keeps a message deletable for as long as it is hidden', async () => {
    const { create, pass } = start();
    const queue = create();
    send(queue, 'ada-1');
    const { receiptHandle } = receiveOne(queue);
    queue.changeVisibility(receiptHandle, 60);
    await pass(59_999);
    queue.delete(receiptHandle);

    expect(queue.peekAll()).toEqual([]);
  });

  it('hides for 12 hours at most, counted from the receive', async () => {
    const { create, pass } = start();
    const queue = create();
    send(queue, 'ada-1');
    const { receiptHandle } = receiveOne(queue);
    queue.changeVisibility(receiptHandle, 43_200);
    await pass(2 * HOUR_MS);
    expect(() => queue.changeVisibility(receiptHandle, 36_001)).toThrow(refusing('InvalidParameterValue'));
    queue.changeVisibility(receiptHandle, 36_000);
    await pass(10 * HOUR_MS);

    queue.changeVisibility(receiveOne(queue).receiptHandle, 43_200);
    expect(queue.depth().inFlight).toBe(1);
  });

  it.each([-1, 1.5, 43_201, Number.NaN])('refuses %d seconds', (seconds) => {
    const queue = start().create();
    send(queue, 'ada-1');
    const { receiptHandle } = receiveOne(queue);

    expect(() => queue.changeVisibility(receiptHandle, seconds)).toThrow(refusing('InvalidParameterValue'));
  });

  it('refuses a handle that is no longer in flight', async () => {
    const { create, pass } = start();
    const queue = create();
    send(queue, 'ada-1');
    const first = receiveOne(queue);
    await pass(HIDDEN_MS);
    expect(() => queue.changeVisibility(first.receiptHandle, 10)).toThrow(refusing('MessageNotInflight'));

    const second = receiveOne(queue);
    expect(() => queue.changeVisibility(first.receiptHandle, 0)).toThrow(refusing('ReceiptHandleIsInvalid'));
    expect(receive(queue)).toEqual([]);
    queue.delete(second.receiptHandle);
    expect(() => queue.changeVisibility(second.receiptHandle, 0)).toThrow(refusing('InvalidParameterValue'));
  });
});

describe('retention', () => {
  it('deletes a message 14 days after it came, hidden or not, and tells of it', async () => {
    const { create, pass } = start();
    const expired: string[] = [];
    const queue = create({ onExpired: ({ body }) => expired.push(body) });
    send(queue, 'ada-1', 'bob-1');
    await pass(DAY_MS);
    send(queue, 'ada-2');
    await pass(13 * DAY_MS - 1_000);
    const [first] = queue.receive(1);
    await pass(999);
    expect(queue.peekAll()).toHaveLength(3);

    await pass(1);
    expect(expired).toEqual(['ada-1', 'bob-1']);
    expect(queue.depth()).toEqual({ visible: 1, inFlight: 0, oldestSentAt: STARTS_AT + DAY_MS });
    queue.delete(first?.receiptHandle ?? '');
    expect(receive(queue)).toEqual(['ada-2']);
    await pass(HIDDEN_MS);
    expect(receive(queue)).toEqual(['ada-2']);
    await pass(DAY_MS);
    expect(expired).toEqual(['ada-1', 'bob-1', 'ada-2']);
    expect(queue.peekAll()).toEqual([]);
  });

  it('tells how an expired message was: hidden, and until when', async () => {
    const { create, pass } = start();
    const onExpired = vi.fn();
    const queue = create({ retentionMs: 10_000, onExpired });
    send(queue, 'ada-1');
    receive(queue);
    await pass(10_000);

    expect(onExpired).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ body: 'ada-1', receiveCount: 1, hiddenUntil: STARTS_AT + HIDDEN_MS }),
    );
  });

  it('counts from the move for a message that SQS has moved', async () => {
    const { create, pass } = start();
    const dlq = create({ retentionMs: MINUTE_MS });
    const queue = create({ redrive: { to: dlq, maxReceiveCount: 1 } });
    send(queue, 'ada-1');
    receive(queue);
    await pass(50_000);
    receive(queue);
    await pass(MINUTE_MS - 1);
    expect(bodies(dlq.peekAll())).toEqual(['ada-1']);
    await pass(1);
    expect(dlq.peekAll()).toEqual([]);
  });

  it('needs one timer, and a quiet queue none that repeats', async () => {
    const { create, pass, timeline } = start();
    const at = vi.spyOn(timeline, 'at');
    const queue = create();
    send(queue, 'ada-1', 'bob-1', 'cleo-1');
    for (const { receiptHandle } of queue.receive(10)) queue.delete(receiptHandle);
    // One for the age, three for what was hidden.
    expect(at).toHaveBeenCalledTimes(4);
    expect(timeline.nextAt()).toBe(STARTS_AT + 14 * DAY_MS);
    await pass(14 * DAY_MS);
    expect(timeline.nextAt()).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('onVisible', () => {
  function startListening(options: Partial<FifoQueueOptions> = {}) {
    const started = start();
    const onVisible = vi.fn();
    return { ...started, onVisible, queue: started.create({ onVisible, ...options }) };
  }

  it('tells once of all that came at the same moment, by an event of that moment', async () => {
    const { pass, onVisible, queue } = startListening();
    send(queue, 'ada-1', 'bob-1');
    expect(onVisible).not.toHaveBeenCalled();
    await pass(0);
    expect(onVisible).toHaveBeenCalledOnce();
    await pass(1_000);
    expect(onVisible).toHaveBeenCalledOnce();
  });

  it('tells of a message that is visible again, when it is', async () => {
    const { pass, onVisible, queue } = startListening();
    send(queue, 'ada-1');
    await pass(0);
    queue.receive(1);
    await pass(HIDDEN_MS - 1);
    expect(onVisible).toHaveBeenCalledOnce();
    await pass(1);
    expect(onVisible).toHaveBeenCalledTimes(2);
    queue.changeVisibility(receiveOne(queue).receiptHandle, 0);
    await pass(0);
    expect(onVisible).toHaveBeenCalledTimes(3);
  });

  it('does not tell of a message that waits behind a hidden one, but when that is gone', async () => {
    const { pass, onVisible, queue } = startListening();
    send(queue, 'ada-1');
    await pass(0);
    const { receiptHandle } = receiveOne(queue);
    send(queue, 'ada-2');
    await pass(0);
    expect(onVisible).toHaveBeenCalledOnce();
    queue.delete(receiptHandle);
    await pass(0);
    expect(onVisible).toHaveBeenCalledTimes(2);
  });

  it('does not tell anew of a group that is free already, nor of what a receive has left', async () => {
    const { pass, onVisible, queue } = startListening();
    send(queue, 'ada-1', 'bob-1', 'bob-2');
    await pass(0);
    send(queue, 'ada-2');
    await pass(0);
    for (const { receiptHandle } of queue.receive(2)) queue.delete(receiptHandle);
    await pass(0);
    expect(onVisible).toHaveBeenCalledOnce();
  });

  it('does not tell of what has been received meanwhile', async () => {
    const { pass, onVisible, queue } = startListening();
    send(queue, 'ada-1');
    queue.receive(1);
    await pass(0);
    expect(onVisible).not.toHaveBeenCalled();
  });

  it.each([
    ['deleted', (queue: FifoQueue, handle: string) => queue.delete(handle)],
    ['put back', (queue: FifoQueue, handle: string) => queue.changeVisibility(handle, 0)],
  ])('tells when there is room in flight again: one was %s', async (_, free) => {
    const { pass, onVisible, queue } = startListening({ maxInFlight: 1 });
    send(queue, 'ada-1', 'bob-1');
    const { receiptHandle } = receiveOne(queue);
    await pass(0);
    expect(onVisible).not.toHaveBeenCalled();
    free(queue, receiptHandle);
    await pass(0);
    expect(onVisible).toHaveBeenCalledOnce();
  });

  it('tells of the room that a message leaves which is visible behind a hidden one', async () => {
    const { pass, onVisible, queue } = startListening({ maxInFlight: 2 });
    send(queue, 'ada-1', 'ada-2', 'bob-1');
    const [, second] = queue.receive(2);
    await pass(0);
    queue.changeVisibility(second?.receiptHandle ?? '', 0);
    expect(onVisible).not.toHaveBeenCalled();
    await pass(0);
    expect(onVisible).toHaveBeenCalledOnce();
  });

  it('tells of a change made while it tells, by a further event', async () => {
    const { timeline, create, pass } = start();
    let depth = 0;
    const depths: number[] = [];
    const queue: FifoQueue = create({
      onVisible() {
        depth += 1;
        depths.push(depth);
        const [received] = queue.receive(1);
        if (depths.length < 3 && received !== undefined) queue.changeVisibility(received.receiptHandle, 0);
        depth -= 1;
      },
    });
    send(queue, 'ada-1');
    await pass(0);

    expect(depths).toEqual([1, 1, 1]);
    expect(timeline.now()).toBe(STARTS_AT);
  });

  it('tells of a message that comes into view, and of one that was moved here', async () => {
    const { create, pass } = start();
    const onVisible = vi.fn();
    const moved = vi.fn();
    const dlq = create({ onVisible: moved });
    const queue = create({ onVisible, lookThrough: 1, redrive: { to: dlq, maxReceiveCount: 1 } });
    send(queue, 'ada-1', 'bob-1');
    receive(queue);
    await pass(HIDDEN_MS);
    expect(onVisible).toHaveBeenCalledOnce();
    expect(receive(queue)).toEqual(['bob-1']);
    await pass(0);
    expect(moved).toHaveBeenCalledOnce();
  });
});

describe('depth', () => {
  /* As recorded on AWS: localstack, test_fifo_approximate_number_of_messages_not_visible. */
  it('counts what waits behind a hidden message as visible', async () => {
    const { create, pass } = start();
    const queue = create();
    expect(queue.depth()).toEqual({ visible: 0, inFlight: 0, oldestSentAt: undefined });
    send(queue, 'g1-1', 'g1-2', 'g2-3', 'g2-4', 'g3-5', 'g3-6');
    queue.receive(1);
    queue.receive(1);
    expect(queue.depth()).toEqual({ visible: 4, inFlight: 2, oldestSentAt: STARTS_AT });
    await pass(HIDDEN_MS);
    expect(queue.depth()).toEqual({ visible: 6, inFlight: 0, oldestSentAt: STARTS_AT });
  });

  it('tells the age of the oldest message, hidden or not', async () => {
    const { create, pass } = start();
    const queue = create();
    send(queue, 'ada-1');
    await pass(1_000);
    send(queue, 'bob-1');
    const { receiptHandle } = receiveOne(queue);
    expect(queue.depth().oldestSentAt).toBe(STARTS_AT);
    queue.delete(receiptHandle);
    expect(queue.depth().oldestSentAt).toBe(STARTS_AT + 1_000);
  });
});

describe('waitingGroups', () => {
  it('leaves out whoever waits behind a hidden message of the same group', async () => {
    const { create, pass } = start();
    const queue = create();
    send(queue, 'ada-1', 'ada-2', 'bob-1');
    expect(queue.waitingGroups()).toBe(2);
    const { receiptHandle } = receiveOne(queue);
    send(queue, 'ada-3');
    expect(queue.waitingGroups()).toBe(1);
    queue.delete(receiptHandle);
    expect(queue.waitingGroups()).toBe(2);
    receive(queue);
    expect(queue.waitingGroups()).toBe(0);
    await pass(HIDDEN_MS);
    expect(queue.waitingGroups()).toBe(2);
  });

  it('is the number of groups whose first message is visible, whatever has happened', () => {
    const step = fc.oneof(
      fc.record({ what: fc.constant('send' as const), group: fc.integer({ min: 1, max: 4 }) }),
      fc.record({ what: fc.constant('receive' as const), max: fc.integer({ min: 1, max: 10 }) }),
      fc.record({ what: fc.constantFrom('delete', 'show'), which: fc.nat(20) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = start().create();
        const received: ReceivedMessage[] = [];
        for (const [index, act] of steps.entries()) {
          if ('group' in act) send(queue, `g${act.group}-${index}`);
          else if ('max' in act) received.push(...queue.receive(act.max));
          else {
            const [one] = received.splice(act.which, 1);
            if (one !== undefined && act.what === 'delete') queue.delete(one.receiptHandle);
            if (one !== undefined && act.what === 'show') queue.changeVisibility(one.receiptHandle, 0);
          }
          const first = new Map(
            queue
              .peekAll()
              .toReversed()
              .map((held) => [held.groupId, held]),
          );
          const waiting = [...first.values()].filter(({ hiddenUntil }) => hiddenUntil === undefined);
          expect(queue.waitingGroups()).toBe(waiting.length);
        }
      }),
    );
  });
});

describe('startMove', () => {
  it('moves every message as a new one, oldest first', async () => {
    const { create, pass } = start();
    const queue = create();
    const dlq = create();
    const attributes = { ErrorCode: { DataType: 'String', StringValue: 'HubSpotRejected' } };
    for (const name of ['ada-1', 'bob-1', 'ada-2'])
      dlq.send({ ...message(name, name.split('-')[0]), attributes });
    const before = dlq.peekAll();
    dlq.changeVisibility(receiveOne(dlq).receiptHandle, 0);
    await pass(DAY_MS);
    const onEnd = vi.fn();
    dlq.startMove(queue, { perSecond: 10, onEnd });
    await pass(1_000);

    expect(dlq.peekAll()).toEqual([]);
    expect(onEnd).toHaveBeenCalledExactlyOnceWith(3);
    const after = queue.peekAll();
    // The one that was received has lined up anew.
    expect(bodies(after)).toEqual(['bob-1', 'ada-1', 'ada-2']);
    for (const moved of after) {
      const { groupId } = before.find(({ body }) => body === moved.body) ?? {};
      expect(moved).toMatchObject({ groupId, attributes, receiveCount: 0, firstReceivedAt: undefined });
      expect(moved.sentAt).toBeGreaterThanOrEqual(STARTS_AT + DAY_MS);
    }
    const ids = [...before, ...after].flatMap(({ messageId, deduplicationId }) => [
      messageId,
      deduplicationId,
    ]);
    expect(new Set(ids).size).toBe(12);
  });

  it('is not swallowed by the deduplication of the queue that the messages came from', async () => {
    const { create, pass } = start();
    const dlq = create();
    const queue = create({ redrive: { to: dlq, maxReceiveCount: 1 } });
    send(queue, 'ada-1');
    receive(queue);
    await pass(HIDDEN_MS);
    receive(queue);
    dlq.startMove(queue, { perSecond: 1 });
    await pass(0);

    expect(receive(queue)).toEqual(['ada-1']);
  });

  it('moves so many a second, and leaves no timer behind', async () => {
    const { create, pass, timeline } = start();
    const queue = create();
    const dlq = create({ retentionMs: MINUTE_MS });
    send(dlq, ...Array.from({ length: 10 }, (_, index) => `ada-${index}`));
    dlq.startMove(queue, { perSecond: 4 });
    await pass(1_000);
    expect(queue.peekAll()).toHaveLength(5);
    expect(queue.peekAll().map(({ sentAt }) => sentAt - STARTS_AT)).toEqual([0, 250, 500, 750, 1_000]);
    await pass(DAY_MS);
    expect(queue.peekAll()).toHaveLength(10);
    expect(timeline.nextAt()).toBe(STARTS_AT + 14 * DAY_MS);
  });

  it('leaves what is hidden', async () => {
    const { create, pass } = start();
    const queue = create();
    const dlq = create();
    send(dlq, 'ada-1', 'ada-2', 'bob-1');
    dlq.receive(1);
    dlq.startMove(queue, { perSecond: 500 });
    await pass(1_000);

    expect(bodies(queue.peekAll())).toEqual(['bob-1']);
    expect(bodies(dlq.peekAll())).toEqual(['ada-1', 'ada-2']);
  });

  it('runs once at a time, at 1 to 500 a second', async () => {
    const { create, pass } = start();
    const queue = create();
    const dlq = create();
    for (const perSecond of [0, 501, 1.5]) {
      expect(() => dlq.startMove(queue, { perSecond })).toThrow(refusing('InvalidParameterValue'));
    }
    dlq.startMove(queue, { perSecond: 1 });
    expect(() => dlq.startMove(queue, { perSecond: 1 })).toThrow(refusing('InvalidParameterValue'));
    await pass(0);
    dlq.startMove(queue, { perSecond: 500 });
  });
});

it('peekAll shows every message, hidden or not', () => {
  const queue = start().create();
  const { messageId } = queue.send(message('ada-1'));
  send(queue, 'bob-1');
  queue.receive(1);

  expect(queue.peekAll()).toEqual([
    {
      messageId,
      body: 'ada-1',
      groupId: 'ada',
      deduplicationId: 'ada-1',
      attributes: {},
      sentAt: STARTS_AT,
      receiveCount: 1,
      firstReceivedAt: STARTS_AT,
      sequenceNumber: expect.any(String),
      hiddenUntil: STARTS_AT + HIDDEN_MS,
    },
    expect.objectContaining({ body: 'bob-1', receiveCount: 0, hiddenUntil: undefined }),
  ]);
});

describe('whatever is done', () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('send' as const), group: fc.nat({ max: 3 }) }) },
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant('receive' as const), max: fc.integer({ min: 1, max: 10 }) }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('delete' as const), which: fc.nat({ max: 5 }) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('hide' as const),
        which: fc.nat({ max: 5 }),
        seconds: fc.constantFrom(0, 0, 5, 60),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.constantFrom(1, 10, 30, 90) }),
    },
  );

  it.each([false, true])(
    'a group keeps its order, nothing is in two hands at once, and no message is lost (whole group locked: %s)',
    async (wholeGroupLock) => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 80, size: 'max' }), async (steps) => {
          const { create, pass } = start();
          const gone: string[] = [];
          const sent: string[] = [];
          const dlq = create();
          const queue = create({
            wholeGroupLock,
            lookThrough: 6,
            maxInFlight: 5,
            retentionMs: 4 * MINUTE_MS,
            redrive: { to: dlq, maxReceiveCount: 3 },
            onExpired: ({ messageId }) => gone.push(messageId),
          });
          const deliveries: ReceivedMessage[] = [];

          for (const [index, now] of steps.entries()) {
            const held = queue.peekAll();
            switch (now.do) {
              case 'send':
                sent.push(queue.send(message(`${index}`, `group-${now.group}`)).messageId);
                break;
              case 'receive': {
                const received = queue.receive(now.max);
                deliveries.unshift(...received);
                const left = queue.peekAll();
                const ids = received.map(({ messageId }) => messageId);
                const groupIds = received.map(({ groupId }) => groupId);
                const runs = groupIds.filter((groupId, place) => groupId !== groupIds[place - 1]);
                expect(new Set(runs).size).toBe(runs.length);
                for (const groupId of runs) {
                  const inOrder = left.filter((one) => one.groupId === groupId);
                  const own = ids.filter((id) => inOrder.some(({ messageId }) => messageId === id));
                  // The first ones of the group as it is now, so none was passed over.
                  expect(own).toEqual(inOrder.slice(0, own.length).map(({ messageId }) => messageId));
                  const hiddenBefore = held.filter(
                    (one) => one.groupId === groupId && one.hiddenUntil !== undefined,
                  );
                  // Where nothing was moved, the first one was within view.
                  if (left.length === held.length)
                    expect(held.findIndex((one) => one.groupId === groupId)).toBeLessThan(6);
                  // None that another receive holds, nor, where the whole group is locked, any of such a group.
                  expect(hiddenBefore.filter(({ messageId }) => own.includes(messageId))).toEqual([]);
                  if (wholeGroupLock) expect(hiddenBefore).toEqual([]);
                }
                const { inFlight } = queue.depth();
                expect(inFlight).toBeLessThanOrEqual(5);
                if (received.length < now.max && inFlight < 5) {
                  // Then none that is within view could have been given too.
                  for (const { groupId } of left.slice(0, 6)) {
                    const inOrder = left.filter((one) => one.groupId === groupId);
                    const locking = wholeGroupLock ? inOrder : inOrder.slice(0, 1);
                    expect(locking.some(({ hiddenUntil }) => hiddenUntil !== undefined)).toBe(true);
                  }
                }
                break;
              }
              case 'delete': {
                const { receiptHandle = '', messageId = '' } = deliveries[now.which] ?? {};
                try {
                  queue.delete(receiptHandle);
                  if (!gone.includes(messageId) && held.some((one) => one.messageId === messageId))
                    gone.push(messageId);
                } catch (error) {
                  expect(['InvalidParameterValue', 'ReceiptHandleIsInvalid']).toContain(nameOf(error));
                }
                break;
              }
              case 'hide':
                try {
                  queue.changeVisibility(deliveries[now.which]?.receiptHandle ?? '', now.seconds);
                } catch (error) {
                  expect(['InvalidParameterValue', 'MessageNotInflight', 'ReceiptHandleIsInvalid']).toContain(
                    nameOf(error),
                  );
                }
                break;
              case 'wait':
                await pass(now.seconds * 1_000);
            }
            const kept = [...queue.peekAll(), ...dlq.peekAll()].map(({ messageId }) => messageId);
            expect([...kept, ...gone].sort()).toEqual([...sent].sort());
          }
        }),
        { numRuns: 200 },
      );
    },
  );
});

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '');
