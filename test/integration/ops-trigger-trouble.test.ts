import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { run, start, until } from './ops-command.ts';
import { type Fault, FUNCTION, newPool, OURS, POOL_ID, startUserPool } from './ops-user-pool.ts';

// What goes wrong between the command and Cognito while people log in. Every test starts processes.
vi.setConfig({ testTimeout: 120_000 });

let server: Awaited<ReturnType<typeof startUserPool>>;
let world: Awaited<ReturnType<typeof startUserPool>>['world'];
let directory: string;

beforeEach(async () => {
  server = await startUserPool();
  ({ world } = server);
  directory = await mkdtemp(join(tmpdir(), 'trigger-'));
});
afterEach(() => server.stop());

const attachArgs = [
  'trigger',
  'attach',
  '--user-pool-id',
  POOL_ID,
  '--function',
  FUNCTION,
  '--json',
  '--yes',
];

async function attach() {
  const { code, stdout, stderr } = await run(attachArgs, server.environment, [], { cwd: directory });
  return { code, stderr, report: JSON.parse(stdout) };
}

const faultOn =
  (call: string, fault: Fault, upTo = Number.POSITIVE_INFINITY) =>
  (name: string, count: number): Fault | undefined =>
    name === call && count <= upTo ? fault : undefined;

const throttled: Fault = { status: 400, code: 'TooManyRequestsException', message: 'Rate exceeded' };

it.each<[string, Fault]>([
  ['throttled', throttled],
  ['answered with an error', { status: 500, code: 'InternalErrorException' }],
  ['lost', 'lost'],
])('a read that is %s is tried again', async (_, fault) => {
  world.fault = faultOn('DescribeUserPool', fault, 3);
  expect((await attach()).report).toMatchObject({ outcome: 'changed', postConfirmation: OURS });
});

it('a pool that cannot be read is given up after some tries', async () => {
  world.fault = faultOn('DescribeUserPool', throttled);
  const { code, report } = await attach();
  expect({ code, outcome: report.outcome }).toEqual({ code: 1, outcome: 'error' });
  expect(report.message).toContain('TooManyRequestsException');
  expect(world.updates).toEqual([]);
});

it.each<[string, Fault, RegExp]>([
  ['throttled', throttled, /throttles, and did not change the pool/],
  [
    'refused',
    { status: 400, code: 'InvalidParameterException', message: 'jane@example.org may not iam:PassRole' },
    /refused to change the pool \(InvalidParameterException: … may not iam:PassRole\)/,
  ],
  ['lost on the way there', 'unheard', /did not answer/],
])('an update that is %s has changed nothing, and says so', async (_, fault, reason) => {
  world.fault = faultOn('UpdateUserPool', fault);
  const { code, report, stderr } = await attach();
  expect({ code, outcome: report.outcome }).toEqual({ code: 1, outcome: 'not-changed' });
  expect(report.message).toMatch(reason);
  expect(report.postConfirmation).toBe(null);
  expect(stderr).not.toContain('@');
  expect(world.pool).toEqual(newPool());
  expect(world.calls.filter((call) => call === 'UpdateUserPool')).toHaveLength(1);
});

it('an update whose answer is lost is looked up in the pool, and not sent again', async () => {
  world.fault = faultOn('UpdateUserPool', 'lost');
  const { code, report } = await attach();
  expect({ code, outcome: report.outcome }).toEqual({ code: 0, outcome: 'changed' });
  expect(report.message).toContain("Cognito's answer was lost");
  expect(world.updates).toHaveLength(1);
});

it('an update that Cognito shows late is waited for', async () => {
  const before = newPool();
  let shown: Record<string, unknown> | undefined;
  world.afterUpdate = (pool) => {
    shown = { ...pool };
    world.pool = before;
  };
  world.fault = (call, count) => {
    // The third read after the two before the update.
    if (call === 'DescribeUserPool' && count === 5 && shown !== undefined) world.pool = shown;
    return undefined;
  };
  expect((await attach()).report).toMatchObject({ outcome: 'changed', postConfirmation: OURS });
});

it('what Cognito has not kept is named, and "restore" puts it back as the message says', async () => {
  world.afterUpdate = (pool) => {
    pool.UserPoolTier = 'LITE';
    pool.UserPoolAddOns = { AdvancedSecurityMode: 'AUDIT' };
    world.mfa = { SoftwareTokenMfaConfiguration: { Enabled: false } };
  };
  const { code, report, stderr } = await attach();
  expect({ code, outcome: report.outcome }).toEqual({ code: 1, outcome: 'differs' });
  expect(report.problems.map(({ field }: { field: string }) => field).toSorted()).toEqual([
    'UserPoolAddOns.SettingOfTomorrow.Level',
    'UserPoolTier',
    'second factors.SoftwareTokenMfaConfiguration.Enabled',
    'second factors.WebAuthnConfiguration.RelyingPartyId',
  ]);
  expect(stderr).toContain('UserPoolTier is not as it should be');

  world.afterUpdate = () => {};
  const [, line = ''] = /npx wme-hubspot-sync (trigger restore .*\.json)/.exec(report.message) ?? [];
  const restore = [...line.split(' '), '--yes', '--save', 'meanwhile.json'];
  expect((await run(restore, server.environment, [], { cwd: directory })).code).toBe(0);
  const { LastModifiedDate, ...pool } = world.pool;
  expect(pool).toEqual(newPool());
  expect(world.mfa.SoftwareTokenMfaConfiguration).toEqual({ Enabled: true });
});

it('a pool that somebody changes between the look and the update is not updated', async () => {
  world.fault = (call, count) => {
    if (call === 'DescribeUserPool' && count === 2) world.pool.UserPoolTier = 'ESSENTIALS';
    return undefined;
  };
  const { code, report } = await attach();
  expect({ code, outcome: report.outcome }).toEqual({ code: 1, outcome: 'not-changed' });
  expect(report.problems).toEqual([{ field: 'UserPoolTier', reason: 'has changed' }]);
  expect(world.updates).toEqual([]);
});

it('a pool that cannot be read after the update: the message says what is known', async () => {
  world.fault = (call, count) => (call === 'DescribeUserPool' && count > 2 ? throttled : undefined);
  const { code, report } = await attach();
  expect({ code, outcome: report.outcome }).toEqual({ code: 1, outcome: 'unconfirmed' });
  expect(report.message).toContain(report.savedTo);
  expect(world.updates).toHaveLength(1);
});

it.each([
  ['DescribeUserPool', 'Nothing was changed.'],
  ['UpdateUserPool', 'the pool may have changed'],
])('Ctrl-C while Cognito does not answer %s ends at once', async (call, message) => {
  world.fault = faultOn(call, 'silence');
  const { child, ended } = start(attachArgs, server.environment, [], { cwd: directory });
  await until(() => world.calls.includes(call) || child.exitCode !== null);
  child.kill('SIGINT');
  const { code, stdout } = await ended;
  expect(code).toBe(130);
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ command: 'trigger', outcome: 'interrupted', exitCode: 130 });
  expect(report.message).toContain(message);
  if (call === 'UpdateUserPool') {
    expect(report.message).toContain(`restore --file ${report.savedTo}`);
    expect(await readdir(directory)).toEqual([report.savedTo]);
  }
});

it('without credentials nothing is asked', async () => {
  const none = {
    ...server.environment,
    AWS_ACCESS_KEY_ID: '',
    AWS_EC2_METADATA_DISABLED: 'true',
    HOME: directory,
  };
  const { code, stdout } = await run(attachArgs, none, [], { cwd: directory });
  expect(code).toBe(2);
  expect(JSON.parse(stdout).message).toContain('No AWS credentials were found');
  expect(world.calls).toEqual([]);
});
