import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { AT_FULL_SPEED, csvOf, run, start, startGate, startSilence, until } from './ops-command.ts';

const PEOPLE = 3_000;

// Everything here waits for other processes, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000 });

let sqs: FauxqsServer;
let environment: Record<string, string>;
let file: string;

beforeEach(async () => {
  sqs = await startFauxqs({ port: 0, logger: false });
  sqs.createQueue('verified-users.fifo', { attributes: { FifoQueue: 'true' } });
  environment = {
    AWS_ENDPOINT_URL_SQS: sqs.address,
    QUEUE_URL: `${sqs.address}/000000000000/verified-users.fifo`,
  };
  file = join(await mkdtemp(join(tmpdir(), 'send-')), 'users.csv');
  await writeFile(file, csvOf(PEOPLE));
});
afterEach(() => sqs.stop());

const onQueue = (): string[] =>
  (sqs.inspectQueue('verified-users.fifo')?.messages.ready ?? []).map(({ body }) => body);

const journal = (): { state?: string; lines?: number[] }[] =>
  existsSync(`${file}.sent`)
    ? readFileSync(`${file}.sent`, 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line))
    : [];

const linesSent = (): number =>
  journal().reduce((total, { state, lines = [] }) => (state === 'sent' ? total + lines.length : total), 0);

/** Starts the command, and keeps it at work once so many more lines are confirmed. */
async function startAndHold(
  lines: number,
  { args = ['--json'], node = [] }: { args?: string[]; node?: string[] } = {},
) {
  const gate = await startGate(sqs.address, Math.ceil(lines / 10));
  const gated = { ...environment, AWS_ENDPOINT_URL_SQS: gate.address };
  const command = start(['send', '--file', file, ...AT_FULL_SPEED, ...args], gated, node);
  const before = args.includes('--again') ? 0 : linesSent();
  await until(() => linesSent() >= before + lines && gate.kept() > 0);
  return { ...command, gate };
}

/** Sends a signal, and waits until the command has said something to it. */
async function signalled(child: ChildProcess, signal: NodeJS.Signals, answer: string): Promise<void> {
  let told = '';
  child.stderr?.on('data', (chunk: Buffer) => (told += chunk.toString()));
  child.kill(signal);
  await until(() => told.includes(answer));
}

async function killAfter(lines: number): Promise<void> {
  const { child, ended, gate } = await startAndHold(lines);
  child.kill('SIGKILL');
  expect((await ended).code).toBe(null);
  gate.stop();
}

const resume = async () =>
  JSON.parse((await run(['send', '--file', file, '--json', ...AT_FULL_SPEED], environment)).stdout);

it.each([10, 200, 700])(
  'killed after %i lines, it goes on where it was, and nobody is on the queue twice',
  async (lines) => {
    await killAfter(lines);
    const before = linesSent();
    expect(before).toBe(lines);

    const report = await resume();
    expect(report).toMatchObject({
      outcome: 'sent',
      sent: PEOPLE - before,
      sentBefore: before,
      remaining: 0,
    });
    // Only batches that were under way can be uncertain: eight of ten lines.
    expect(report.sentAgain).toBeGreaterThan(0);
    expect(report.sentAgain).toBeLessThanOrEqual(80);
    expect(onQueue()).toHaveLength(PEOPLE);
    expect(new Set(onQueue()).size).toBe(PEOPLE);
  },
);

it('killed again and again, it still gets everybody onto the queue once', async () => {
  for (const lines of [100, 300, 500, 700]) await killAfter(lines);
  await resume();
  expect(onQueue()).toHaveLength(PEOPLE);
  expect(new Set(onQueue()).size).toBe(PEOPLE);
});

it.each(['SIGINT', 'SIGTERM'] as const)(
  '%s lets the batches under way finish, and leaves nothing uncertain',
  async (signal) => {
    const { child, ended, gate } = await startAndHold(300);
    await signalled(child, signal, 'Stopping after the batches under way');
    gate.open();
    const { code, stdout, stderr } = await ended;
    gate.stop();
    expect(code).toBe(130);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ outcome: 'interrupted', exitCode: 130, problems: [] });
    expect(report.sent + report.remaining).toBe(PEOPLE);
    expect(report.sent).toBeGreaterThan(300);
    expect(report.remaining).toBeGreaterThan(0);
    expect(stderr).toContain('Give the same command again');
    expect(onQueue()).toHaveLength(report.sent);

    expect(await resume()).toMatchObject({ outcome: 'sent', sentBefore: report.sent, sentAgain: 0 });
    expect(onQueue()).toHaveLength(PEOPLE);
    expect(new Set(onQueue()).size).toBe(PEOPLE);
  },
);

it('a second run at the same time is refused; after a death the next one goes on at once', async () => {
  const { child, ended, gate } = await startAndHold(10);
  const second = await run(['send', '--file', file, '--json'], environment);
  expect(second.code).toBe(2);
  expect(JSON.parse(second.stdout)).toMatchObject({ outcome: 'error', exitCode: 2 });
  expect(second.stderr).toContain('Another run is at work');
  expect((await run(['send', '--file', file, '--again'], environment)).code).toBe(2);

  child.kill('SIGKILL');
  await ended;
  gate.stop();
  expect(await resume()).toMatchObject({ outcome: 'sent', remaining: 0 });
  expect(onQueue()).toHaveLength(PEOPLE);
});

it('a file that is cut short while it is being sent ends the run, and is not taken for sent', async () => {
  // Longer than what is read ahead.
  await writeFile(file, csvOf(20_000));
  const { ended, gate } = await startAndHold(10);
  await truncate(file);
  gate.open();
  const { code, stdout } = await ended;
  gate.stop();
  const report = JSON.parse(stdout);
  expect(code).toBe(1);
  expect(report).toMatchObject({ outcome: 'incomplete', problems: [] });
  expect(report.message).toContain('the file was changed');
  expect(onQueue()).toHaveLength(report.sent);
});

it('--again, interrupted, is not advised again: it would begin anew', async () => {
  await writeFile(file, csvOf(500));
  await resume();
  const { child, ended, gate } = await startAndHold(100, { args: ['--again'] });
  await signalled(child, 'SIGINT', 'Stopping after the batches under way');
  gate.open();
  const { stderr } = await ended;
  gate.stop();
  expect(stderr).toContain('Give the command again, without --again, to go on.');
  const sent = linesSent();
  expect(await resume()).toMatchObject({ outcome: 'sent', sentBefore: sent, sent: 500 - sent });
});

it('a second Ctrl-C ends at once, whatever SQS does, and says how far it came', async () => {
  const { child, ended, gate } = await startAndHold(200);
  // The gate lets answers through; the command may not have noted them yet.
  await expect.poll(linesSent, { timeout: 10_000 }).toBe(200);
  await signalled(child, 'SIGINT', 'Press Ctrl-C again');
  expect(child.exitCode).toBe(null);
  child.kill('SIGINT');
  const { code, stdout } = await ended;
  gate.stop();
  expect(code).toBe(130);
  expect(JSON.parse(stdout)).toMatchObject({ outcome: 'interrupted', sent: 200, remaining: PEOPLE - 200 });
});

it('a second Ctrl-C leaves the terminal as it was', async () => {
  const terminal = ['--import', 'data:text/javascript,process.stderr.isTTY = true'];
  const { child, ended, gate } = await startAndHold(200, { args: [], node: terminal });
  await signalled(child, 'SIGINT', 'Press Ctrl-C again');
  child.kill('SIGINT');
  const { code, stderr } = await ended;
  gate.stop();
  expect(code).toBe(130);
  const last = (...sequences: string[]) => sequences.map((each) => stderr.lastIndexOf(each));
  const [hidden = 0, shown = 0, unwrapped = 0, wrapped = 0] = last(
    '\x1B[?25l',
    '\x1B[?25h',
    '\x1B[?7l',
    '\x1B[?7h',
  );
  expect(hidden).toBeGreaterThan(-1);
  expect(shown).toBeGreaterThan(hidden);
  expect(unwrapped).toBeGreaterThan(-1);
  expect(wrapped).toBeGreaterThan(unwrapped);
});

it('Ctrl-C before anything was sent ends at once, and says so', async () => {
  // Somebody who is asked for credentials and never answers keeps the command where nothing has been sent.
  const silence = await startSilence();
  const { child, ended } = start(['send', '--file', file, '--json'], {
    ...environment,
    AWS_ACCESS_KEY_ID: '',
    AWS_CONTAINER_CREDENTIALS_FULL_URI: silence.address,
  });
  await silence.asked;
  child.kill('SIGTERM');
  const { code, stdout } = await ended;
  silence.stop();
  expect(code).toBe(130);
  expect(JSON.parse(stdout)).toMatchObject({
    command: 'send',
    outcome: 'interrupted',
    sent: 0,
    problems: [],
  });
});

it('Ctrl-C while SQS does not answer for one person ends at once, and promises nothing', async () => {
  const silence = await startSilence();
  const { child, ended } = start(['send', '--email', 'a@b', '--username', 'x', '--json'], {
    ...environment,
    AWS_ENDPOINT_URL_SQS: silence.address,
  });
  await silence.asked;
  child.kill('SIGINT');
  const { code, stdout } = await ended;
  silence.stop();
  expect(code).toBe(130);
  expect(JSON.parse(stdout)).toMatchObject({ outcome: 'interrupted', sent: 0, remaining: 1 });
  expect(JSON.parse(stdout).message).toContain('may be on the queue');
});

it('goes on when nobody reads what it prints', async () => {
  const { child, ended, gate } = await startAndHold(100, { args: [] });
  child.stdout?.destroy();
  child.stderr?.destroy();
  gate.open();
  await new Promise((resolve) => child.once('exit', resolve));
  await ended;
  gate.stop();
  expect(child.exitCode).toBe(0);
  expect(linesSent()).toBe(PEOPLE);
});
