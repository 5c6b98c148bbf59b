import type {
  ChangeMessageVisibilityBatchCommandInput,
  ChangeMessageVisibilityCommandInput,
  Message,
  ReceiveMessageCommandInput,
  SendMessageBatchCommandInput,
  SendMessageCommandInput,
  SQSClient,
} from '@aws-sdk/client-sqs';
import * as sdk from '@aws-sdk/client-sqs';
import type { LoadSqs } from '../../lib/queue/sqs.ts';
import type { Chance } from '../chance.ts';
import type { Host } from '../time/host.ts';
import { sqsError } from './fifo-intake.ts';
import type { FifoQueue } from './fifo-queue.ts';

/** How SQS behaves at the moment. */
export interface SqsWeather {
  /** That a call is refused, or comes to no answer. */
  failure: number;
}

export interface SqsNetworkOptions {
  queues: ReadonlyMap<string, FifoQueue>;
  chance: Chance;
  weather: () => SqsWeather;
  /** Whether the instance dies with this call, before or after it took effect. */
  dies: (host: Host) => 'before' | 'after' | undefined;
  die: (host: Host) => void;
  onSent: (queueUrl: string, message: SendMessageCommandInput) => void;
}

const CALL_MS = [4, 25] as const;
/** The SDK's two attempts, each of which gives up after two seconds. */
const GIVEN_UP_MS = 4_000;

const failedEntry = (Id: string, error: unknown) => ({
  Id,
  Code: error instanceof Error ? error.name : '',
  SenderFault: true,
});

/** The AWS SDK's client as the code on a host has it, before queues in memory. */
export function createSqsNetwork({ queues, chance, weather, dies, die, onSent }: SqsNetworkOptions) {
  const queueOf = (url: string | undefined): FifoQueue => {
    const queue = queues.get(url ?? '');
    if (queue === undefined) throw sqsError('QueueDoesNotExist', 'The specified queue does not exist.');
    return queue;
  };

  function sendMessage(input: SendMessageCommandInput): { MessageId: string } {
    const { messageId } = queueOf(input.QueueUrl).send({
      body: input.MessageBody ?? '',
      groupId: input.MessageGroupId ?? '',
      deduplicationId: input.MessageDeduplicationId ?? '',
      attributes: input.MessageAttributes ?? {},
    });
    onSent(input.QueueUrl ?? '', input);
    return { MessageId: messageId };
  }

  function changeVisibility(input: ChangeMessageVisibilityCommandInput): Record<string, never> {
    queueOf(input.QueueUrl).changeVisibility(input.ReceiptHandle ?? '', input.VisibilityTimeout ?? 0);
    return {};
  }

  /** Another time of hiding than the queue's own is set right after the receive: nothing comes in between. */
  function receiveMessages(input: ReceiveMessageCommandInput): { Messages: Message[] } {
    const queue = queueOf(input.QueueUrl);
    const received = queue.receive(input.MaxNumberOfMessages ?? 1);
    for (const { receiptHandle } of received)
      if (input.VisibilityTimeout !== undefined)
        queue.changeVisibility(receiptHandle, input.VisibilityTimeout);
    return {
      Messages: received.map((message) => ({
        MessageId: message.messageId,
        ReceiptHandle: message.receiptHandle,
        Body: message.body,
        Attributes: {
          ApproximateReceiveCount: String(message.receiveCount),
          SentTimestamp: String(Math.floor(message.sentAt)),
          ApproximateFirstReceiveTimestamp: String(Math.floor(message.firstReceivedAt)),
          MessageGroupId: message.groupId,
          MessageDeduplicationId: message.deduplicationId,
          SequenceNumber: message.sequenceNumber,
        },
        MessageAttributes: { ...message.attributes },
      })),
    };
  }

  function changeVisibilities({ QueueUrl, Entries = [] }: ChangeMessageVisibilityBatchCommandInput): unknown {
    const failed = [];
    for (const { Id = '', ReceiptHandle, VisibilityTimeout } of Entries) {
      try {
        changeVisibility({ QueueUrl, ReceiptHandle, VisibilityTimeout });
      } catch (error) {
        failed.push(failedEntry(Id, error));
      }
    }
    return { Failed: failed };
  }

  function sendMessages({ QueueUrl, Entries = [] }: SendMessageBatchCommandInput): unknown {
    const [successful, failed]: [object[], object[]] = [[], []];
    for (const { Id = '', ...message } of Entries) {
      try {
        successful.push({ Id, ...sendMessage({ QueueUrl, ...message }) });
      } catch (error) {
        failed.push(failedEntry(Id, error));
      }
    }
    return { Successful: successful, Failed: failed };
  }

  function apply(command: unknown): unknown {
    if (command instanceof sdk.ReceiveMessageCommand) return receiveMessages(command.input);
    if (command instanceof sdk.ChangeMessageVisibilityBatchCommand) return changeVisibilities(command.input);
    if (command instanceof sdk.DeleteMessageCommand) {
      queueOf(command.input.QueueUrl).delete(command.input.ReceiptHandle ?? '');
      return {};
    }
    if (command instanceof sdk.SendMessageCommand) return sendMessage(command.input);
    if (command instanceof sdk.SendMessageBatchCommand) return sendMessages(command.input);
    if (command instanceof sdk.ChangeMessageVisibilityCommand) return changeVisibility(command.input);
    throw new Error('The simulated SQS does not know this command');
  }

  const clientOf = (host: Host): Pick<SQSClient, 'send'> => {
    const send = (command: unknown): Promise<unknown> =>
      new Promise((resolve, reject) => {
        const failed = chance.happens(weather().failure);
        const death = dies(host);
        if (death === 'before') return die(host);
        const ms = chance.between(...CALL_MS);
        if (failed) {
          const silent = chance.happens(0.5);
          host.after(silent ? GIVEN_UP_MS : ms, () =>
            reject(
              silent ? sqsError('TimeoutError', 'No answer') : sqsError('ServiceUnavailable', 'Unavailable'),
            ),
          );
          return;
        }
        // What was sent arrives whatever becomes of its sender.
        let answer: { value: unknown } | { error: unknown };
        try {
          answer = { value: apply(command) };
        } catch (error) {
          answer = { error };
        }
        if (death === 'after') return die(host);
        host.after(ms, () => ('error' in answer ? reject(answer.error) : resolve(answer.value)));
      });
    // The SDK's type has an overload for each of its two dozen commands.
    return { send } as Pick<SQSClient, 'send'>;
  };

  return {
    clientOf,
    loadSqsOn: (host: Host): LoadSqs => {
      const loaded = { sqs: clientOf(host), sdk };
      return async () => loaded;
    },
  };
}
