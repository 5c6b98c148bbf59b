import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mapEventSource } from '../../sandbox/event-source.ts';
import { type Queues, startQueues } from '../../sandbox/queues.ts';

/*
 * What the sandbox's FIFO queue has in common with the one in AWS (SQS docs, FIFO delivery logic). Each message's body
 * is its group and its number in it.
 */

let queues: Queues;
beforeEach(async () => {
  queues = await startQueues();
});
afterEach(() => queues.stop());

async function send(...bodies: string[]): Promise<void> {
  for (const body of bodies) {
    await queues.sqs.send(
      new SendMessageCommand({
        QueueUrl: queues.queueUrl,
        MessageBody: body,
        MessageGroupId: body.slice(0, 1),
        MessageDeduplicationId: body,
      }),
    );
  }
}

async function receive({ max = 10, hiddenSeconds = 60 } = {}): Promise<Message[]> {
  const { Messages = [] } = await queues.sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: queues.queueUrl,
      MaxNumberOfMessages: max,
      VisibilityTimeout: hiddenSeconds,
      MessageSystemAttributeNames: ['All'],
    }),
  );
  return Messages;
}

const handleOf = ({ ReceiptHandle }: Message) => ({ QueueUrl: queues.queueUrl, ReceiptHandle });
const remove = (message: Message) => queues.sqs.send(new DeleteMessageCommand(handleOf(message)));
const putBack = (message: Message) =>
  queues.sqs.send(new ChangeMessageVisibilityCommand({ ...handleOf(message), VisibilityTimeout: 0 }));

const bodies = (messages: Message[]) => messages.map(({ Body }) => Body);
const counts = (messages: Message[]) =>
  messages.map(({ Body, Attributes }) => `${Body} for the ${Attributes?.ApproximateReceiveCount}. time`);

function two([first, second, ...others]: Message[]): [Message, Message] {
  if (first === undefined || second === undefined || others.length > 0)
    throw new Error('Not two messages came');
  return [first, second];
}

describe('a receive', () => {
  it('hands over as many of one group as it may, in order, before it turns to the next group', async () => {
    await send('a1', 'b1', 'a2', 'c1', 'b2');
    expect(bodies(await receive({ max: 4 }))).toEqual(['a1', 'a2', 'b1', 'b2']);
    expect(bodies(await receive())).toEqual(['c1']);
  });

  it('hands over what is left of a group only when all that went before is gone', async () => {
    await send('a1', 'a2', 'a3');
    const [first, second] = two(await receive({ max: 2 }));
    await send('a4');
    expect(await receive()).toEqual([]);
    await remove(first);
    expect(await receive()).toEqual([]);
    await remove(second);
    expect(counts(await receive())).toEqual(['a3 for the 1. time', 'a4 for the 1. time']);
  });

  it('counts each message for itself', async () => {
    await send('a1', 'a2');
    const [first, second] = two(await receive());
    await send('a3');
    await remove(first);
    await putBack(second);
    expect(counts(await receive())).toEqual(['a2 for the 2. time', 'a3 for the 1. time']);
  });
});

describe('the order of a group', () => {
  it.each([
    ['the earlier one', [0, 1]],
    ['the later one', [1, 0]],
  ])('holds when %s is put back first', async (_, order) => {
    await send('a1', 'a2', 'a3');
    const received = await receive({ max: 2 });
    for (const index of order) {
      expect(await receive()).toEqual([]);
      const message = received[index];
      if (message !== undefined) await putBack(message);
    }
    expect(bodies(await receive())).toEqual(['a1', 'a2', 'a3']);
  });

  it('holds when the time of both is up', async () => {
    await send('a1', 'a2', 'a3');
    expect(bodies(await receive({ max: 2, hiddenSeconds: 0 }))).toEqual(['a1', 'a2']);
    expect(bodies(await receive())).toEqual(['a1', 'a2', 'a3']);
  });
});

it('a repeat within five minutes is no second message', async () => {
  await send('a1', 'a2', 'a1');
  expect(bodies(await receive())).toEqual(['a1', 'a2']);
});

it('the redrive policy takes the messages of one receive each for itself, and leaves the group free', async () => {
  await queues.stop();
  queues = await startQueues({ maxReceiveCount: 1 });
  await send('a1', 'a2');
  expect(await receive({ hiddenSeconds: 0 })).toHaveLength(2);
  await send('a3');
  expect(bodies(await receive())).toEqual(['a3']);
  expect(queues.deadLetters().map(({ body }) => body)).toEqual(['a1', 'a2']);
});

it('two messages of one group come in one event, and a third one when they are done with', async () => {
  const events: string[][] = [];
  const done = Promise.withResolvers<void>();
  const inHand = Promise.withResolvers<void>();
  await send('a1', 'a2');
  const invoke = async ({ Records }: SQSEvent) => {
    events.push(Records.map(({ body }) => body));
    if (events.length === 1) {
      await send('a3', 'b1');
      inHand.resolve();
      await done.promise;
    }
    return { batchItemFailures: [] };
  };
  const { sqs, queueUrl } = queues;
  const eventSource = mapEventSource({ sqs, queueUrl, invocations: [invoke, invoke] });
  try {
    await inHand.promise;
    // The other instance takes what it can get.
    await expect.poll(() => events).toEqual([['a1', 'a2'], ['b1']]);
    done.resolve();
    await expect.poll(() => events).toEqual([['a1', 'a2'], ['b1'], ['a3']]);
  } finally {
    done.resolve();
    eventSource.stop();
  }
});

describe('a body', () => {
  it('may hold characters beyond U+FFFF', async () => {
    await send('a 🦊 𝒜');
    expect(bodies(await receive())).toEqual(['a 🦊 𝒜']);
  });

  it.each([
    ['half of a surrogate pair', 'a \ud83e'],
    ['U+FFFE', 'a \ufffe'],
    ['a control character', 'a \u0007'],
  ])('may not hold %s', async (_, body) => {
    await expect(send(body)).rejects.toThrow('Invalid characters found');
  });
});
