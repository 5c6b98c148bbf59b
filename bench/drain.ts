import { setTimeout as sleep } from 'node:timers/promises';
import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { mapEventSource } from '../sandbox/event-source.ts';
import type { HubSpotSandbox } from '../sandbox/hubspot/sandbox.ts';
import { startLambda } from '../sandbox/lambda.ts';
import type { Queues } from '../sandbox/queues.ts';
import { startStack } from '../sandbox/stack.ts';
import { atLeast, type Bound, inPercent } from './bound.ts';
import { type Disturbance, disturbed } from './disturbances.ts';
import { say } from './say.ts';
import { useOfLimit } from './windows.ts';

const BENCH = 'drain';
const INSTANCES = 2;
const REQUESTS_PER_10S = 190;
/** A fresh instance goes slowly until it knows what its predecessor used. */
const USE_MIN: Readonly<Record<Disturbance, number>> = { none: 0.95, replaced: 0.6, clock: 0.95 };
/** SQS takes ten messages at a time. */
const SEND_BATCH = 10;

/** One drain. */
export interface Backlog {
  users: number;
  /** What a call takes on average. */
  latencyMs: number;
  disturbance: Disturbance;
}

const DISTURBED: Readonly<Record<Disturbance, (times: number) => string>> = {
  none: () => '',
  replaced: (times) => `, ${times} instances replaced`,
  clock: (times) => `, ${times} times a clock was set`,
};

async function fill({ sqs, queueUrl }: Queues, users: number): Promise<void> {
  for (let first = 0; first < users; first += SEND_BATCH) {
    const { Failed: failed = [] } = await sqs.send(
      new SendMessageBatchCommand({
        QueueUrl: queueUrl,
        Entries: Array.from({ length: Math.min(SEND_BATCH, users - first) }, (_, index) => {
          const user = `user-${first + index}`;
          return {
            Id: user,
            MessageBody: JSON.stringify({
              email: `${user}@example.org`,
              username: user,
              verifiedAt: new Date().toISOString(),
            }),
            MessageGroupId: user,
            MessageDeduplicationId: user,
          };
        }),
      }),
    );
    if (failed.length > 0) throw new Error(`The queue did not take ${failed.length} messages`);
  }
}

/**
 * Half of the latency passes on the way there, before HubSpot counts the call, half on the way back; each half varies by
 * half of itself.
 *
 * @returns when the limit counted each call, in milliseconds; it grows
 */
function delayCalls(hubspot: HubSpotSandbox, latencyMs: number): number[] {
  const counted: number[] = [];
  hubspot.onCall = async (_call, phase) => {
    if (phase !== 'answered' && latencyMs > 0) await sleep((latencyMs / 2) * (0.5 + Math.random()));
    if (phase === 'received') counted.push(performance.now());
  };
  return counted;
}

/**
 * Drains a backlog of new users through the built function, against the sandbox with HubSpot's real limit.
 *
 * @returns the promises that no call is refused and that the limit is used well
 */
export async function drainBacklog({ users, latencyMs, disturbance }: Backlog): Promise<Bound[]> {
  // Nothing is polled before the whole backlog is there.
  const stack = await startStack({
    instances: 0,
    hubspot: { requestsPer10s: REQUESTS_PER_10S },
    environment: { HUBSPOT_REQUESTS_PER_10S: String(REQUESTS_PER_10S), MAX_CONCURRENCY: String(INSTANCES) },
  });
  const { hubspot, queues } = stack;
  const instances = Array.from({ length: INSTANCES }, () =>
    startLambda({
      functionName: 'sync-contact',
      bundle: new URL('../dist/sync-contact/index.mjs', import.meta.url).pathname,
      environment: stack.syncEnvironment,
    }),
  );
  const disturbances = disturbed(disturbance, instances);
  try {
    await fill(queues, users);
    const counted = delayCalls(hubspot, latencyMs);
    const eventSource = mapEventSource({
      sqs: queues.sqs,
      queueUrl: queues.queueUrl,
      invocations: disturbances.invocations,
      onFailure: (error) => console.error(error),
    });
    await stack.drained({ withinMs: 60_000 + users * 500, skipBackOffs: false });
    eventSource.stop();

    const calls = hubspot.journal.entries();
    const created = calls.filter(({ status }) => status === 201).length;
    const throttled = calls.filter(({ status }) => status === 429).length;
    const use = useOfLimit(counted, REQUESTS_PER_10S);
    const name = `${users} users, ${latencyMs} ms a call${DISTURBED[disturbance](disturbances.times())}`;
    say(
      `Drain, ${name}, ${INSTANCES} instances, ${REQUESTS_PER_10S} requests in 10 s:
${calls.length} requests, ${created} contacts, ${throttled} answers 429, ${(use.spanMs / 1_000).toFixed(2)} s from the first request to the last
rolling windows of 10 s: fullest ${use.fullest}, emptiest ${use.emptiest} of ${REQUESTS_PER_10S}\n`,
    );
    return [
      atLeast(BENCH, `${name}: of the limit`, use.ofLimit, USE_MIN[disturbance], inPercent),
      {
        bench: BENCH,
        what: `${name}: contacts, requests, answers 429`,
        measured: `${created}, ${calls.length}, ${throttled}`,
        bound: `${users}, ${users}, 0`,
        kept: created === users && calls.length === users && throttled === 0,
      },
    ];
  } finally {
    disturbances.stop();
    await Promise.all(instances.map((instance) => instance.stop()));
    await stack.stop();
  }
}
