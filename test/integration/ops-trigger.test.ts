import { mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { run, start, until } from './ops-command.ts';
import { describedReport } from './ops-report-schema.ts';
import { outputsOf, poolOutputsOf, startStackApi } from './ops-stack.ts';
import { FUNCTION, newPool, OURS, POOL_ID, permission, startUserPool, THEIRS } from './ops-user-pool.ts';

// Every test starts processes, on a machine that may be busy.
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

const subject = ['--user-pool-id', POOL_ID, '--function', FUNCTION];
const TERMINAL = ['--import', 'data:text/javascript,process.stdin.isTTY = true'];

/** Gives the command in a folder of its own, and sees that every request is signed. */
async function trigger(...args: string[]) {
  const ended = await run(['trigger', ...args], server.environment, [], { cwd: directory });
  expect(world.unsigned).toBe(0);
  return ended;
}

async function triggerJson(...args: string[]) {
  const { code, stdout, stderr } = await trigger(...args, '--json');
  return { code, stderr, report: describedReport(stdout) };
}

const attach = (...args: string[]) => triggerJson('attach', ...subject, ...args);
const detach = (...args: string[]) => triggerJson('detach', ...subject, ...args);
const attached = () => ({
  ...newPool(),
  LambdaConfig: { ...Object(newPool().LambdaConfig), PostConfirmation: OURS },
});
const files = () => readdir(directory);
const writes = () => world.calls.filter((call) => /^(Update|Set)/.test(call));

describe('attach', () => {
  it('changes the one line, and sends back every setting, also those that no SDK knows', async () => {
    const { code, report, stderr } = await attach('--yes');
    expect({ code, report }).toMatchObject({
      code: 0,
      report: {
        command: 'trigger',
        outcome: 'changed',
        exitCode: 0,
        userPoolId: POOL_ID,
        postConfirmation: OURS,
      },
    });
    expect(stderr).toContain(`LambdaConfig.PostConfirmation: none → ${OURS}`);
    const { LastModifiedDate, ...pool } = world.pool;
    expect(pool).toEqual(attached());
    expect(writes()).toEqual(['UpdateUserPool']);
    expect(world.updates[0]).not.toHaveProperty('SchemaAttributes');
    expect(world.updates[0]).toMatchObject({ PoolName: 'accounts' });
  });

  it('saves the settings of before for nobody else to read, under a name with pool and time', async () => {
    const { report } = await attach('--yes');
    const [name = ''] = await files();
    expect(name).toMatch(new RegExp(`^user-pool-${POOL_ID}-\\d{8}T\\d{6}Z\\.json$`));
    expect(report.savedTo).toBe(name);
    expect((await stat(join(directory, name))).mode & 0o777).toBe(0o600);
    const { userPool, mfa } = JSON.parse(await readFile(join(directory, name), 'utf8'));
    expect(userPool).toEqual(newPool());
    expect(mfa).toMatchObject({ SoftwareTokenMfaConfiguration: { Enabled: true } });
  });

  it('keeps the validity of temporary passwords of a pool that tells it by its old name only', async () => {
    const { Policies, ...others } = newPool();
    world.pool = { ...others, Policies: { PasswordPolicy: { MinimumLength: 14 } } };
    expect((await attach('--yes')).report).toMatchObject({ outcome: 'changed' });
    expect(world.pool).toMatchObject({
      Policies: { PasswordPolicy: { MinimumLength: 14, TemporaryPasswordValidityDays: 3 } },
    });
  });

  it('names beforehand what Cognito may refuse, and no address', async () => {
    const role = 'arn:aws:iam::000000000000:role/sms';
    world.pool.SmsConfiguration = { SnsCallerArn: role };
    const { stderr } = await attach('--yes');
    expect(stderr).toContain(`iam:PassRole for ${role}`);
    expect(stderr).toContain('kms:CreateGrant for arn:aws:kms:');
    expect(stderr).toContain('email through SES');
    expect(stderr).not.toContain('@');
  });

  it('stops at a setting that it does not know, and names it', async () => {
    world.pool.SettingOfTomorrow = { Enabled: true };
    const { code, report } = await attach('--yes');
    expect({ code, outcome: report.outcome }).toEqual({ code: 1, outcome: 'error' });
    expect(report.message).toMatch(/Nothing was changed: the pool has SettingOfTomorrow,/);
    expect([writes(), await files()]).toEqual([[], []]);
  });

  it('that is attached already changes nothing', async () => {
    world.pool = attached();
    expect(await attach()).toMatchObject({
      code: 0,
      report: { outcome: 'unchanged', postConfirmation: OURS },
    });
    expect(writes()).toEqual([]);
  });

  it("never takes the place of somebody else's trigger", async () => {
    world.pool.LambdaConfig = { PostConfirmation: THEIRS };
    const { code, report } = await attach('--yes');
    expect({ code, outcome: report.outcome }).toEqual({ code: 1, outcome: 'not-changed' });
    expect(report.message).toContain(THEIRS);
    expect(writes()).toEqual([]);
  });

  it.each([
    ['a function without a policy', undefined],
    [
      'a policy for another pool',
      [permission('arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_Other')],
    ],
    ['a policy for another service', [{ ...permission(), Principal: { Service: 's3.amazonaws.com' } }]],
    ['a policy that only denies', [{ ...permission(), Effect: 'Deny' }]],
  ])('refuses %s: every sign-up would fail', async (_, statements) => {
    world.statements = statements;
    const { code, report } = await attach('--yes');
    expect({ code, outcome: report.outcome }).toEqual({ code: 1, outcome: 'not-changed' });
    expect(report.message).toContain('does not let this pool call it');
    expect(writes()).toEqual([]);
  });

  it.each([
    ['a pattern', [permission('arn:aws:cognito-idp:us-east-1:000000000000:userpool/*')]],
    ['one permission of several', [{ ...permission(), Principal: { AWS: '000000000000' } }, permission()]],
  ])('takes %s for a permission', async (_, statements) => {
    world.statements = statements;
    const { code, stderr } = await attach('--yes');
    expect(code).toBe(0);
    expect(stderr).not.toContain('cannot be told');
  });

  it.each([
    ['cannot be read', [permission()], 'AccessDeniedException'],
    [
      'has a condition of its own',
      [{ ...permission(), Condition: { Bool: { 'aws:Own': 'true' } } }],
      undefined,
    ],
    ['also denies something', [permission(), { ...permission(), Effect: 'Deny' }], undefined],
  ])('warns of a policy that %s', async (_, statements, code) => {
    world.statements = statements;
    world.fault = (call) => (call === 'GetPolicy' && code !== undefined ? { status: 403, code } : undefined);
    const { report, stderr } = await attach('--yes');
    expect(stderr).toContain('It cannot be told whether the pool may call the function');
    expect(report.outcome).toBe('changed');
  });

  it('takes the whole ARN too', async () => {
    const { code } = await trigger('attach', '--user-pool-id', POOL_ID, '--function', OURS, '--yes');
    expect([code, world.updates.length]).toEqual([0, 1]);
  });
});

describe('detach', () => {
  it('takes our function away, and changes nothing else', async () => {
    world.pool = attached();
    expect(await detach('--yes')).toMatchObject({
      code: 0,
      report: { outcome: 'changed', postConfirmation: null },
    });
    const { LastModifiedDate, ...pool } = world.pool;
    expect(pool).toEqual(newPool());
  });

  it('also when it was the only trigger, which Cognito then tells as none at all', async () => {
    world.pool.LambdaConfig = { PostConfirmation: OURS };
    world.afterUpdate = (pool) => delete pool.LambdaConfig;
    expect((await detach('--yes')).report).toMatchObject({ outcome: 'changed' });
  });

  it.each([
    ['no trigger', undefined],
    ["somebody else's", THEIRS],
  ])('leaves a pool alone that has %s', async (_, PostConfirmation) => {
    world.pool.LambdaConfig = { PostConfirmation };
    const { code, report } = await detach('--yes');
    expect({ code, outcome: report.outcome }).toEqual({ code: 0, outcome: 'unchanged' });
    expect(report.message).toContain(PostConfirmation ?? 'no PostConfirmation trigger');
    expect(writes()).toEqual([]);
  });
});

describe('a trigger that is an alias of the function', () => {
  const ALIAS = `${OURS}:live`;
  beforeEach(() => {
    world.pool.LambdaConfig = { PostConfirmation: ALIAS };
  });

  it('is ours: detached in an emergency, and attached already', async () => {
    expect(await attach('--yes')).toMatchObject({ code: 0, report: { outcome: 'unchanged' } });
    const { code, report, stderr } = await detach('--yes');
    expect({ code, report }).toMatchObject({
      code: 0,
      report: { outcome: 'changed', postConfirmation: null },
    });
    expect(stderr).toContain(`${ALIAS} → none`);
  });

  it('is not one of a function whose name only begins so', async () => {
    world.pool.LambdaConfig = { PostConfirmation: `${OURS}-of-another-team` };
    expect(await detach('--yes')).toMatchObject({ code: 0, report: { outcome: 'unchanged' } });
    expect(writes()).toEqual([]);
  });
});

describe('status', () => {
  it.each([
    [undefined, 'none', 0],
    [THEIRS, 'other', 0],
    [OURS, 'ours', 0],
  ])('of %s is %s', async (PostConfirmation, outcome, code) => {
    world.pool.LambdaConfig = { PostConfirmation };
    expect(await triggerJson('status', ...subject)).toMatchObject({
      code,
      report: { outcome, postConfirmation: PostConfirmation ?? null },
    });
    expect(writes()).toEqual([]);
  });

  it('tells of a trigger that may not be called: every sign-up fails', async () => {
    world.pool = attached();
    world.statements = undefined;
    const { code, stderr } = await trigger('status', ...subject);
    expect(code).toBe(1);
    expect(stderr).toContain('does not let this pool call it');
  });
});

describe('with --stage', () => {
  let stack: Awaited<ReturnType<typeof startStackApi>>;
  beforeEach(async () => {
    stack = await startStackApi();
    setOutputs(poolOutputsOf(POOL_ID, OURS));
  });
  afterEach(() => stack.stop());

  const setOutputs = (ofPool: Record<string, string>) =>
    stack.world.stacks.set('wme-hubspot-sync-prod', { ...outputsOf('http://127.0.0.1'), ...ofPool });
  async function ofStage(...args: string[]) {
    const environment = { ...server.environment, ...stack.environment };
    const all = ['trigger', ...args, '--stage', 'prod', '--json'];
    const { code, stdout } = await run(all, environment, [], { cwd: directory });
    return { code, report: describedReport(stdout) };
  }

  it('pool and publisher are the stage’s', async () => {
    expect(await ofStage('status')).toMatchObject({
      code: 0,
      report: { outcome: 'none', userPoolId: POOL_ID },
    });
    const { report } = await ofStage('attach', '--yes');
    expect(report).toMatchObject({ outcome: 'changed', postConfirmation: OURS });
    expect(await ofStage('detach', '--yes', '--save', 'again.json')).toMatchObject({
      code: 0,
      report: { outcome: 'changed' },
    });
    const other = { ...poolOutputsOf('us-east-1_Another00', OURS) };
    setOutputs(other);
    const { code, report: refused } = await ofStage('restore', '--file', report.savedTo, '--yes');
    expect({ code, message: refused.message }).toEqual({
      code: 2,
      message: 'The file is of another user pool than the stage has. Nothing was changed.',
    });
  });

  it('a function in between that serverless.yml names is what the pool is to call', async () => {
    world.pool.LambdaConfig = { PostConfirmation: THEIRS };
    setOutputs(poolOutputsOf(POOL_ID, THEIRS));
    expect((await ofStage('attach')).report).toMatchObject({
      outcome: 'unchanged',
      postConfirmation: THEIRS,
    });
  });

  it('what is given singly wins over it', async () => {
    setOutputs(poolOutputsOf(POOL_ID, THEIRS));
    const { report } = await ofStage('attach', '--function', FUNCTION, '--yes');
    expect(report).toMatchObject({ outcome: 'changed', postConfirmation: OURS });
  });

  it('a stage that names no pool is told so', async () => {
    setOutputs({});
    const { code, report } = await ofStage('detach');
    expect(code).toBe(2);
    expect(report.message).toContain(
      'names no user pool (userPoolId in serverless.yml): --user-pool-id does',
    );
    expect(world.calls).toEqual([]);
  });
});

describe('restore', () => {
  it('puts back what was saved, the second factors among it', async () => {
    const { report } = await attach('--yes');
    world.pool = { ...world.pool, MfaConfiguration: 'OFF', UserPoolTier: 'LITE', Domain: 'renamed' };
    world.mfa = { MfaConfiguration: 'OFF' };
    const restored = await triggerJson(
      'restore',
      '--file',
      report.savedTo,
      '--save',
      'meanwhile.json',
      '--yes',
    );
    expect(restored).toMatchObject({ code: 0, report: { outcome: 'changed', postConfirmation: null } });
    expect(writes()).toEqual(['UpdateUserPool', 'SetUserPoolMfaConfig', 'UpdateUserPool']);
    const { LastModifiedDate, ...pool } = world.pool;
    expect(pool).toEqual({ ...newPool(), Domain: 'renamed' });
    expect(world.mfa).toMatchObject({ SoftwareTokenMfaConfiguration: { Enabled: true } });
  });

  it('switches second factors off again, and keeps passkeys', async () => {
    world.pool.MfaConfiguration = 'OFF';
    world.mfa.SoftwareTokenMfaConfiguration = { Enabled: false };
    const { report } = await attach('--yes');
    world.pool.MfaConfiguration = 'OPTIONAL';
    const restored = await triggerJson(
      'restore',
      '--file',
      report.savedTo,
      '--save',
      'meanwhile.json',
      '--yes',
    );
    expect(restored).toMatchObject({ code: 0, report: { outcome: 'changed' } });
    expect(world.pool.MfaConfiguration).toBe('OFF');
    expect(world.mfa).toHaveProperty('WebAuthnConfiguration');
  });

  it('attaches no function that may not be called', async () => {
    world.pool = attached();
    const { report } = await detach('--yes');
    world.statements = undefined;
    const restored = await triggerJson('restore', '--file', report.savedTo, '--save', 'b.json', '--yes');
    expect(restored).toMatchObject({ code: 1, report: { outcome: 'not-changed' } });
    expect(restored.report.message).toContain('does not let this pool call it');
    expect(writes()).toHaveLength(1);
  });

  it('does nothing to a pool that is as it was', async () => {
    const { report } = await attach('--yes');
    await detach('--yes', '--save', 'second.json');
    const restored = await triggerJson('restore', '--file', report.savedTo);
    expect(restored).toMatchObject({ code: 0, report: { outcome: 'unchanged' } });
    expect(writes()).toHaveLength(2);
  });

  it.each(['{"userPool": {}}', 'not JSON'])('refuses a file that is none of its own', async (content) => {
    await writeFile(join(directory, 'saved.json'), content);
    const { code, report } = await triggerJson('restore', '--file', 'saved.json', '--yes');
    expect({ code, calls: world.calls }).toEqual({ code: 2, calls: [] });
    expect(report).toMatchObject({ command: 'trigger', outcome: 'error' });
  });
});

describe('the question', () => {
  const asked = async (answer: string) => {
    const { child, ended } = start(['trigger', 'attach', ...subject], server.environment, TERMINAL, {
      cwd: directory,
      stdin: 'pipe',
    });
    let told = '';
    child.stderr?.on('data', (chunk: Buffer) => (told += chunk.toString()));
    await until(() => told.includes('[y/N]') || child.exitCode !== null);
    expect([writes(), await files()]).toEqual([[], []]);
    child.stdin?.end(answer);
    return ended;
  };

  it('is answered with y', async () => {
    expect((await asked('y\n')).code).toBe(0);
    expect(writes()).toHaveLength(1);
  });

  it.each(['n\n', '\n', ''])('answered with %j changes nothing', async (answer) => {
    const { code, stderr } = await asked(answer);
    expect(code).toBe(1);
    expect(stderr).toContain('Nothing was changed.');
    expect([writes(), await files()]).toEqual([[], []]);
  });

  it('cannot be asked without a terminal: --yes, or nothing', async () => {
    const { code, report } = await attach();
    expect({ code, outcome: report.outcome }).toEqual({ code: 2, outcome: 'error' });
    expect(report.message).toContain('--yes');
    expect([writes(), await files()]).toEqual([[], []]);
  });
});

describe('wrong use', () => {
  it.each([
    [['attach'], 'Give --stage, or --user-pool-id and --function'],
    [['attach', '--function', FUNCTION], '--user-pool-id'],
    [['attach', '--user-pool-id', POOL_ID], '--function'],
    [['attach', '--stage', 'local'], 'npm run dev has no user pool'],
    [['attach', '--stage', 'no such stage'], '--stage is not the name'],
    [['attach', '--user-pool-id', 'accounts', '--function', FUNCTION], 'not the ID of a user pool'],
    [['attach', '--user-pool-id', POOL_ID, '--function', 'a/b'], 'neither the name nor the ARN'],
    [
      ['attach', '--user-pool-id', POOL_ID, '--function', OURS.replace('us-east-1', 'eu-west-1')],
      'one region',
    ],
    [['attach', ...subject, '--user-pool-id', POOL_ID], 'given twice'],
    [['remove'], 'unknown command'],
  ])('%j', async (args, reason) => {
    const { code, report } = await triggerJson(...args);
    expect(code).toBe(2);
    expect(report).toMatchObject({ command: 'trigger', outcome: 'error', exitCode: 2 });
    expect(report.message).toContain(reason);
    expect(writes()).toEqual([]);
  });

  it('does not write over a file', async () => {
    await writeFile(join(directory, 'mine.json'), 'mine');
    const { code, report } = await attach('--yes', '--save', 'mine.json');
    expect(code).toBe(2);
    expect(report.message).toContain('is there already');
    expect(await readFile(join(directory, 'mine.json'), 'utf8')).toBe('mine');
    expect(writes()).toEqual([]);
  });
});

it('its help fits a screen', async () => {
  const { code, stdout } = await trigger('--help');
  expect(code).toBe(0);
  expect(stdout.split('\n').length).toBeLessThanOrEqual(45);
  expect(stdout).toContain('trigger attach --stage prod');
});
