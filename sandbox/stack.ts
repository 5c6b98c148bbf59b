import { setTimeout as sleep } from 'node:timers/promises';
import { type EventSourceOptions, mapEventSource } from './event-source.ts';
import type { QueueWatch } from './fifo-delivery.ts';
import { type HubSpotOptions, startHubSpot } from './hubspot/server.ts';
import { type Lambda, startLambda } from './lambda.ts';
import { startParameters } from './parameters.ts';
import { type QueuesOptions, SANDBOX_AWS_ENVIRONMENT, startQueues } from './queues.ts';

const bundle = (name: string): string => new URL(`../dist/${name}/index.mjs`, import.meta.url).pathname;

/** Where `npm run dev` listens, and the stage `local` of serverless.yml expects to find it. */
export const DEV_PORTS = { window: 4000, hubspot: 4010, sqs: 4566 };

/** The key of the logs' `person` there: no secret, and long enough to be one. */
export const DEV_LOG_KEY = 'the-sandbox-keeps-no-secret-of-anybody';

/** So many lines of all functions are kept, in memory only. They name nobody. */
const LOG_LINES_MAX = 10_000;

const PARAMETERS = { token: '/sandbox/hubspot-access-token', logKey: '/sandbox/log-key' };

/** Who is told of what happens between the trigger and HubSpot. */
export interface StackWatch extends Pick<EventSourceOptions, 'onDelivery' | 'onDeliveryEnd'> {
  queue?: QueueWatch;
  deadLetters?: QueueWatch;
}

export interface StackOptions {
  hubspot?: HubSpotOptions;
  queues?: Omit<QueuesOptions, 'watch'>;
  watch?: StackWatch;
  /** How many instances of sync-contact, as MAX_CONCURRENCY. Default 2; 0 starts none, and nothing is polled. */
  instances?: number;
  /** Overrides in the environment of sync-contact. */
  environment?: Record<string, string>;
  /** Puts the token and this key of the logs into an SSM, as they are deployed. Without it, the logs tell nobody apart. */
  logKey?: string;
  timeoutMs?: number;
  /** Every line that a function prints. */
  onLog?(line: string): void;
  /** An invocation that failed as a whole. */
  onFailure?(error: unknown): void;
}

export type Stack = Awaited<ReturnType<typeof startStack>>;

/** Everything that is deployed, on this machine: HubSpot, both queues, the event source mapping, the built functions. */
export async function startStack({
  instances = 2,
  timeoutMs = 60_000,
  environment,
  logKey,
  onLog,
  watch = {},
  ...options
}: StackOptions = {}) {
  const logLines: string[] = [];
  const keepLog = (line: string) => {
    logLines.push(line);
    if (logLines.length > LOG_LINES_MAX) logLines.shift();
  };
  const hubspot = await startHubSpot({ ...options.hubspot, logLines: () => logLines });
  const { queue, deadLetters, ...deliveries } = watch;
  const queues = await startQueues({
    ...options.queues,
    watch: { ...(queue && { queue }), ...(deadLetters && { deadLetters }) },
  });
  const parameters =
    logKey === undefined
      ? undefined
      : await startParameters({
          token: { name: PARAMETERS.token, value: () => hubspot.settings.accessToken },
          logKey: { name: PARAMETERS.logKey, value: () => logKey },
        });
  const shared = {
    ...SANDBOX_AWS_ENVIRONMENT,
    AWS_ENDPOINT_URL_SQS: queues.endpoint,
    QUEUE_URL: queues.queueUrl,
  };
  const syncEnvironment = {
    ...shared,
    DLQ_URL: queues.dlqUrl,
    MAX_RECEIVE_COUNT: String(options.queues?.maxReceiveCount ?? 40),
    MAX_CONCURRENCY: String(Math.max(instances, 1)),
    HUBSPOT_BASE_URL: hubspot.url,
    HUBSPOT_ACCESS_TOKEN: hubspot.settings.accessToken,
    ...parameters?.environment,
    ...environment,
  };
  const log = {
    onLog(line: string) {
      keepLog(line);
      onLog?.(line);
    },
  };
  const syncContacts: Lambda[] = Array.from({ length: instances }, () =>
    startLambda({
      functionName: 'sync-contact',
      bundle: bundle('sync-contact'),
      environment: syncEnvironment,
      timeoutMs,
      ...log,
    }),
  );
  const publishVerification = startLambda({
    functionName: 'publish-verification',
    bundle: bundle('publish-verification'),
    environment: shared,
    timeoutMs: 5_000,
    ...log,
  });
  const eventSource = mapEventSource({
    sqs: queues.sqs,
    queueUrl: queues.queueUrl,
    invocations: syncContacts.map(({ invoke }) => invoke),
    ...(options.onFailure && { onFailure: options.onFailure }),
    ...deliveries,
  });

  /** Ends every back-off now: what an invocation left to its visibility timeout becomes visible. */
  async function skipBackOff(): Promise<void> {
    for (const receiptHandle of eventSource.takeLeft()) {
      await queues.makeVisible(receiptHandle);
    }
  }

  return {
    hubspot,
    queues,
    syncContacts,
    syncEnvironment,
    publishVerification,
    eventSource,
    skipBackOff,
    /** Keeps a line as one of the functions'. */
    keepLog,
    /** The lines of all functions, those of the most recent while. */
    logLines: (): readonly string[] => logLines,

    /** Resolves when the queue is empty, every message synced or a dead letter. Back-offs pass in no time. */
    async drained({ withinMs = 30_000, skipBackOffs = true } = {}): Promise<void> {
      const deadline = Date.now() + withinMs;
      for (;;) {
        const { ready, inflight } = queues.waiting();
        if (ready.length + inflight.length === 0) return;
        if (Date.now() > deadline)
          throw new Error(`The queue still holds ${ready.length + inflight.length} messages`);
        if (skipBackOffs) await skipBackOff();
        await sleep(10);
      }
    },

    async stop(): Promise<void> {
      eventSource.stop();
      await Promise.all([...syncContacts, publishVerification].map((lambda) => lambda.stop()));
      await Promise.all([queues.stop(), hubspot.close(), parameters?.stop()]);
    },
  };
}
