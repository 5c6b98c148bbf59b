import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { json } from 'node:stream/consumers';
import Table from 'cli-table3';
import { build } from 'esbuild';
import * as z from 'zod/mini';
import { startAnsweringAtOnce } from './at-once.ts';
import { asRatio, atMost, type Bound } from './bound.ts';
import { say } from './say.ts';
import { spreadOf } from './spread.ts';

const BENCH = 'overhead';
const MOST = 2;

/** A part of an instance's life: how many messages came before it, and how many are measured. */
const AGES = [
  { before: 20, messages: 100 },
  { before: 1_000, messages: 1_000 },
  { before: 20_000, messages: 10_000 },
];
type Age = (typeof AGES)[number];

/** Invokes a handler again and again, with one message each as nearly all sign-ups come, and tells what the later ones took. */
const invoke = `
  import { writeSync } from 'node:fs';
  const { handler } = await import(process.argv[1]);
  const context = {
    functionName: 'sync-contact',
    functionVersion: '$LATEST',
    invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:sync-contact',
    memoryLimitInMB: '512',
    awsRequestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
    getRemainingTimeInMillis: () => 60_000,
  };
  let sent = 0;
  const record = () => {
    sent += 1;
    const SentTimestamp = String(Date.now());
    return {
      messageId: 'message-' + sent,
      receiptHandle: 'handle',
      body: JSON.stringify({
        email: 'user-' + sent + '@example.org', username: 'user-' + sent, verifiedAt: new Date().toISOString(),
      }),
      attributes: { ApproximateReceiveCount: '1', SentTimestamp, MessageGroupId: 'group-' + sent },
      messageAttributes: {},
    };
  };
  async function invocations(count) {
    let failures = 0;
    for (let done = 0; done < count; done += 1) {
      failures += (await handler({ Records: [record()] }, context)).batchItemFailures.length;
    }
    return failures;
  }
  const [warmUp, messages] = process.argv.slice(2).map(Number);
  let failures = await invocations(warmUp);
  const before = process.cpuUsage();
  failures += await invocations(messages);
  const { user, system } = process.cpuUsage(before);
  writeSync(3, JSON.stringify({ failures, microseconds: user + system }));
  process.exit();
`;

const told = z.object({ failures: z.literal(0), microseconds: z.number() });

/** @returns microseconds of processor time for a message */
async function warmMessage(
  bundle: string,
  { before, messages }: Age,
  { url, certificate }: { url: string; certificate: string },
): Promise<number> {
  const given = [bundle, String(before), String(messages)];
  const child = spawn(process.execPath, ['--input-type=module', '--eval', invoke, ...given], {
    env: {
      NODE_EXTRA_CA_CERTS: certificate,
      AWS_LAMBDA_FUNCTION_NAME: 'sync-contact',
      AWS_REGION: 'us-east-1',
      HUBSPOT_ACCESS_TOKEN: 'no-token',
      HUBSPOT_BASE_URL: url,
      // What is measured is the work, not the waiting for HubSpot's limit.
      HUBSPOT_REQUESTS_PER_10S: '1000000',
      MAX_CONCURRENCY: '1',
      QUEUE_URL: `${url}/000000000000/verified-users.fifo`,
      DLQ_URL: `${url}/000000000000/verified-users-dlq.fifo`,
      MAX_RECEIVE_COUNT: '40',
    },
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  });
  const [result] = await Promise.all([
    json(child.stdio[3] as NodeJS.ReadableStream).catch(() => undefined),
    once(child, 'close'),
  ]);
  return told.parse(result).microseconds / messages;
}

/**
 * The processor time that a message costs in a warm instance, beside a bare program that sends the same bodies and writes
 * the same log lines. For the first thousands of messages, V8's compiling is a good part of either.
 *
 * @param runs of each, in turn
 */
export async function compareOverhead(runs: number): Promise<Bound[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-overhead-'));
  const endpoints = await startAnsweringAtOnce();
  try {
    const outfile = join(folder, 'bare-warm.mjs');
    await build({
      entryPoints: ['bench/rivals/bare-warm.ts'],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'warning',
    });
    const table = new Table({
      head: ['a warm message, µs of processor time', 'least', 'median', 'most'],
      colAligns: ['left', 'right', 'right', 'right'],
      style: { head: [], border: [] },
    });
    const bounds: Bound[] = [];
    // HubSpot is reached by https only.
    const at = { url: endpoints.urls.https, certificate: endpoints.certificate };
    for (const age of AGES) {
      const took: Record<'ours' | 'bare', number[]> = { ours: [], bare: [] };
      for (let run = 0; run < runs; run += 1) {
        took.ours.push(await warmMessage(resolve('dist/sync-contact/index.mjs'), age, at));
        took.bare.push(await warmMessage(outfile, age, at));
      }
      const [ours, bare] = [spreadOf(took.ours), spreadOf(took.bare)];
      const after = `after ${age.before.toLocaleString('en')}`;
      for (const [name, { min, median, max }] of Object.entries({ ours, bare })) {
        const figures = [min, median, max].map((value) => value.toFixed(0));
        table.push([`${name}, ${age.messages.toLocaleString('en')} messages ${after}`, ...figures]);
      }
      bounds.push(
        atMost(BENCH, `times the bare program, ${after} messages`, ours.median / bare.median, MOST, asRatio),
      );
    }
    say(`${table.toString()}\n`);
    return bounds;
  } finally {
    await endpoints.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
