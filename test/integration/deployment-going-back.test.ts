import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { CALLS } from '../../infrastructure/deploying/call-functions.ts';
import { alarmArn, STACK, startDeployAws } from './deploy-aws.ts';
import { onDay } from './ops-aws.ts';
import { packageStage, tryServerless } from './packaging.ts';
import { invoke } from './publish-invocation.ts';

// What CloudFormation is told when something is deployed or taken back, and what it takes to tell it.

const MONDAY = '2026-11-30T12:00:00Z';
const ALARMS = [
  'PublishVerificationErrorsAlarm',
  'PublishFailureAlarm',
  'SyncContactErrorsAlarm',
  'HubSpotRefusalAlarm',
  'NewDeadLetterAlarm',
] as const;

/** Each starts the command anew, which takes seconds where two do at once. */
vi.setConfig({ testTimeout: 120_000 });

let folder: string;
let aws: Awaited<ReturnType<typeof startDeployAws>>;
let packaged: Awaited<ReturnType<typeof packageStage>>;

const quiet = () => Object.fromEntries(ALARMS.map((name) => [name, 'OK' as const]));

function healthy() {
  Object.assign(aws.world, {
    calls: [],
    changeSets: [],
    alarms: quiet(),
    stackExists: true,
    ending: 'UPDATE_COMPLETE',
    watch: false,
    invocations: [],
    functionError: undefined,
    refused: undefined,
    objects: new Map(),
  });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deployment-going-back-'));
  packaged = await packageStage(folder, 'prod');
  await cp(join(folder, '.serverless'), join(folder, 'packaged'), { recursive: true });
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
  aws = await startDeployAws();
  healthy();
}, 120_000);

afterEach(healthy);

afterAll(async () => {
  aws.stop();
  await rm(folder, { recursive: true, force: true });
});

const run = (command: string) =>
  tryServerless(folder, command.split(' '), {
    ...aws.environment,
    NODE_OPTIONS: onDay(MONDAY).join(' '),
  });
const deploy = () => run('deploy --stage prod --package packaged');

/** What the change sets say about going back: nothing, if a name is not in them. */
const told = () =>
  aws.world.changeSets.map((form) =>
    Object.fromEntries([...form].filter(([name]) => name.startsWith('RollbackConfiguration'))),
  );
const triggers = (...names: string[]) =>
  Object.fromEntries(
    names.flatMap((name, index) => [
      [`RollbackConfiguration.RollbackTriggers.member.${index + 1}.Arn`, alarmArn(name)],
      [`RollbackConfiguration.RollbackTriggers.member.${index + 1}.Type`, 'AWS::CloudWatch::Alarm'],
    ]),
  );
/** An empty list takes away those of before; no list at all would keep them. */
const NONE = {
  'RollbackConfiguration.RollbackTriggers': '',
  'RollbackConfiguration.MonitoringTimeInMinutes': '0',
};

test('the alarms that take a change back are alarms of the stack, five at most', () => {
  expect(ALARMS.length).toBeLessThanOrEqual(5);
  for (const name of ALARMS) expect(packaged.resources[name]?.Type).toBe('AWS::CloudWatch::Alarm');
});

describe('a deployment', () => {
  test('is taken back by five alarms, for a quarter of an hour', async () => {
    const { code, said } = await deploy();
    expect(code).toBe(0);
    expect(told()).toEqual([
      { ...triggers(...ALARMS), 'RollbackConfiguration.MonitoringTimeInMinutes': '15' },
    ]);
    expect(said).toContain(`Taken back if one of these rings within 15 minutes: ${ALARMS.join(', ')}`);
  });

  test('the first one names no alarm: a missing one would end it', async () => {
    aws.world.stackExists = false;
    aws.world.alarms = {};
    const { code, said } = await deploy();
    expect(code).toBe(0);
    expect(told()).toEqual([NONE, NONE]);
    expect(said).toContain('Not in the stack yet, and so takes nothing back: PublishVerificationErrorsAlarm');
  });

  test('names of the alarms those that the stack has, and that do not ring already', async () => {
    aws.world.alarms = { PublishFailureAlarm: 'OK', SyncContactErrorsAlarm: 'ALARM' };
    const { code, said } = await deploy();
    expect(code).toBe(0);
    expect(told()).toEqual([
      { ...triggers('PublishFailureAlarm'), 'RollbackConfiguration.MonitoringTimeInMinutes': '15' },
    ]);
    expect(said).toContain('Rings already, and so takes nothing back: SyncContactErrorsAlarm');
    expect(said).toContain(
      'Not in the stack yet, and so takes nothing back: PublishVerificationErrorsAlarm, HubSpotRefusalAlarm, NewDeadLetterAlarm',
    );
  });

  test('that is taken back ends as a failure, and says what rang', async () => {
    aws.world.ending = 'UPDATE_ROLLBACK_COMPLETE';
    const { code, said } = await deploy();
    expect(code).toBe(1);
    expect(said).toContain('The following CloudWatch alarms went to ALARM');
  });

  test.each(['ListStackResources', 'DescribeAlarms'])('does not begin where %s is refused', async (call) => {
    aws.world.refused = call;
    const { code, said } = await deploy();
    expect(code).toBe(1);
    expect(said).toContain('The alarms that take a change back could not be looked up: AccessDenied.');
    expect(told()).toEqual([]);
  });

  test('of what was packaged for another stage is refused', async () => {
    const { code, said } = await run('deploy --stage staging --package packaged');
    expect(code).toBe(1);
    expect(said).toContain('This was packaged for stage prod, and is to be deployed to staging.');
    expect(told()).toEqual([]);
  });
});

describe('while the alarms are watched, both functions are called', () => {
  test('with what brings nobody to the queue or to HubSpot', async () => {
    aws.world.watch = true;
    expect((await deploy()).code).toBe(0);
    expect(aws.world.invocations).toEqual(
      expect.arrayContaining([
        { name: `${STACK}-publishVerification`, event: CALLS.publishVerification },
        { name: `${STACK}-syncContact`, event: CALLS.syncContact },
      ]),
    );
  });

  test('and one that fails is told of', async () => {
    aws.world.watch = true;
    aws.world.functionError = 'Unhandled';
    const { said } = await deploy();
    expect(said).toContain(`${STACK}-publishVerification fails when it is called; its log says why.`);
  });

  test('the publisher takes its call for no sign-up', async () => {
    const { returned, metrics } = await invoke([CALLS.publishVerification], {
      POWERTOOLS_METRICS_NAMESPACE: 'Test',
    });
    expect(returned).toEqual([CALLS.publishVerification]);
    expect(metrics).toMatchObject({ TriggerIgnored: 1, VerificationPublished: 0, PublishFailure: 0 });
  });
});

test('serverless rollback goes back to a deployment of before, and no alarm takes that back', async () => {
  await deploy();
  const [template = ''] = [...aws.world.objects.keys()].filter((key) => key.endsWith('.json'));
  const [, timestamp = ''] = /\/(\d+)-[^/]+\//.exec(template) ?? [];
  aws.world.changeSets = [];
  aws.world.alarms = { ...quiet(), PublishVerificationErrorsAlarm: 'ALARM' };
  const { code, said } = await run(`rollback --stage prod --timestamp ${timestamp}`);
  expect(code).toBe(0);
  expect(said).toContain(`Service rolled back to timestamp "${timestamp}"`);
  expect(told()).toEqual([NONE]);
  expect(aws.world.changeSets[0]?.get('TemplateURL')).toContain(`/${timestamp}-`);
});
