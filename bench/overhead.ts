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
/** As nearly all sign-ups come. */
const BATCH_SIZE = 1;
const WARM_UP_BATCHES = 1_000;
const BATCHES = 1_000;
const MOST = 2;

/** Invokes a handler again and again, and tells what processor time the later batches took. */
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
  async function batches(count) {
    let failures = 0;
    for (let batch = 0; batch < count; batch += 1) {
      const Records = Array.from({ length: ${BATCH_SIZE} }, record);
      failures += (await handler({ Records }, context)).batchItemFailures.length;
    }
    return failures;
  }
  let failures = await batches(${WARM_UP_BATCHES});
  const before = process.cpuUsage();
  failures += await batches(${BATCHES});
  const { user, system } = process.cpuUsage(before);
  writeSync(3, JSON.stringify({ failures, microseconds: user + system }));
  process.exit();
`;

const told = z.object({ failures: z.literal(0), microseconds: z.number() });

/** @returns microseconds of processor time for a message */
async function warmMessage(bundle: string, url: string, certificate: string): Promise<number> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', invoke, bundle], {
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
  return told.parse(result).microseconds / (BATCHES * BATCH_SIZE);
}

/**
 * The processor time that a message costs in a warm instance, beside a bare program that sends the same bodies and writes
 * the same log lines.
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
    for (const protocol of ['https', 'http'] as const) {
      const url = endpoints.urls[protocol];
      const took: Record<'ours' | 'bare', number[]> = { ours: [], bare: [] };
      for (let run = 0; run < runs; run += 1) {
        took.ours.push(await warmMessage(resolve('dist/sync-contact/index.mjs'), url, endpoints.certificate));
        took.bare.push(await warmMessage(outfile, url, endpoints.certificate));
      }
      const [ours, bare] = [spreadOf(took.ours), spreadOf(took.bare)];
      for (const [name, { min, median, max }] of Object.entries({ ours, bare })) {
        const figures = [min, median, max].map((value) => value.toFixed(0));
        table.push([`${name}, over ${protocol}`, ...figures]);
      }
      const ratio = ours.median / bare.median;
      // HubSpot is reached by https only.
      if (protocol === 'https')
        bounds.push(atMost(BENCH, 'processor time, times the bare program', ratio, MOST, asRatio));
    }
    say(`${table.toString()}\n`);
    return bounds;
  } finally {
    await endpoints.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
