import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Table from 'cli-table3';
import { SANDBOX_AWS_ENVIRONMENT } from '../sandbox/queues.ts';
import { startStack } from '../sandbox/stack.ts';
import { atMost, type Bound, inMs } from './bound.ts';
import { fill, type Person, people } from './fill.ts';
import { say } from './say.ts';

const BENCH = 'latency';
/** What a call takes at HubSpot. It is not counted. */
const HUBSPOT_MS = 100;
const IDLE_MOST_MS = 30;
const BACKFILL_MOST_MS = 2_000;

interface Percentiles {
  count: number;
  p50: number;
  p99: number;
}

function percentilesOf(values: readonly number[]): Percentiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number): number => sorted[Math.ceil(sorted.length * part) - 1] ?? Number.NaN;
  return { count: sorted.length, p50: at(0.5), p99: at(0.99) };
}

type Stack = Awaited<ReturnType<typeof startStack>>;

/** Sends sign-ups, each so long after the one before, and waits until HubSpot has them all. */
async function sendOneByOne(
  { hubspot, queues }: Stack,
  signUps: readonly Person[],
  pauseMs: number,
): Promise<number[]> {
  const sentAt = new Map<string, number>();
  const tookMs = new Map<string, number>();
  hubspot.onCall = async ({ emails }, phase) => {
    if (phase !== 'received') return;
    // Until HubSpot has the request: its own time is not ours.
    const now = performance.now();
    for (const email of emails) {
      const at = sentAt.get(email);
      if (at !== undefined && !tookMs.has(email)) tookMs.set(email, now - at);
    }
    await sleep(HUBSPOT_MS);
  };
  for (const person of signUps) {
    sentAt.set(person.email, performance.now());
    await fill(queues, [person]);
    await sleep(pauseMs);
  }
  const deadline = performance.now() + 120_000;
  while (tookMs.size < signUps.length) {
    if (performance.now() > deadline) throw new Error('Not everybody has a card');
    await sleep(20);
  }
  return [...tookMs.values()];
}

async function backfilled(stack: Stack, signUps: readonly Person[], pauseMs: number): Promise<number[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-latency-'));
  try {
    const file = join(folder, 'many.csv');
    const rows = people(600, 'backfill').map(
      ({ email, username }) => `${email},${username},2026-11-20T18:00:00.000Z`,
    );
    await writeFile(file, `email,username,verifiedAt\n${rows.join('\n')}\n`);
    const command = spawn(
      process.execPath,
      ['ops/bin.mjs', 'send', '--file', file, '--queue-url', stack.queues.queueUrl],
      {
        env: { ...SANDBOX_AWS_ENVIRONMENT, AWS_ENDPOINT_URL_SQS: stack.queues.endpoint },
        stdio: 'ignore',
      },
    );
    // Under way, but for its first moments.
    await sleep(3_000);
    const took = await sendOneByOne(stack, signUps, pauseMs);
    if (command.exitCode !== null) throw new Error('The backfill was over too early');
    command.kill();
    await once(command, 'close');
    return took;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A fresh stack with HubSpot's limit, its instances warm. */
async function withStack<T>(work: (stack: Stack) => Promise<T>): Promise<T> {
  const stack = await startStack();
  try {
    await fill(stack.queues, people(20, 'warm'));
    await stack.drained();
    return await work(stack);
  } finally {
    await stack.stop();
  }
}

/** From SendMessage until HubSpot has the sign-up: with nothing else to do, with a full queue, during a backfill. */
export async function measureLatency(): Promise<Bound[]> {
  const idle = percentilesOf(await withStack((stack) => sendOneByOne(stack, people(100, 'idle'), 250)));
  const full = percentilesOf(
    await withStack(async (stack) => {
      await fill(stack.queues, people(200, 'before'));
      return await sendOneByOne(stack, people(40, 'full'), 100);
    }),
  );
  const during = percentilesOf(await withStack((stack) => backfilled(stack, people(100, 'during'), 250)));
  const table = new Table({
    head: ['', 'sign-ups', '50th percentile', '99th percentile'],
    colAligns: ['left', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  for (const [name, { count, p50, p99 }] of Object.entries({
    'an idle queue': idle,
    'behind 200 others, at 19 requests a second': full,
    'during a backfill at its default rate': during,
  })) {
    table.push([name, count, inMs(p50), inMs(p99)]);
  }
  say(`From SendMessage until HubSpot has the request, ${HUBSPOT_MS} ms at HubSpot not counted:`);
  say(`${table.toString()}\n`);
  return [
    atMost(BENCH, 'idle queue, 99th percentile', idle.p99, IDLE_MOST_MS, inMs),
    atMost(BENCH, 'during a backfill, 99th percentile', during.p99, BACKFILL_MOST_MS, inMs),
  ];
}
