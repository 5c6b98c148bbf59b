import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';

// npm run simulate, as built.

const MAIN = 'dist/simulation/main.mjs';
const TIME = { timeout: 120_000 };

const resultSchema = z.looseObject({
  seed: z.number(),
  verifications: z.number(),
  unexplained: z.array(z.unknown()),
  happened: z.record(z.string(), z.number()),
  alarms: z.record(z.string(), z.number()),
  slowestMedianMs: z.nullable(z.number()),
  ofLimit: z.nullable(z.number()),
  fingerprint: z.string(),
  elapsedMs: z.number(),
});

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

const simulate = (...args: string[]): Promise<Ended> =>
  new Promise((done) => {
    const child = execFile(
      process.execPath,
      [MAIN, ...args],
      { maxBuffer: 2 ** 28 },
      (_error, stdout, stderr) => done({ code: child.exitCode, stdout, stderr }),
    );
  });

async function month(seed: number, apiVersion: string) {
  const { stdout, stderr } = await simulate(
    ...['--seed', String(seed), '--days', '30', '--api-version', apiVersion, '--json'],
  );
  expect(stderr).toBe('');
  return resultSchema.parse(JSON.parse(stdout));
}

const today = Number(new Date().toISOString().slice(0, 10).replaceAll('-', ''));

describe('a month of virtual time leaves nothing unexplained', () => {
  test('with a seed that stays the same, in which a lot happens', TIME, async () => {
    const result = await month(4, 'v3');
    expect(result.unexplained).toEqual([]);
    expect(result.verifications).toBeGreaterThan(10_000);
    expect(
      Object.keys(result.happened).filter((name) => name.startsWith('trouble: ')).length,
    ).toBeGreaterThan(2);
    expect(Object.keys(result.alarms).length).toBeGreaterThan(2);
    expect(result.slowestMedianMs).toBeLessThan(60_000);
  });

  test(`with the seed of the day, ${today}, and a version by date`, TIME, async () => {
    expect((await month(today, '2026-09')).unexplained).toEqual([]);
  });
});

test('the same seed gives the same run, to the last log line, and another one another', TIME, async () => {
  const options = ['--days', '5', '--sign-ups', '60', '--backfill', '50'];
  const withoutTime = async (seed: string, ...more: string[]) => {
    const { stdout } = await simulate('--seed', seed, ...options, ...more);
    return stdout.replaceAll(/"elapsedMs":[\d.]+/g, '');
  };
  const json = await withoutTime('1', '--json');
  expect(await withoutTime('1', '--json')).toBe(json);
  expect(await withoutTime('2', '--json')).not.toBe(json);

  const lines = async () => (await simulate('--seed', '1', ...options, '--log')).stdout.match(/^\{.*\}$/gm);
  const all = await lines();
  expect(all?.length).toBeGreaterThan(300);
  expect(await lines()).toEqual(all);
});

test('several seeds run side by side, and are told of in their order', TIME, async () => {
  const { code, stdout } = await simulate('--seeds', '1..3', '--days', '2', '--backfill', '0');
  expect(stdout.match(/^seed \d/gm)).toEqual(['seed 1', 'seed 2', 'seed 3']);
  expect(stdout.match(/^✓ Nothing is unexplained\.$/gm)).toHaveLength(3);
  expect(code).toBe(0);
});

test('one person can be followed through the whole of it', TIME, async () => {
  const { stdout } = await simulate('--seed', '1', '--days', '2', '--backfill', '0', '--person', '7');
  const history = /^person 7\n((?: {2}.+\n)+)/m.exec(stdout)?.[1] ?? '';
  for (const event of [
    'verifies',
    'on the queue',
    'delivery 1',
    'calls POST /crm/v3/objects/contacts',
    'answers',
    'logs',
  ])
    expect(history).toContain(event);
  expect(
    history
      .split('\n')
      .slice(0, -1)
      .every((line) => /^ {2}2026-01-0\d/.test(line)),
  ).toBe(true);
});

test.each([
  [['--seed', 'x'], '--seed is a whole number'],
  [['--seeds', '8..1'], '--seeds has from one'],
  [['--seeds', '1..2', '--person', '3'], 'go with one seed'],
  [['--days', '0'], '--days is a whole number from 1'],
  [['--api-version', 'v9'], '--api-version is one of v3'],
  [['--users', '3'], '--users'],
])('%j says how it is used', async (args, problem) => {
  const { code, stdout, stderr } = await simulate(...args);
  expect(stderr).toContain(problem);
  expect(stderr).toContain('npm run simulate -- [--seed 1');
  expect(stderr).not.toMatch(/^\s+at /m);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
});

test('stands on its own feet: what it reads is found from wherever it is started', TIME, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'simulate-'));
  try {
    const ended = await new Promise<Ended>((done) => {
      const child = execFile(
        process.execPath,
        [join(process.cwd(), MAIN), '--days', '1', '--backfill', '0'],
        { cwd: folder },
        (_error, stdout, stderr) => done({ code: child.exitCode, stdout, stderr }),
      );
    });
    expect(ended).toMatchObject({ code: 0, stderr: '' });
  } finally {
    await rm(folder, { recursive: true });
  }
});
