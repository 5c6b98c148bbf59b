import { parseArgs } from 'node:util';
import { backfill } from './backfill.ts';
import { compareColdStarts } from './cold-start.ts';
import { computeCost } from './cost.ts';
import { DISTURBANCES, type Disturbance } from './disturbances.ts';
import { drainBacklog } from './drain.ts';

/*
 * npm run bench: the promises about speed and size, measured. The exit code is 0 only if all of them hold.
 */

const usage = `npm run bench [-- cold-start | drain | backfill | cost] [options]

cold-start      what a start of sync-contact loads and takes, against a handler with the SDK's own Client
  --pairs N     starts of each, in turn; default 20
drain           new users through two instances, against HubSpot's limit of 190 requests in 10 seconds
  --latency N   of a HubSpot call, in milliseconds; default 0, then 120
  --users N     in the queue; default 400
  --runs N      drains of each kind; default 1
  --disturb X   none, replaced (instances) or clock (of instances); default all three in turn
backfill        the operators' command with a large file: time and memory
  --lines N     of the file; default 10000, then 100000
cost            what a thousand and a million sign-ups cost, of what was last packaged for prod

Without a name it runs all but the last.`;

const NAMES = ['cold-start', 'drain', 'backfill', 'cost'];

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      pairs: { type: 'string', default: '20' },
      latency: { type: 'string', multiple: true, default: ['0', '120'] },
      users: { type: 'string', default: '400' },
      runs: { type: 'string', default: '1' },
      disturb: { type: 'string', multiple: true, default: [...DISTURBANCES] },
      lines: { type: 'string', multiple: true, default: ['10000', '100000'] },
    },
  });
  const [name, ...rest] = positionals;
  if (rest.length > 0 || (name !== undefined && !NAMES.includes(name))) {
    throw new Error(`There is no bench "${positionals.join(' ')}"`);
  }
  return {
    name,
    pairs: count('pairs', values.pairs, 1),
    latenciesMs: values.latency.map((latency) => count('latency', latency, 0)),
    users: count('users', values.users, 1),
    runs: count('runs', values.runs, 1),
    disturbances: values.disturb.map(disturbanceOf),
    lines: values.lines.map((lines) => count('lines', lines, 1)),
  };
}

function count(option: string, value: string, min: number): number {
  if (!/^\d{1,6}$/.test(value) || Number(value) < min)
    throw new Error(`--${option} is a whole number from ${min}`);
  return Number(value);
}

function disturbanceOf(value: string): Disturbance {
  const found = DISTURBANCES.find((disturbance) => disturbance === value);
  if (found === undefined) throw new Error(`--disturb is one of ${DISTURBANCES.join(', ')}`);
  return found;
}

let wanted: ReturnType<typeof readArguments>;
try {
  wanted = readArguments();
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
  process.exit(1);
}

const { name, pairs, latenciesMs, users, runs, disturbances, lines } = wanted;
const chosen = (bench: string): boolean => name === undefined || name === bench;
let kept = true;
if (chosen('cold-start')) kept = (await compareColdStarts(pairs)) && kept;
if (chosen('drain')) {
  for (const disturbance of disturbances) {
    for (const latencyMs of latenciesMs) {
      for (let run = 0; run < runs; run += 1)
        kept = (await drainBacklog({ users, latencyMs, disturbance })) && kept;
    }
  }
}
if (chosen('backfill')) {
  for (const people of lines) kept = (await backfill(people)) && kept;
}
if (name === 'cost') kept = await computeCost();
process.exitCode = kept ? 0 : 1;
