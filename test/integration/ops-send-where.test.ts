import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Queues, startQueues } from '../../sandbox/queues.ts';
import { AT_FULL_SPEED, csvOf, start, startStubSqs, until } from './ops-command.ts';
import { describedReport } from './ops-report-schema.ts';
import { outputsOf, startStackApi } from './ops-stack.ts';
import { HAS_TERMINAL, onTerminal } from './ops-terminal.ts';

vi.setConfig({ testTimeout: 120_000 });

let queues: Queues;
let stack: Awaited<ReturnType<typeof startStackApi>>;
let cwd: string;
let environment: Record<string, string>;

beforeAll(async () => {
  queues = await startQueues();
  stack = await startStackApi();
  stack.world.stacks.set('wme-hubspot-sync-prod', outputsOf(queues.endpoint));
});
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'send-where-'));
  environment = { ...stack.environment, AWS_ENDPOINT_URL_SQS: queues.endpoint };
});
afterAll(async () => {
  stack.stop();
  await queues.stop();
});

const send = (args: readonly string[], input?: string) => {
  const { child, ended } = start(['send', ...args], environment, [], { cwd, stdin: 'pipe' });
  child.stdin?.end(input ?? '');
  return ended;
};
const waiting = (): number => queues.waiting().ready.length;

describe('send says where it sends', () => {
  it('before and after: stage, account and region', async () => {
    const place = `verified-users.fifo (stage prod, account 000000000000, eu-west-1, at ${queues.endpoint})`;
    const { code, stdout, stderr } = await send(['--stage', 'prod', '--email', 'a@b', '--username', 'x']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: `Sending 1 person to ${place}.\n` });
    expect(stdout).toBe(`On the queue: 1 person. Sent to ${place}.\n`);

    const json = await send(['--stage', 'prod', '--email', 'a@b', '--username', 'x', '--json']);
    expect(describedReport(json.stdout)).toMatchObject({ outcome: 'sent', queue: place });
  });

  it('and not to the dead-letter queue of a stage, whatever its name', async () => {
    const odd = `${queues.endpoint}/000000000000/graveyard.fifo`;
    stack.world.stacks.set('wme-hubspot-sync-odd', {
      ...outputsOf(queues.endpoint),
      QueueUrl: odd,
      DeadLetterQueueUrl: odd,
    });
    const { code, stderr } = await send(['--stage', 'odd', '--email', 'a@b', '--username', 'x']);
    expect(code).toBe(2);
    expect(stderr).toContain('That is a dead-letter queue');
  });
});

describe('send at a rate', () => {
  it('goes no faster than it is told', async () => {
    const sqs = await startStubSqs();
    const file = join(cwd, 'users.csv');
    await writeFile(file, csvOf(40));
    environment = sqs.environment;
    const startedAt = performance.now();
    const { code, stderr } = await send(['--file', file, '--rate', '20']);
    const tookMs = performance.now() - startedAt;
    sqs.stop();
    expect(code).toBe(0);
    expect(stderr).toContain('Sending 40 people to ');
    expect(stderr).toContain(', 20 a second.');
    // Four batches: the first at once, the others half a second apart.
    expect(tookMs).toBeGreaterThan(1_500);
  });

  it('is by default half of HubSpot’s limit, and says for how long', async () => {
    const file = join(cwd, 'users.csv');
    await writeFile(file, csvOf(3_000));
    const { child, ended } = start(['send', '--stage', 'prod', '--file', file], environment, [], { cwd });
    let told = '';
    child.stderr?.on('data', (chunk: Buffer) => (told += chunk.toString()));
    await until(() => told.includes('\n'));
    child.kill('SIGINT');
    await ended;
    expect(told).toContain(', 9.5 a second, for 5 minutes.');
  });
});

describe('send --file -', () => {
  it('reads standard input, CSV or JSON Lines, and goes on where it was with the same input', async () => {
    const before = waiting();
    const csv = csvOf(25);
    const first = await send(['--stage', 'prod', '--file', '-', '--json', ...AT_FULL_SPEED], csv);
    expect(first.code).toBe(0);
    expect(JSON.parse(first.stdout)).toMatchObject({ outcome: 'sent', people: 25, sent: 25 });
    const again = await send(['--stage', 'prod', '--file', '-', '--json', ...AT_FULL_SPEED], csv);
    expect(JSON.parse(again.stdout)).toMatchObject({ outcome: 'already-sent', sent: 0 });
    const lines = '{"email":"a@b","username":"x"}\n{"email":"c@d","username":"y"}\n';
    const jsonl = await send(['--stage', 'prod', '--file', '-', '--json', ...AT_FULL_SPEED], lines);
    expect(JSON.parse(jsonl.stdout)).toMatchObject({ outcome: 'sent', people: 2 });
    expect(waiting()).toBe(before + 27);
    const left = readdirSync(cwd);
    expect(left.filter((name) => /^standard-input-[\da-f]{12}\.sent(\.lock)?$/.test(name))).toHaveLength(
      left.length,
    );
    for (const name of left) expect(await readFile(join(cwd, name), 'utf8')).not.toContain('example.org');
  });

  it('is empty', async () => {
    const { code, stderr } = await send(['--stage', 'prod', '--file', '-']);
    expect(code).toBe(2);
    expect(stderr).toContain('holds nobody');
  });
});

it('a file with semicolons is told so', async () => {
  const file = join(cwd, 'users.csv');
  await writeFile(file, 'email;username\na@b;x\n');
  const { code, stderr } = await send(['--stage', 'prod', '--file', file]);
  expect(code).toBe(2);
  expect(stderr).toContain('separated by semicolons');
});

it('a failed start leaves no empty journal', async () => {
  const file = join(cwd, 'users.csv');
  await writeFile(file, csvOf(3));
  // What is no file cannot be locked.
  const { mkdir } = await import('node:fs/promises');
  await mkdir(`${file}.sent.lock`);
  const { code, stderr } = await send(['--stage', 'prod', '--file', file]);
  expect(code).toBe(2);
  expect(stderr).toContain('cannot be written');
  expect(existsSync(`${file}.sent`)).toBe(false);
});

describe.runIf(HAS_TERMINAL)('send, on a terminal', () => {
  async function fileOf(people: number): Promise<string> {
    const file = join(cwd, 'users.csv');
    await writeFile(file, csvOf(people));
    return file;
  }

  it.each([
    ['n', 1, 0],
    ['y', 0, 3],
  ])('asks before a file goes out: %s ends with %i', async (answer, code, sent) => {
    const before = waiting();
    const { ended, raw, type } = onTerminal(
      ['send', '--stage', 'prod', '--file', await fileOf(3)],
      80,
      environment,
    );
    await until(() => raw().includes('Send them? [y/N]'));
    type(`${answer}\n`);
    expect((await ended).code).toBe(code);
    expect(waiting() - before).toBe(sent);
    expect(existsSync(join(cwd, 'users.csv.sent'))).toBe(sent > 0);
  });

  it.each([80, 44, 40])(
    'keeps its figures in %i columns, and Ctrl-C on a line of its own',
    async (columns) => {
      const args = ['send', '--stage', 'prod', '--file', await fileOf(400), '--yes', '--rate', '100'];
      const { ended, lines, type } = onTerminal(args, columns, environment);
      await until(() => lines().some(({ text }) => /(^|\s)\d+ of 400 lines/.test(text)));
      type('\u0003');
      const { code, lines: after } = await ended;
      expect(code).toBe(130);
      expect(after.map(({ text }) => text.slice(0, 14))).toContain('Stopping after');
    },
  );
});

it('an old Node.js is told which one is needed', async () => {
  const code = `
    Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.0' } });
    await import(${JSON.stringify(new URL('../../ops/bin.mjs', import.meta.url).href)});
  `;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    encoding: 'utf8',
  });
  expect(status).toBe(2);
  expect(stderr).toMatch(/^This command needs Node\.js 24 or later, and this is 18\.20\.0\./);
});
