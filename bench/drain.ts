import { setTimeout as sleep } from 'node:timers/promises';
import { mapEventSource } from '../sandbox/event-source.ts';
import type { HubSpotSandbox } from '../sandbox/hubspot/sandbox.ts';
import { startLambda } from '../sandbox/lambda.ts';
import { startStack } from '../sandbox/stack.ts';
import { atLeast, type Bound, inPercent } from './bound.ts';
import { type Disturbance, disturbed } from './disturbances.ts';
import { fill, people } from './fill.ts';
import { say } from './say.ts';
import { useOfLimit } from './windows.ts';

const BENCH = 'drain';
const INSTANCES = 2;
const REQUESTS_PER_10S = 190;
/** New users are all that there is: what asks in another way is another program. */
const OURS = 'POST';
/** What another program with the same token takes of the limit. */
const OTHERS_PER_10S = Math.floor(REQUESTS_PER_10S / 3);
/** Of the calls of both. */
const THROTTLED_MOST = 0.01;
/** Nothing is asked for while an instance starts, and what it cannot make up for is lost. */
const USE_MIN: Readonly<Record<Disturbance, number>> = {
  none: 0.95,
  'replaced once': 0.95,
  shared: 0.95,
  replaced: 0.85,
  clock: 0.95,
};
/** One drain. */
export interface Backlog {
  users: number;
  /** What a call takes on average. */
  latencyMs: number;
  disturbance: Disturbance;
}

const DISTURBED: Readonly<Record<Disturbance, (times: number) => string>> = {
  none: () => '',
  'replaced once': () => ', an instance replaced in mid-window',
  shared: () => `, ${OTHERS_PER_10S} requests in 10 s by another program`,
  replaced: (times) => `, ${times} instances replaced`,
  clock: (times) => `, ${times} times a clock was set`,
};

/**
 * Half of the latency passes on the way there, before HubSpot counts the call, half on the way back; each half varies by
 * half of itself.
 *
 * @returns when the limit counted each call, in milliseconds; it grows
 */
function delayCalls(hubspot: HubSpotSandbox, latencyMs: number): number[] {
  const counted: number[] = [];
  hubspot.onCall = async ({ method }, phase) => {
    if (method !== OURS) return;
    if (phase !== 'answered' && latencyMs > 0) await sleep((latencyMs / 2) * (0.5 + Math.random()));
    if (phase === 'received') counted.push(performance.now());
  };
  return counted;
}

/** Something else with the same token, at an even pace: it asks for a contact that there is not. */
function anotherProgram({ url, settings }: HubSpotSandbox) {
  const asking = new Set<Promise<unknown>>();
  const timer = setInterval(() => {
    const headers = { authorization: `Bearer ${settings.accessToken}` };
    const asked = fetch(`${url}/crm/v3/objects/contacts/1`, { headers })
      .then((answer) => answer.text())
      .finally(() => asking.delete(asked));
    asking.add(asked);
  }, 10_000 / OTHERS_PER_10S);
  return {
    async stop(): Promise<void> {
      clearInterval(timer);
      await Promise.all(asking);
    },
  };
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
    await fill(queues, people(users));
    const counted = delayCalls(hubspot, latencyMs);
    const other = disturbance === 'shared' ? anotherProgram(hubspot) : undefined;
    const eventSource = mapEventSource({
      sqs: queues.sqs,
      queueUrl: queues.queueUrl,
      invocations: disturbances.invocations,
      onFailure: (error) => console.error(error),
    });
    await stack.drained({ withinMs: 60_000 + users * 500, skipBackOffs: false });
    eventSource.stop();
    await other?.stop();

    const all = hubspot.journal.entries();
    const calls = all.filter(({ method }) => method === OURS);
    const created = calls.filter(({ status }) => status === 201).length;
    const throttled = all.filter(({ status }) => status === 429).length;
    const left = REQUESTS_PER_10S - (other === undefined ? 0 : OTHERS_PER_10S);
    const use = useOfLimit(counted, left);
    const name = `${users} users, ${latencyMs} ms a call${DISTURBED[disturbance](disturbances.times())}`;
    say(
      `Drain, ${name}, ${INSTANCES} instances, ${REQUESTS_PER_10S} requests in 10 s:
${calls.length} requests, ${created} contacts, ${throttled} answers 429, ${(use.spanMs / 1_000).toFixed(2)} s from the first request to the last
rolling windows of 10 s: fullest ${use.fullest}, emptiest ${use.emptiest} of ${left}\n`,
    );
    return [
      atLeast(BENCH, `${name}: of what is left of the limit`, use.ofLimit, USE_MIN[disturbance], inPercent),
      {
        bench: BENCH,
        what: `${name}: contacts, requests, answers 429`,
        measured: `${created}, ${calls.length}, ${throttled}`,
        bound: other === undefined ? `${users}, ${users}, 0` : `${users}, any, under 1 %`,
        kept:
          created === users &&
          (other === undefined
            ? calls.length === users && throttled === 0
            : throttled < all.length * THROTTLED_MOST),
      },
    ];
  } finally {
    disturbances.stop();
    await Promise.all(instances.map((instance) => instance.stop()));
    await stack.stop();
  }
}
