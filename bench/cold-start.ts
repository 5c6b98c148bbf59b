import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import Table from 'cli-table3';
import { build } from 'esbuild';
import { asRatio, atMost, type Bound, inKb } from './bound.ts';
import { codeLoadedBy } from './loaded-code.ts';
import { say } from './say.ts';
import { type Spread, spreadOf } from './spread.ts';

const SYNC_CONTACT = resolve('dist/sync-contact/index.mjs');
/** What sync-contact may load at a start, minified. */
export const BYTES_MAX = 330_000;
const RATIO_MAX = 1 / 5;
const WARM_UPS = 3;

/** All that a start needs: the environment is not inherited. */
const environment = {
  // Lambda has no cache of compiled code between two cold starts.
  NODE_DISABLE_COMPILE_CACHE: '1',
  AWS_LAMBDA_FUNCTION_NAME: 'sync-contact',
  AWS_REGION: 'us-east-1',
  HUBSPOT_ACCESS_TOKEN: 'no-token',
  QUEUE_URL: 'http://127.0.0.1:9/000000000000/verified-users.fifo',
  DLQ_URL: 'http://127.0.0.1:9/000000000000/verified-users-dlq.fifo',
  MAX_RECEIVE_COUNT: '40',
};

/** The usual way: the SDK by its main entry. Nothing else that sync-contact does is in it. */
const usualHandler = `
  import { Client } from '@hubspot/api-client';
  const client = new Client({ accessToken: process.env.HUBSPOT_ACCESS_TOKEN });
  export const handler = async (properties) => client.crm.contacts.basicApi.create({ properties });
`;

/** As esbuild.config.mjs, but with the SDK's own transport, which this handler needs. */
async function bundleUsualHandler(folder: string): Promise<string> {
  const outfile = join(folder, 'index.mjs');
  await build({
    stdin: { contents: usualHandler, resolveDir: process.cwd() },
    outfile,
    bundle: true,
    minify: true,
    sourcemap: 'linked',
    sourcesContent: false,
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
  return outfile;
}

const importAndTell = `
  const startedAt = performance.now();
  const { handler } = await import(process.argv[1]);
  const importMs = performance.now() - startedAt;
  if (typeof handler !== 'function') throw new Error('There is no handler');
  console.log(importMs);
`;

/** Starts a fresh Node process, waits for its end, and returns what it printed. */
function startNode(...args: string[]): { wallMs: number; printed: string } {
  const startedAt = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    env: environment,
    encoding: 'utf8',
  });
  const wallMs = performance.now() - startedAt;
  if (status !== 0) throw new Error(`A start failed:\n${stderr}`);
  return { wallMs, printed: stdout };
}

function startHandler(bundle: string): { wallMs: number; importMs: number } {
  const { wallMs, printed } = startNode('--input-type=module', '--eval', importAndTell, bundle);
  return { wallMs, importMs: Number(printed) };
}

function measure(ours: string, usual: string, pairs: number) {
  const starts = Array.from({ length: WARM_UPS + pairs }, () => ({
    ours: startHandler(ours),
    usual: startHandler(usual),
    emptyMs: startNode('--input-type=module', '--eval', '').wallMs,
  })).slice(WARM_UPS);
  const emptyMs = spreadOf(starts.map((start) => start.emptyMs)).median;
  const spreads = (which: 'ours' | 'usual') => ({
    import: spreadOf(starts.map((start) => start[which].importMs)),
    wall: spreadOf(starts.map((start) => start[which].wallMs - emptyMs)),
  });
  return { ours: spreads('ours'), usual: spreads('usual'), emptyMs };
}

const inMs = ({ min, median, max }: Spread): string =>
  [min, median, max].map((value) => value.toFixed(1)).join(' / ');

/**
 * Compares the start of sync-contact with that of a handler that makes the SDK's own `Client`.
 *
 * @param pairs how many starts of each, in turn
 * @returns the promises about start-up time and size
 */
export async function compareColdStarts(pairs: number): Promise<Bound[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-cold-start-'));
  try {
    const bundle = await bundleUsualHandler(folder);
    const size = await codeLoadedBy(SYNC_CONTACT);
    const usualSize = await codeLoadedBy(bundle);
    const { ours, usual, emptyMs } = measure(SYNC_CONTACT, bundle, pairs);
    const ratio = ours.import.median / usual.import.median;
    const wallRatio = ours.wall.median / usual.wall.median;

    const table = new Table({
      head: ['', 'sync-contact', "the SDK's Client", 'ratio'],
      colAligns: ['left', 'right', 'right', 'right'],
      style: { head: [], border: [] },
    });
    table.push(
      ['import of the handler, ms', inMs(ours.import), inMs(usual.import), ratio.toFixed(3)],
      ['whole process, ms more than an empty one', inMs(ours.wall), inMs(usual.wall), wallRatio.toFixed(3)],
      [
        'loaded code, minified',
        inKb(size.bytes),
        inKb(usualSize.bytes),
        (size.bytes / usualSize.bytes).toFixed(3),
      ],
    );
    say(
      `Cold start, Node ${process.version}: ${pairs} pairs of fresh processes in turn, after ${WARM_UPS} to warm the disk cache.`,
    );
    say(`Times are min / median / max, ratios of medians. An empty process takes ${emptyMs.toFixed(1)} ms.`);
    say(`${table.toString()}\n`);
    return [
      atMost('cold-start', "import, part of the SDK's Client's", ratio, RATIO_MAX, asRatio),
      atMost('cold-start', 'loaded code, minified', size.bytes, BYTES_MAX, inKb),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
