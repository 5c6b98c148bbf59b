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
import { asRatio, atMost, type Bound, inMs } from './bound.ts';
import { limitedCpu } from './limited-cpu.ts';
import { say } from './say.ts';
import { type Spread, spreadOf } from './spread.ts';

const BENCH = 'first-invocation';
const WARM_UPS = 2;

/** One of them is ours, the others do as much as it takes to get the same answer. */
const FUNCTIONS = {
  sync: {
    event: resolve('test/events/new-user.json'),
    rivals: { usual: 'usual-sync', 'bare fetch': 'fetch-sync', 'bare node:http': 'bare-sync' },
    ours: resolve('dist/sync-contact/index.mjs'),
    service: 'sync-contact',
    asks: ['AmazonSSM.GetParameters', 'POST /crm/v3/objects/contacts'],
    mostMs: 48,
    mostOfUsual: 1 / 4,
  },
  publish: {
    event: resolve('test/events/sign-up-confirmed.json'),
    rivals: { usual: 'usual-publish', 'bare node:http': 'bare-publish' },
    ours: resolve('dist/publish-verification/index.mjs'),
    service: 'publish-verification',
    asks: ['AmazonSQS.SendMessage'],
    mostMs: 42,
    mostOfUsual: 6 / 10,
  },
} as const;
type FunctionName = keyof typeof FUNCTIONS;
type Protocol = 'http' | 'https';

/** Lambda's part: imports the handler and hands it its first event. What it took goes to a file descriptor of its own. */
const invoke = `
  import { readFileSync, writeSync } from 'node:fs';
  const [, bundle, eventFile, functionName] = process.argv;
  const event = JSON.parse(readFileSync(eventFile, 'utf8'));
  const context = {
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:' + functionName,
    memoryLimitInMB: '512',
    awsRequestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
    getRemainingTimeInMillis: () => 60_000,
  };
  const begunMs = performance.now();
  const { handler } = await import(bundle);
  const importedMs = performance.now();
  const { batchItemFailures = [] } = await handler(event, context);
  const answeredMs = performance.now();
  const { user, system } = process.cpuUsage();
  const failures = batchItemFailures.length;
  const importMs = importedMs - begunMs;
  const processorMs = (user + system) / 1_000;
  writeSync(3, JSON.stringify({ failures, importMs, answeredMs, processorMs }));
  process.exit();
`;

const told = z.object({
  failures: z.number(),
  importMs: z.number(),
  /** From the beginning of the process to the answer. */
  answeredMs: z.number(),
  /** Of all threads, until then. */
  processorMs: z.number(),
});
type Told = z.infer<typeof told>;

/** As esbuild.config.mjs builds ours. */
async function bundleRivals(folder: string): Promise<void> {
  await build({
    entryPoints: ['nothing', ...Object.values(FUNCTIONS).flatMap(({ rivals }) => Object.values(rivals))].map(
      (name) => `bench/rivals/${name}.ts`,
    ),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    legalComments: 'none',
    logLevel: 'warning',
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
}

type Endpoints = Awaited<ReturnType<typeof startAnsweringAtOnce>>;

/** All that a stage sets. The environment is not inherited. */
function environmentOf(name: FunctionName, url: string, certificate: string): Record<string, string> {
  const { service } = FUNCTIONS[name];
  const shared = {
    // Lambda has no cache of compiled code between two cold starts.
    NODE_DISABLE_COMPILE_CACHE: '1',
    NODE_EXTRA_CA_CERTS: certificate,
    AWS_LAMBDA_FUNCTION_NAME: service,
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    AWS_SESSION_TOKEN: 'bench',
    POWERTOOLS_METRICS_NAMESPACE: 'WmeHubSpotSync/bench',
    POWERTOOLS_LOG_LEVEL: 'INFO',
    POWERTOOLS_SERVICE_NAME: service,
    QUEUE_URL: `${url}/000000000000/verified-users.fifo`,
    AWS_ENDPOINT_URL_SQS: url,
  };
  if (name === 'publish') return shared;
  return {
    ...shared,
    AWS_ENDPOINT_URL_SSM: url,
    HUBSPOT_BASE_URL: url,
    HUBSPOT_TOKEN_PARAMETER: '/wme-hubspot-sync/bench/hubspot-access-token',
    LOG_KEY_PARAMETER: '/wme-hubspot-sync/bench/log-key',
    DLQ_URL: `${url}/000000000000/verified-users-dlq.fifo`,
    MAX_RECEIVE_COUNT: '40',
  };
}

/** Invokes a bundle's handler once, in a fresh process. @throws where it did not do what it should */
async function firstInvocation(
  name: FunctionName,
  bundle: string,
  protocol: Protocol,
  endpoints: Endpoints,
  launcher: readonly string[] = [],
): Promise<Told> {
  const { event, service, asks } = FUNCTIONS[name];
  const node = [process.execPath, '--input-type=module', '--eval', invoke, bundle, event, service];
  const [command = process.execPath, ...args] = [...launcher, ...node];
  const child = spawn(command, args, {
    env: environmentOf(name, endpoints.urls[protocol], endpoints.certificate),
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  }
  const [result] = await Promise.all([
    json(child.stdio[3] as NodeJS.ReadableStream).catch(() => undefined),
    once(child, 'close'),
  ]);
  const { data } = told.safeParse(result);
  const asked = endpoints.takeRequests();
  const expected = bundle.endsWith('nothing.mjs') ? [] : asks;
  if (data?.failures !== 0 || asked.join() !== expected.join())
    throw new Error(`${bundle} asked for ${asked.join() || 'nothing'}:\n${printed}`);
  return data;
}

interface Measured {
  importMs: Spread;
  /** More than a handler that does nothing. */
  overEmptyMs: Spread;
  processorOverEmptyMs: Spread;
}

/** So many first invocations of each, in turn. */
async function measure(
  name: FunctionName,
  protocol: Protocol,
  folder: string,
  runs: number,
  endpoints: Endpoints,
): Promise<{ empty: Told; measured: Map<string, Measured> }> {
  const { ours, rivals } = FUNCTIONS[name];
  const bundles = new Map<string, string>([
    ['empty', join(folder, 'nothing.mjs')],
    ['ours', ours],
    ...Object.entries(rivals).map(([rival, file]): [string, string] => [rival, join(folder, `${file}.mjs`)]),
  ]);
  const all = new Map([...bundles.keys()].map((variant): [string, Told[]] => [variant, []]));
  for (let run = -WARM_UPS; run < runs; run += 1) {
    for (const [variant, bundle] of bundles) {
      const result = await firstInvocation(name, bundle, protocol, endpoints);
      if (run >= 0) all.get(variant)?.push(result);
    }
  }
  const empties = all.get('empty') ?? [];
  const middle = (pick: (told: Told) => number): number => spreadOf(empties.map(pick)).median;
  const empty = {
    failures: 0,
    importMs: middle(({ importMs }) => importMs),
    answeredMs: middle(({ answeredMs }) => answeredMs),
    processorMs: middle(({ processorMs }) => processorMs),
  };
  all.delete('empty');
  const measured = new Map(
    [...all].map(([variant, told]): [string, Measured] => [
      variant,
      {
        importMs: spreadOf(told.map(({ importMs }) => importMs)),
        overEmptyMs: spreadOf(told.map(({ answeredMs }) => answeredMs - empty.answeredMs)),
        processorOverEmptyMs: spreadOf(told.map(({ processorMs }) => processorMs - empty.processorMs)),
      },
    ]),
  );
  return { empty, measured };
}

const threeOf = ({ min, median, max }: Spread): string =>
  [min, median, max].map((value) => value.toFixed(1)).join(' / ');

/**
 * From nothing to the first answer, in fresh processes and as deployed: ours beside the usual way and beside bare ones.
 *
 * @param runs of each, in turn
 */
export async function compareFirstInvocations(runs: number): Promise<Bound[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-first-invocation-'));
  const endpoints = await startAnsweringAtOnce();
  const bounds: Bound[] = [];
  try {
    await bundleRivals(folder);
    for (const name of ['sync', 'publish'] as const) {
      for (const protocol of ['http', 'https'] as const) {
        const { empty, measured } = await measure(name, protocol, folder, runs, endpoints);
        const table = new Table({
          head: [`${name}, over ${protocol}`, 'import', 'to the first answer', 'processor time'],
          colAligns: ['left', 'right', 'right', 'right'],
          style: { head: [], border: [] },
        });
        for (const [variant, { importMs, overEmptyMs, processorOverEmptyMs }] of measured) {
          table.push([variant, ...[importMs, overEmptyMs, processorOverEmptyMs].map(threeOf)]);
        }
        say(table.toString());
        say(
          `An empty handler answers after ${empty.answeredMs.toFixed(1)} ms and ${empty.processorMs.toFixed(1)} ms of processor time.\n`,
        );
        const median = (variant: string): number => measured.get(variant)?.overEmptyMs.median ?? Number.NaN;
        const { mostMs, mostOfUsual } = FUNCTIONS[name];
        const ratio = median('ours') / median('usual');
        bounds.push(
          atMost(BENCH, `${name}, ${protocol}, part of the usual way's`, ratio, mostOfUsual, asRatio),
        );
        if (protocol === 'http')
          bounds.push(atMost(BENCH, `${name}, over an empty handler`, median('ours'), mostMs, inMs));
      }
    }
    return bounds;
  } finally {
    await endpoints.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** What Lambda gives of a core for so much memory (AWS Lambda docs, memory: a core for 1,769 MB). */
const MB_FOR_A_CORE = 1_769;

/**
 * First invocations of ours with the part of a core that goes with each memory size. Over HTTPS, as deployed.
 *
 * @returns for each size, the least from the start of the process to the answer, in milliseconds; undefined where this
 * machine does not allow to limit a process
 */
export async function firstInvocationsBySize(
  sizesMb: readonly number[],
  runs: number,
): Promise<Map<number, Record<FunctionName, number>> | undefined> {
  const endpoints = await startAnsweringAtOnce();
  try {
    const bySize = new Map<number, Record<FunctionName, number>>();
    for (const sizeMb of sizesMb) {
      const limited = limitedCpu(Math.min(sizeMb / MB_FOR_A_CORE, 1));
      if (limited === undefined) return undefined;
      const leastOf = async (name: FunctionName): Promise<number> => {
        const took: number[] = [];
        for (let run = 0; run < runs; run += 1) {
          const { ours } = FUNCTIONS[name];
          const { answeredMs } = await firstInvocation(name, ours, 'https', endpoints, limited.launcher);
          took.push(answeredMs);
        }
        return spreadOf(took).min;
      };
      try {
        bySize.set(sizeMb, { sync: await leastOf('sync'), publish: await leastOf('publish') });
      } finally {
        limited.remove();
      }
    }
    return bySize;
  } finally {
    await endpoints.stop();
  }
}
