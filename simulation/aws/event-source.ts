import type { SQSMessageAttributes, SQSRecord } from 'aws-lambda';
import type { Chance } from '../chance.ts';
import type { Timeline } from '../time/timeline.ts';
import type { FifoQueue, ReceivedMessage } from './fifo-queue.ts';

/** How an invocation ends, for whoever asked for it. */
export type InvocationEnd = { failedIds: ReadonlySet<string> } | 'failed';

export interface EventSourceOptions {
  timeline: Timeline;
  chance: Chance;
  queue: FifoQueue;
  maxConcurrency: number;
  /** That a batch is handed over a second time, and that the answer to it is lost on its way. */
  probabilities: { handedOverAgain: number; answerLost: number };
  invoke(records: SQSRecord[], again: boolean, onEnd: (end: InvocationEnd) => void): void;
  onReceive(message: ReceivedMessage): void;
}

const BATCH_SIZE = 10;
const POLL_MS = [2, 20] as const;
const SECOND_TIME_MS = [50, 20_000] as const;

/** Lambda's event source mapping: polls, invokes, deletes what succeeded. */
export function createEventSource({
  timeline,
  chance,
  queue,
  maxConcurrency,
  probabilities,
  invoke,
  onReceive,
}: EventSourceOptions) {
  let enabled = true;
  let running = 0;
  let polling = false;

  function pollSoon(): void {
    if (polling || !enabled || running >= maxConcurrency) return;
    polling = true;
    timeline.after(chance.between(...POLL_MS), () => {
      polling = false;
      poll();
    });
  }

  function poll(): void {
    if (!enabled || running >= maxConcurrency) return;
    const messages = queue.receive(BATCH_SIZE);
    if (messages.length === 0) return;
    for (const message of messages) onReceive(message);
    const records = messages.map(recordOf);
    handOver(messages, records, false);
    if (chance.happens(probabilities.handedOverAgain)) {
      timeline.after(chance.between(...SECOND_TIME_MS), () => {
        if (running < maxConcurrency) handOver(messages, records, true);
      });
    }
    pollSoon();
  }

  function handOver(messages: ReceivedMessage[], records: SQSRecord[], again: boolean): void {
    running += 1;
    invoke(records, again, (end) => {
      running -= 1;
      const lost = chance.happens(probabilities.answerLost);
      if (end !== 'failed' && !lost) {
        for (const { messageId, receiptHandle } of messages)
          if (!end.failedIds.has(messageId)) deleted(receiptHandle);
      }
      pollSoon();
    });
  }

  /** Of a message whose time has run out meanwhile, or that was handed over twice, SQS says no. */
  function deleted(receiptHandle: string): void {
    try {
      queue.delete(receiptHandle);
    } catch {
      // It comes again.
    }
  }

  return {
    /** Something may be there to receive. */
    pollSoon,
    setEnabled(value: boolean) {
      enabled = value;
      pollSoon();
    },
    isEnabled: () => enabled,
  };
}

const attributesOf = (attributes: ReceivedMessage['attributes']): SQSMessageAttributes =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, { DataType, StringValue }]) => [
      name,
      {
        dataType: DataType === 'Number' ? 'Number' : 'String',
        ...(StringValue !== undefined && { stringValue: StringValue }),
      },
    ]),
  );

/** A message as Lambda hands it over. */
const recordOf = (message: ReceivedMessage): SQSRecord => ({
  messageId: message.messageId,
  receiptHandle: message.receiptHandle,
  body: message.body,
  attributes: {
    ApproximateReceiveCount: String(message.receiveCount),
    SentTimestamp: String(Math.floor(message.sentAt)),
    SenderId: 'simulation',
    ApproximateFirstReceiveTimestamp: String(Math.floor(message.firstReceivedAt)),
    MessageGroupId: message.groupId,
    MessageDeduplicationId: message.deduplicationId,
    SequenceNumber: message.sequenceNumber,
  },
  messageAttributes: attributesOf(message.attributes),
  md5OfBody: '',
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:verified-users.fifo',
  awsRegion: 'us-east-1',
});
