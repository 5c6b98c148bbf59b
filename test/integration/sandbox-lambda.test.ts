import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { type Lambda, startLambda } from '../../sandbox/lambda.ts';

/* The stand-in for Lambda, with a function that tells what its instance's clocks say. */

const CLOCKS = `
const now = Date.now;
let invocations = 0;
export const handler = async (_event, context) => ({
  invocation: (invocations += 1),
  now: Date.now(),
  nowAsTakenAtTheStart: now(),
  fresh: new Date().getTime(),
  text: new Date(Date()).getTime(),
  given: new Date(5).getTime(),
  isDate: new Date() instanceof Date,
  monotonic: performance.now(),
  remaining: context.getRemainingTimeInMillis(),
});
`;

const answer = z.object({
  invocation: z.number(),
  now: z.number(),
  nowAsTakenAtTheStart: z.number(),
  fresh: z.number(),
  text: z.number(),
  given: z.literal(5),
  isDate: z.literal(true),
  monotonic: z.number(),
  remaining: z.number(),
});

const HOUR_MS = 3_600_000;
const TIMEOUT_MS = 60_000;
/** What a busy machine may take for one invocation. */
const SLACK_MS = 5_000;

let folder: string;
let lambda: Lambda;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lambda-'));
  await writeFile(join(folder, 'clocks.mjs'), CLOCKS);
});
beforeEach(() => {
  lambda = startLambda({
    functionName: 'clocks',
    bundle: join(folder, 'clocks.mjs'),
    environment: {},
    timeoutMs: TIMEOUT_MS,
  });
});
afterEach(() => lambda.stop());
afterAll(() => rm(folder, { recursive: true }));

const ask = async () => answer.parse(await lambda.invoke({}));
const isAbout = (actual: number, expected: number) => Math.abs(actual - expected) < SLACK_MS;

describe('the clock of an instance', () => {
  test.each([
    ['forward', 2 * HOUR_MS],
    ['backward', -2 * HOUR_MS],
  ])('can be stepped %s while the instance is up, and nothing else of its time is', async (_, step) => {
    const before = await ask();
    lambda.stepClock(step);
    const { now, nowAsTakenAtTheStart, fresh, text, monotonic, remaining } = await ask();
    for (const time of [now, nowAsTakenAtTheStart, fresh, text]) {
      expect(isAbout(time, Date.now() + step)).toBe(true);
    }
    expect(monotonic).toBeGreaterThan(before.monotonic);
    expect(isAbout(monotonic, before.monotonic)).toBe(true);
    expect(isAbout(remaining, TIMEOUT_MS)).toBe(true);
  });

  test('adds its steps up, and is right again in a fresh instance', async () => {
    await ask();
    lambda.stepClock(HOUR_MS);
    lambda.stepClock(2 * HOUR_MS);
    expect(isAbout((await ask()).now, Date.now() + 3 * HOUR_MS)).toBe(true);
    await lambda.stop();
    const { invocation, now } = await ask();
    expect(invocation).toBe(1);
    expect(isAbout(now, Date.now())).toBe(true);
  });
});
