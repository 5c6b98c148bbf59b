import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { ChangeMessageVisibilityCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import {
  deliverAsInAws,
  isPaused,
  pauseQueue,
  type QueueWatch,
  resumeQueue,
  unwatchQueue,
  watchQueue,
} from './fifo-delivery.ts';

const QUEUE = 'verified-users.fifo';
const DLQ = 'verified-users-dlq.fifo';

deliverAsInAws();

/** What every AWS client here needs: fauxqs accepts any credentials. */
export const SANDBOX_AWS_ENVIRONMENT = {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'sandbox',
  AWS_SECRET_ACCESS_KEY: 'sandbox',
};

export interface QueuesOptions {
  /** Default: any free port. */
  port?: number;
  maxReceiveCount?: number;
  visibilityTimeoutSeconds?: number;
  /** Who is told of what comes and goes. */
  watch?: { queue?: QueueWatch; deadLetters?: QueueWatch };
}

export type Queues = Awaited<ReturnType<typeof startQueues>>;

/**
 * fauxqs listens on every interface of the machine and has no option for it (its `host` is that of the queues' URLs), so
 * its HTTP server is told on the way up (Fastify docs, diagnostics channel).
 */
async function startOnLoopback(port: number): Promise<FauxqsServer> {
  const onInitialization = (message: unknown) => {
    const { fastify } = message as { fastify: { listen(options: object): Promise<string> } };
    const { listen } = fastify;
    fastify.listen = (options) => listen.call(fastify, { ...options, host: '127.0.0.1' });
  };
  subscribe('fastify.initialization', onInitialization);
  try {
    return await startFauxqs({ port, host: '127.0.0.1', logger: false });
  } finally {
    unsubscribe('fastify.initialization', onInitialization);
  }
}

/** Both queues as `serverless.yml` deploys them, on a real SQS endpoint over HTTP. */
export async function startQueues({
  port = 0,
  maxReceiveCount = 40,
  visibilityTimeoutSeconds = 360,
  watch = {},
}: QueuesOptions = {}) {
  const server = await startOnLoopback(port);
  const fifo = {
    FifoQueue: 'true',
    DeduplicationScope: 'messageGroup',
    FifoThroughputLimit: 'perMessageGroupId',
    MessageRetentionPeriod: String(14 * 24 * 60 * 60),
  };
  const dlq = server.createQueue(DLQ, { attributes: fifo });
  const queue = server.createQueue(QUEUE, {
    attributes: {
      ...fifo,
      MaximumMessageSize: '262144',
      VisibilityTimeout: String(visibilityTimeoutSeconds),
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dlq.queueArn, maxReceiveCount }),
    },
  });

  watchQueue(queue.queueUrl, watch.queue ?? {});
  watchQueue(dlq.queueUrl, watch.deadLetters ?? {});

  const endpoint = `http://127.0.0.1:${server.port}`;
  const sqs = new SQSClient({
    endpoint,
    region: SANDBOX_AWS_ENVIRONMENT.AWS_REGION,
    credentials: {
      accessKeyId: SANDBOX_AWS_ENVIRONMENT.AWS_ACCESS_KEY_ID,
      secretAccessKey: SANDBOX_AWS_ENVIRONMENT.AWS_SECRET_ACCESS_KEY,
    },
  });
  const inspect = (name: string) => {
    const queue = server.inspectQueue(name);
    if (queue === undefined) throw new Error(`There is no queue ${name}`);
    return queue.messages;
  };

  const queueUrl = `${endpoint}/000000000000/${QUEUE}`;
  const dlqUrl = `${endpoint}/000000000000/${DLQ}`;

  return {
    endpoint,
    queueUrl,
    dlqUrl,
    sqs,
    /** Messages that wait, and those that are hidden: in hand, or backing off. */
    waiting() {
      const { ready, delayed, inflight } = inspect(QUEUE);
      return { ready: [...ready, ...delayed], inflight };
    },
    deadLetters() {
      const { ready, delayed, inflight } = inspect(DLQ);
      return [...ready, ...delayed, ...inflight.map(({ message }) => message)];
    },
    /** How many dead letters somebody has in hand: hidden from all others. */
    deadLettersInFlight: () => inspect(DLQ).inflight.length,
    /** Ends the visibility timeout of every dead letter now, as if it had passed. */
    async releaseDeadLetters() {
      for (const { receiptHandle } of inspect(DLQ).inflight) {
        await sqs.send(
          new ChangeMessageVisibilityCommand({
            QueueUrl: dlqUrl,
            ReceiptHandle: receiptHandle,
            VisibilityTimeout: 0,
          }),
        );
      }
    },
    /** For how long a message that was received stays hidden; 0 when it is not, or when it has been received anew. */
    hiddenMs(receiptHandle: string): number {
      const hidden = inspect(QUEUE).inflight.find((entry) => entry.receiptHandle === receiptHandle);
      return hidden === undefined ? 0 : Math.max(hidden.visibilityDeadline - Date.now(), 0);
    },
    /** Ends a message's visibility timeout now. One that is no longer hidden stays as it is. */
    async makeVisible(receiptHandle: string) {
      const { inflight } = inspect(QUEUE);
      if (!inflight.some((hidden) => hidden.receiptHandle === receiptHandle)) return;
      await sqs.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: queueUrl,
          ReceiptHandle: receiptHandle,
          VisibilityTimeout: 0,
        }),
      );
    },
    /** Nothing is handed out any more. Who waits for a message goes on waiting. */
    pause: () => void pauseQueue(queue.queueUrl),
    resume: () => resumeQueue(queue.queueUrl),
    isPaused: () => isPaused(queue.queueUrl),
    async stop() {
      resumeQueue(queue.queueUrl);
      for (const url of [queue.queueUrl, dlq.queueUrl]) unwatchQueue(url);
      sqs.destroy();
      await server.stop();
    },
  };
}
