import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import cliProgress from 'cli-progress';
import { type Arguments, readArguments, USAGE } from './arguments.ts';
import { printResult } from './report.ts';
import { type RunOptions, type RunResult, run } from './run.ts';

/*
 * npm run simulate: the code of lib/ in a world of virtual time, from a seed. The exit code is 0 only if there is nothing
 * unexplained.
 */

const ALARMS = ['alarms.yml', 'reconcile.yml'].map(
  (file) => new URL(`../../infrastructure/${file}`, import.meta.url).pathname,
);
// Log lines of errors hold stacks: the same run is to be the same wherever the bundle lies. It is faster, too.
Error.stackTraceLimit = 0;

/** Of so many people the history is told, when something is wrong with them. */
const TOLD_MAX = 3;

const optionsOf = (
  seed: number,
  { days, signUpsPerDay, bursts, backfill, apiVersion, untilFound }: Arguments,
): RunOptions => ({
  seed,
  days,
  signUpsPerDay,
  bursts,
  backfill,
  apiVersion,
  untilFound,
  alarmsFiles: ALARMS,
});

/** One seed, and once more for the histories of those with whom something is wrong. */
async function runOne(options: RunOptions): Promise<RunResult> {
  const result = await run(options);
  const wrong = new Set(result.unexplained.flatMap(({ person }) => person ?? []));
  if (wrong.size === 0 || options.watched !== undefined) return result;
  const { onDay: _, ...again } = options;
  const { histories } = await run({ ...again, watched: [...wrong].slice(0, TOLD_MAX) });
  return { ...result, histories };
}

type Message = { day: number } | { result: RunResult };

async function inWorker(options: RunOptions): Promise<void> {
  const post = (message: Message) => parentPort?.postMessage(message);
  post({ result: await runOne({ ...options, onDay: (day) => post({ day }) }) });
}

function startWorker(options: RunOptions, onDay: () => void): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: options });
    worker.on('message', (message: Message) => {
      if ('result' in message) resolve(message.result);
      else onDay();
    });
    worker.on('error', reject);
  });
}

/** As many at a time as there are processors, told of in the order of the seeds. */
async function runAll(wanted: Arguments, onDay: () => void): Promise<RunResult[]> {
  const results: RunResult[] = [];
  const waiting = [...wanted.seeds.entries()];
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, seed] = next;
      results[index] = await startWorker(optionsOf(seed, wanted), onDay);
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), wanted.seeds.length) }, lane));
  return results;
}

async function runSingle(wanted: Arguments, onDay: () => void): Promise<RunResult[]> {
  const [seed = 1] = wanted.seeds;
  const result = await runOne({
    ...optionsOf(seed, wanted),
    ...(wanted.person !== undefined && { watched: [wanted.person] }),
    ...(wanted.log && { onLog: (line: string) => process.stdout.write(`${line}\n`) }),
    onDay,
  });
  return [result];
}

async function main(): Promise<void> {
  let wanted: Arguments;
  try {
    wanted = readArguments(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    process.exitCode = 2;
    return;
  }
  const bar = new cliProgress.SingleBar({
    format: '{bar} {value} of {total} days, {eta_formatted} left',
    stream: process.stderr,
    hideCursor: true,
  });
  const onTerminal = process.stderr.isTTY === true;
  if (onTerminal) bar.start(wanted.days * wanted.seeds.length, 0);
  const onDay = () => bar.increment();
  const results = wanted.seeds.length === 1 ? await runSingle(wanted, onDay) : await runAll(wanted, onDay);
  bar.stop();
  if (wanted.json) console.log(JSON.stringify(results.length === 1 ? results[0] : results));
  else for (const result of results) printResult(result, wanted);
  process.exitCode = results.some(({ unexplained }) => unexplained.length > 0) ? 1 : 0;
}

await (isMainThread ? main() : inWorker(workerData));
