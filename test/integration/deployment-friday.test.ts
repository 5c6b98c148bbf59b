import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { startDeployAws } from './deploy-aws.ts';
import { onDay } from './ops-aws.ts';
import { copyService, serverless, tryServerless } from './packaging.ts';

// "Don't deploy on friday": through the real command, with the clock of its process set and an AWS that listens.

/** Each starts the command anew, which takes seconds where two do at once. */
vi.setConfig({ testTimeout: 120_000 });

let folder: string;
let aws: Awaited<ReturnType<typeof startDeployAws>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deployment-friday-'));
  await copyService(folder);
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
  // One after the other: osls works in .serverless of the same folder.
  for (const stage of ['prod', 'staging']) {
    await serverless(folder, ['package', '--stage', stage, '--package', `packaged-${stage}`]);
  }
  aws = await startDeployAws();
}, 120_000);

beforeEach(() => {
  aws.world.calls = [];
  aws.world.changeSets = [];
});

afterAll(async () => {
  aws.stop();
  await rm(folder, { recursive: true, force: true });
});

/** One command at that time, with what was packaged before. */
async function at(time: string, command: string, ...params: string[]) {
  const stage = /--stage (\w+)/.exec(command)?.[1] ?? '';
  const { code, said } = await tryServerless(
    folder,
    [
      ...command.split(' '),
      ...(command.startsWith('deploy --') ? ['--package', `packaged-${stage}`] : []),
      ...params.flatMap((param) => ['--param', param]),
    ],
    { ...aws.environment, NODE_OPTIONS: onDay(time).join(' ') },
  );
  return { code, said, reached: aws.world.calls.includes('DescribeStacks') };
}

describe('prod', () => {
  test.each([
    ['a minute before Friday', '2026-11-26T22:59:00Z', 'Europe/Berlin', true],
    ['a minute into Friday', '2026-11-26T23:01:00Z', 'Europe/Berlin', false],
    ['a minute before Monday', '2026-11-29T22:59:00Z', 'Europe/Berlin', false],
    ['a minute into Monday', '2026-11-29T23:01:00Z', 'Europe/Berlin', true],
    // By the summer's offset it would be Monday already.
    [
      'a minute before Monday, when summer time has just ended',
      '2026-10-25T22:59:00Z',
      'Europe/Berlin',
      false,
    ],
    // By the winter's offset it would be Sunday still.
    ['a minute into Monday, when summer time has just begun', '2026-03-29T22:01:00Z', 'Europe/Berlin', true],
    ['a minute into the Friday of Los Angeles', '2026-11-27T08:01:00Z', 'America/Los_Angeles', false],
    [
      'a minute before it, when it has long been Friday in UTC',
      '2026-11-27T07:59:00Z',
      'America/Los_Angeles',
      true,
    ],
  ])('%s', async (_, time, timeZone, allowed) => {
    const { code, said, reached } = await at(time, 'deploy --stage prod', `timeZone=${timeZone}`);
    expect({ code, reached }).toEqual(allowed ? { code: 0, reached: true } : { code: 1, reached: false });
    if (!allowed)
      expect(said).toMatch(new RegExp(`^It is \\w+, .+ in ${timeZone}\\. Stage prod is not`, 'm'));
  });

  test('is refused by UTC where no time zone is named, until when and how else is said', async () => {
    const { said } = await at('2026-11-27T12:00:00Z', 'deploy --stage prod');
    expect(said).toContain(
      [
        'It is Friday, 27 November 2026 in UTC. Stage prod is not deployed until Sunday, 29 November 2026 is over.',
        'In an emergency, say why: --param friday="…". The reason is written to the stack\'s tags.',
        'To go back to what was deployed before, "serverless rollback" is free on every day.',
      ].join('\n'),
    );
    expect(aws.world.changeSets).toEqual([]);
  });
});

const tags = () => {
  const [form] = aws.world.changeSets;
  const read = (what: string) =>
    [...(form ?? [])].filter(([name]) => new RegExp(`^Tags\\.member\\.\\d+\\.${what}$`).test(name));
  const values = read('Value').map(([, value]) => value);
  return Object.fromEntries(read('Key').map(([, key], index) => [key, values[index]]));
};

describe('an emergency', () => {
  test('goes through with its reason, which is printed and on the stack', async () => {
    const reason = 'Sign-ups fail since 14:05 - see INC-7';
    const { code, said } = await at('2026-11-27T15:00:00Z', 'deploy --stage prod', `friday=${reason}`);
    expect(code).toBe(0);
    expect(said).toContain(`The stack's tag "friday" says why: ${reason}`);
    expect(tags()).toEqual({ service: 'wme-hubspot-sync', stage: 'prod', friday: reason });
  });

  test('with a reason that AWS takes in no tag is refused at once, and says why', async () => {
    const reason = "it's on fire (again)";
    const { code, said, reached } = await at(
      '2026-11-27T15:00:00Z',
      'deploy --stage prod',
      `friday=${reason}`,
    );
    expect({ code, reached }).toEqual({ code: 1, reached: false });
    expect(said).toContain("but not ' ( )");
  });

  test('on a Monday is none, and leaves no tag', async () => {
    const { code, said } = await at('2026-11-30T15:00:00Z', 'deploy --stage prod', 'friday=habit');
    expect(code).toBe(0);
    expect(said).toContain('--param friday is not needed today');
    expect(tags()).not.toHaveProperty('friday');
  });

  test('is no reason to put one function past the stack', async () => {
    const command = 'deploy function --function syncContact --stage prod';
    const { code, said } = await at('2026-11-27T15:00:00Z', command, 'friday=broken');
    expect(code).toBe(1);
    expect(said).toContain('"deploy function" has no place to write the reason to');
    expect(aws.world.calls.filter((call) => call !== 'GetCallerIdentity')).toEqual([]);
  });
});

test.each([
  'package --stage prod',
  'info --stage prod',
  'deploy --stage staging',
  'deploy list --stage prod',
])('on Friday, %s is free', async (command) => {
  const { code, said } = await at('2026-11-27T15:00:00Z', command);
  expect(said).not.toContain('It is Friday');
  expect(code).toBe(0);
});

test.each(['rollback --stage prod --timestamp 1', 'remove --stage prod'])(
  'on Friday, %s is not held up: it comes as far as AWS',
  async (command) => {
    const { said } = await at('2026-11-27T15:00:00Z', command);
    expect(said).not.toContain('It is Friday');
    expect(aws.world.calls).not.toEqual([]);
  },
);
