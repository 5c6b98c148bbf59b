import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Table from 'cli-table3';
import { SANDBOX_AWS_ENVIRONMENT, startQueues } from '../sandbox/queues.ts';
import type { Bound } from './bound.ts';
import { say } from './say.ts';

/** A process says, as it ends, how much memory it has had at most, in KB. */
const tellMemory = `data:text/javascript,process.on('exit', () => console.error('KB ' + process.resourceUsage().maxRSS))`;

interface Run {
  seconds: number;
  megabytes: number;
  exitCode: number | null;
}

async function operate(args: string[], environment: NodeJS.ProcessEnv): Promise<Run> {
  const startedAt = performance.now();
  const command = spawn(process.execPath, ['--import', tellMemory, 'ops/bin.mjs', ...args], {
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  command.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [exitCode] = await once(command, 'close');
  const seconds = (performance.now() - startedAt) / 1_000;
  return { seconds, megabytes: Number(/^KB (\d+)$/m.exec(said)?.[1]) / 1_024, exitCode };
}

function* csv(people: number): Generator<string> {
  yield 'email,username,verifiedAt\n';
  for (let n = 0; n < people; n += 1) {
    yield `person.${n}@example.org,Person ${n},2026-11-23T18:00:00.000Z\n`;
  }
}

/**
 * Sends a file of so many people with the operators' command: checked only, then sent, then found to be sent.
 *
 * @returns the promise that every person is on the queue once
 */
export async function backfill(people: number): Promise<Bound[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-backfill-'));
  const queues = await startQueues();
  try {
    const file = join(folder, 'big.csv');
    await writeFile(file, csv(people));
    const send = (...more: string[]) =>
      operate(['send', '--file', file, '--queue-url', queues.queueUrl, '--rate', '100000', ...more], {
        ...SANDBOX_AWS_ENVIRONMENT,
        AWS_ENDPOINT_URL_SQS: queues.endpoint,
      });
    const runs = {
      'send --file big.csv --dry-run': await send('--dry-run'),
      'send --file big.csv --rate 100000': await send(),
      'the same, nothing left to send': await send(),
    };

    const table = new Table({
      head: ['', 'seconds', 'lines a second', 'memory at most, MB'],
      colAligns: ['left', 'right', 'right', 'right'],
      style: { head: [], border: [] },
    });
    for (const [name, { seconds, megabytes }] of Object.entries(runs)) {
      table.push([name, seconds.toFixed(1), Math.round(people / seconds), megabytes.toFixed(0)]);
    }
    const onQueue = queues.waiting().ready.length;
    const kept = onQueue === people && Object.values(runs).every(({ exitCode }) => exitCode === 0);
    say(`Backfill, ${people} lines of CSV, Node ${process.version}, the queue on the same machine:`);
    say(`${table.toString()}\n`);
    return [
      {
        bench: 'backfill',
        what: `${people} lines, each on the queue once`,
        measured: `${onQueue}`,
        bound: `exactly ${people}`,
        kept,
      },
    ];
  } finally {
    await queues.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
