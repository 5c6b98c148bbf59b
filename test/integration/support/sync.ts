import { setTimeout as sleep } from 'node:timers/promises';
import {
  DeleteMessageCommand,
  type MessageAttributeValue,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import { recordOf } from '../../../sandbox/event-source.ts';
import type { HubSpotOptions } from '../../../sandbox/hubspot/server.ts';
import { startLambda } from '../../../sandbox/lambda.ts';
import type { Queues } from '../../../sandbox/queues.ts';
import { startStack } from '../../../sandbox/stack.ts';
import { API_VERSION } from './api-version.ts';
import { archiveLine } from './log-archive.ts';
import type { Person } from './people.ts';

export const BUNDLE = new URL('../../../dist/sync-contact/index.mjs', import.meta.url).pathname;

/** A message to be sent, and which delivery it is to pass for. */
export interface Message {
  body: string;
  groupId?: string;
  attributes?: Record<string, MessageAttributeValue>;
  deliveries?: number;
  /** Changes the record as it comes from SQS, last of all. */
  record?: (record: SQSRecord) => SQSRecord;
}

export type LogLine = Record<string, unknown>;

/** What became of one message. */
export interface Delivered {
  messageId: string;
  record: SQSRecord;
  /** Whether it stood in `batchItemFailures`. */
  failed: boolean;
  /** For how long SQS hides it, counted from its log line; 0 when it is visible, undefined when it is gone. */
  hiddenSeconds: number | undefined;
  deadLetter: ReturnType<Queues['deadLetters']>[number] | undefined;
  /** The record's only log line. */
  line: LogLine;
}

export type Sync = Awaited<ReturnType<typeof startSync>>;
export type Instance = ReturnType<Sync['instance']>;

/** The verification message of a person. */
export const message = (
  { email, username }: Person,
  { verifiedAt, ...options }: { verifiedAt?: string } & Partial<Message> = {},
): Message => ({ body: JSON.stringify({ email, username, verifiedAt }), ...options });

/**
 * HubSpot, both queues and instances of the built sync-contact, with this test in the place of Lambda's poller: it
 * decides what comes in one batch, and sees what becomes of every message.
 */
export async function startSync({ hubspot }: { hubspot?: HubSpotOptions } = {}) {
  const stack = await startStack({
    instances: 0,
    hubspot: { requestsPer10s: Number.POSITIVE_INFINITY, ...hubspot },
    // The rate share is no matter here, but where a test sets one.
    environment: { HUBSPOT_REQUESTS_PER_10S: '1000000', HUBSPOT_API_VERSION: API_VERSION },
  });
  const { queues, syncEnvironment } = stack;
  const { sqs, queueUrl, dlqUrl } = queues;
  const stops: (() => Promise<void>)[] = [];
  let sent = 0;

  async function send({ body, groupId, attributes }: Message): Promise<string> {
    sent += 1;
    const { MessageId = '' } = await sqs.send(
      new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: body,
        MessageGroupId: groupId ?? `group-${sent}`,
        MessageDeduplicationId: `message-${sent}`,
        ...(attributes && { MessageAttributes: attributes }),
      }),
    );
    return MessageId;
  }

  async function receive(count: number): Promise<SQSRecord[]> {
    const records: SQSRecord[] = [];
    while (records.length < count) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: 10,
          MessageAttributeNames: ['All'],
          MessageSystemAttributeNames: ['All'],
        }),
      );
      if (Messages.length === 0) throw new Error(`${records.length} of ${count} messages can be received`);
      records.push(...Messages.map((received) => recordOf(received, queueUrl)));
    }
    return records;
  }

  function hiddenSeconds(messageId: string, { timestamp }: LogLine): number | undefined {
    const { ready, inflight } = queues.waiting();
    if (ready.some((waiting) => waiting.messageId === messageId)) return 0;
    const hidden = inflight.find((entry) => entry.message.messageId === messageId);
    return hidden && Math.ceil((hidden.visibilityDeadline - Date.parse(String(timestamp))) / 1_000);
  }

  /** One instance of the built function, with an environment of its own. */
  function instance(environment: Record<string, string> = {}, { timeoutMs = 60_000, bundle = BUNDLE } = {}) {
    const lines: string[] = [];
    const lambda = startLambda({
      functionName: 'sync-contact',
      bundle,
      environment: { ...syncEnvironment, ...environment },
      timeoutMs,
      onLog(line) {
        lines.push(line);
        archiveLine(line);
      },
    });
    stops.push(lambda.stop);

    async function invoke(event: unknown): Promise<Set<string>> {
      const answer = (await lambda.invoke(event)) as SQSBatchResponse;
      archiveLine(JSON.stringify(answer));
      // What it printed lies in the pipe by now, and is read within one turn of the event loop.
      await sleep(5);
      return new Set(answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    }

    function lineOf(messageId: string, from: number): LogLine {
      const own = lines.slice(from).filter((line) => line.includes(`"correlation_id":"${messageId}"`));
      if (own.length !== 1) throw new Error(`${own.length} log lines instead of one:\n${own.join('\n')}`);
      return JSON.parse(own[0] ?? '');
    }

    async function hand(records: SQSRecord[]): Promise<Delivered[]> {
      const from = lines.length;
      const failed = await invoke({ Records: records });
      return Promise.all(
        records.map(async (record): Promise<Delivered> => {
          const { messageId, receiptHandle } = record;
          if (!failed.has(messageId)) {
            await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: receiptHandle }));
          }
          const deadLetter = queues
            .deadLetters()
            .find((letter) => letter.messageDeduplicationId === `dead-letter-${messageId}`);
          if (deadLetter) archiveLine(JSON.stringify(deadLetter.messageAttributes));
          const line = lineOf(messageId, from);
          return {
            messageId,
            record,
            failed: failed.has(messageId),
            hiddenSeconds: hiddenSeconds(messageId, line),
            deadLetter,
            line,
          };
        }),
      );
    }

    async function deliverAll(messages: readonly Message[]): Promise<Delivered[]> {
      const ids: string[] = [];
      for (const one of messages) ids.push(await send(one));
      const received = await receive(messages.length);
      const records = messages.map(({ deliveries, record: change = (same) => same }, index) => {
        const record = received.find(({ messageId }) => messageId === ids[index]);
        if (record === undefined) throw new Error('The queue has delivered a message of another test');
        const count = deliveries && { ApproximateReceiveCount: String(deliveries) };
        return change({ ...record, attributes: { ...record.attributes, ...count } });
      });
      return hand(records);
    }

    return {
      /** Everything that it has printed. */
      lines,
      /** Hands over an event as it is, and returns the IDs in `batchItemFailures`. */
      invoke,
      /** Sends the messages and delivers them in one batch, in this order. */
      deliverAll,
      /** Sends one message and delivers it alone. */
      async deliver(one: Message): Promise<Delivered> {
        const [delivered] = await deliverAll([one]);
        if (delivered === undefined) throw new Error('Nothing was delivered');
        return delivered;
      },
      /** Delivers a message again that was put back, its back-off skipped. */
      async redeliver({ messageId }: Pick<Delivered, 'messageId'>): Promise<Delivered> {
        const hidden = queues.waiting().inflight.find((entry) => entry.message.messageId === messageId);
        if (hidden) await queues.makeVisible(hidden.receiptHandle);
        const records = await receive(1);
        const [delivered] = await hand(records.filter((record) => record.messageId === messageId));
        if (delivered === undefined) throw new Error('The queue has delivered another message');
        return delivered;
      },
    };
  }

  return {
    hubspot: stack.hubspot,
    queues,
    environment: syncEnvironment,
    instance,
    /** As if just started, for the next test. */
    async reset(): Promise<void> {
      stack.hubspot.reset();
      for (const QueueUrl of [queueUrl, dlqUrl]) await sqs.send(new PurgeQueueCommand({ QueueUrl }));
    },
    async stop(): Promise<void> {
      await Promise.all(stops.map((stop) => stop()));
      await stack.stop();
    },
  };
}
