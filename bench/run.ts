import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { backfill } from './backfill.ts';
import type { Bound } from './bound.ts';
import { computeCost } from './cost.ts';
import { DISTURBANCES, type Disturbance } from './disturbances.ts';
import { drainBacklog } from './drain.ts';
import { compareFirstInvocations } from './first-invocation.ts';
import { measureLatency } from './latency.ts';
import { measureMemory } from './memory.ts';
import { compareOverhead } from './overhead.ts';
import { measurePace } from './pace.ts';
import { countRequests } from './requests.ts';
import { say } from './say.ts';

/*
 * npm run bench: the promises about speed and size, measured. The exit code is 0 only if all of them hold.
 */

const usage = `npm run bench [-- NAME] [options]

first-invocation  from nothing to the first answer, against the usual way and bare programs, over HTTP and HTTPS
  --runs N        of each, in turn; default 20
overhead          processor time of a warm message, against a bare program
  --runs N        of each, in turn; default 9
latency           from SendMessage until HubSpot has the sign-up: idle, behind others, during a backfill
requests          what 100 sign-ups cost, by the usual ways and by ours, also with faults
drain             new users through two instances, against HubSpot's limit of 190 requests in 10 seconds
  --latency N     of a HubSpot call, in milliseconds; default 0, then 120
  --users N       in the queue; default 400
  --runs N        drains of each kind; default 1
  --disturb X     none, "replaced once", shared (limit), replaced (again and again) or clock; default all in turn
pace              the same by the rate share alone, in virtual time, at many moments; --latency and --users as above, but
                  0, 120 and 200 ms and 1000 users by default
  --runs N        of each kind; default 10
  --instances N   default 2
memory            the most that the functions take, and cold starts by memory size
  --runs N        cold starts of each size; default 5
backfill          the operators' command with a large file: time and memory
  --lines N       of the file; default 10000, then 100000
cost              what a thousand and a million sign-ups cost, of what was last packaged for prod

--json            the bounds as JSON on standard output, all else on standard error

Without a name it runs all but cost.`;

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      latency: { type: 'string', multiple: true },
      users: { type: 'string' },
      instances: { type: 'string', default: '2' },
      runs: { type: 'string' },
      disturb: { type: 'string', multiple: true, default: [...DISTURBANCES] },
      lines: { type: 'string', multiple: true, default: ['10000', '100000'] },
      json: { type: 'boolean', default: false },
    },
  });
  const runs = (usual: string): number => count('runs', values.runs ?? usual, 1);
  const users = (usual: string): number => count('users', values.users ?? usual, 1);
  const latenciesMs = (usual: string[]): number[] =>
    (values.latency ?? usual).map((latency) => count('latency', latency, 0));
  const instances = count('instances', values.instances, 1);
  const disturbances = values.disturb.map(disturbanceOf);
  const lines = values.lines.map((line) => count('lines', line, 1));

  const benches: Readonly<Record<string, () => AsyncGenerator<Bound[]>>> = {
    async *'first-invocation'() {
      yield await compareFirstInvocations(runs('20'));
    },
    async *overhead() {
      yield await compareOverhead(runs('9'));
    },
    async *latency() {
      yield await measureLatency();
    },
    async *requests() {
      yield await countRequests();
    },
    async *drain() {
      for (const disturbance of disturbances) {
        for (const latencyMs of latenciesMs(['0', '120'])) {
          for (let run = 0; run < runs('1'); run += 1)
            yield await drainBacklog({ users: users('400'), latencyMs, disturbance });
        }
      }
    },
    async *pace() {
      yield await measurePace(runs('10'), {
        users: users('1000'),
        latenciesMs: latenciesMs(['0', '120', '200']),
        instances,
      });
    },
    async *memory() {
      yield await measureMemory(runs('5'));
    },
    async *backfill() {
      for (const people of lines) yield await backfill(people);
    },
  };
  const onlyByName: typeof benches = {
    async *cost() {
      const kept = await computeCost();
      const what = 'what was packaged for prod';
      yield [{ bench: 'cost', what, measured: kept ? 'there' : 'not there', bound: 'there', kept }];
    },
  };
  const [name, ...rest] = positionals;
  if (name === undefined) return { json: values.json, chosen: Object.values(benches) };
  const named = { ...benches, ...onlyByName };
  const bench = Object.hasOwn(named, name) && rest.length === 0 ? named[name] : undefined;
  if (bench === undefined) throw new Error(`There is no bench "${positionals.join(' ')}"`);
  return { json: values.json, chosen: [bench] };
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

function tableOf(bounds: readonly Bound[]): string {
  const table = new Table({
    head: ['', 'bench', 'what', 'measured', 'bound'],
    style: { head: [], border: [] },
  });
  for (const { bench, what, measured, bound, kept } of bounds)
    table.push([kept ? '✓' : '✗', bench, what, measured, bound]);
  return table.toString();
}

let wanted: ReturnType<typeof readArguments>;
try {
  wanted = readArguments();
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
  process.exit(1);
}

const bounds: Bound[] = [];
for (const bench of wanted.chosen) {
  for await (const measured of bench()) bounds.push(...measured);
}
say(tableOf(bounds));
const broken = bounds.filter(({ kept }) => !kept);
say(
  broken.length === 0
    ? 'Every bound holds.'
    : broken
        .map(({ bench, what, measured, bound }) => `${bench}: ${what} is ${measured}, not ${bound}.`)
        .join('\n'),
);
if (wanted.json) console.log(JSON.stringify({ node: process.version, bounds }, undefined, 2));
process.exitCode = broken.length === 0 ? 0 : 1;
