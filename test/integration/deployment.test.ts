import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_REGION, DEFAULT_REQUESTS_PER_10S } from '../../ops/aws/stage.ts';
import { startHubSpot } from '../../sandbox/hubspot/server.ts';
import { defaultSettings } from '../../sandbox/hubspot/settings.ts';
import { startQueues } from '../../sandbox/queues.ts';
import { DEV_PORTS } from '../../sandbox/stack.ts';
import { newUserDifferences } from '../../sandbox/ticket-check.ts';
import { copyService, HOST_TOKEN, packageStage, serverless, statements } from './packaging.ts';

// What `serverless package` makes of serverless.yml, for every stage that is deployed, on a machine that knows no AWS account.

const stages = ['dev', 'staging', 'prod'];

let directory: string;
const built = new Map<string, Awaited<ReturnType<typeof packageStage>>>();

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'deployment-'));
  const waiting = [...stages];
  const worker = async () => {
    for (let stage = waiting.shift(); stage; stage = waiting.shift()) {
      built.set(stage, await packageStage(join(directory, stage), stage));
    }
  };
  await Promise.all([worker(), worker()]);
}, 180_000);

afterAll(() => rm(directory, { recursive: true, force: true }));

function deployment(stage: string) {
  const found = built.get(stage);
  if (!found) throw new Error(`${stage} was not packaged`);
  return found;
}

describe.each(stages)('stage %s', (stage) => {
  test('has two FIFO queues that keep 14 days, encrypted, and no limit shared between people', () => {
    const { properties, ofType } = deployment(stage);
    const affix = stage === 'prod' ? '' : `-${stage}`;
    const common = {
      FifoQueue: true,
      DeduplicationScope: 'messageGroup',
      FifoThroughputLimit: 'perMessageGroupId',
      ContentBasedDeduplication: false,
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: 14 * 24 * 3600,
    };
    expect(ofType('AWS::SQS::Queue')).toHaveLength(2);
    expect(properties('VerifiedUsersQueue')).toMatchObject({
      ...common,
      QueueName: `verified-users${affix}.fifo`,
      VisibilityTimeout: 6 * Number(properties('SyncContactLambdaFunction')?.Timeout),
      MaximumMessageSize: 256 * 1024,
      RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['DeadLetterQueue', 'Arn'] } },
    });
    expect(properties('DeadLetterQueue')).toMatchObject({
      ...common,
      QueueName: `verified-users-dlq${affix}.fifo`,
      MaximumMessageSize: 1024 * 1024,
      RedriveAllowPolicy: {
        redrivePermission: 'byQueue',
        sourceQueueArns: [{ 'Fn::Sub': expect.stringMatching(`:verified-users${affix}\\.fifo$`) }],
      },
    });
  });

  test.each(['VerifiedUsersQueue', 'DeadLetterQueue'])('%s refuses requests without TLS', (queue) => {
    const { properties } = deployment(stage);
    expect(properties(`${queue}Policy`)?.Queues).toEqual([{ Ref: queue }]);
    expect(statements(properties(`${queue}Policy`))).toMatchObject([
      {
        Effect: 'Deny',
        Principal: '*',
        Action: 'sqs:*',
        Resource: { 'Fn::GetAtt': [queue, 'Arn'] },
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ]);
  });

  test('delivers batches of ten, takes partial failures, and keeps the numbers that the function is told', () => {
    const { ofType, properties, ...rest } = deployment(stage);
    const variables = rest.variables('SyncContactLambdaFunction');
    expect(ofType('AWS::Lambda::EventSourceMapping')).toMatchObject([
      {
        EventSourceArn: { 'Fn::GetAtt': ['VerifiedUsersQueue', 'Arn'] },
        FunctionName: { 'Fn::GetAtt': ['SyncContactLambdaFunction', 'Arn'] },
        BatchSize: 10,
        Enabled: true,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: Number(variables.MAX_CONCURRENCY) },
      },
    ]);
    expect(properties('VerifiedUsersQueue')?.RedrivePolicy).toMatchObject({
      maxReceiveCount: Number(variables.MAX_RECEIVE_COUNT),
    });
    expect(variables).toMatchObject({
      MAX_CONCURRENCY: '2',
      MAX_RECEIVE_COUNT: '40',
      POWERTOOLS_SERVICE_NAME: 'sync-contact',
    });
  });

  test('counts under its own name, and its alarms and its dashboard listen to no other stage', () => {
    const { ofType, variables } = deployment(stage);
    const { POWERTOOLS_METRICS_NAMESPACE: namespace } = variables('SyncContactLambdaFunction');
    expect(namespace).toBe(`WmeHubSpotSync/${stage}`);
    for (const type of ['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::Dashboard']) {
      const listened = JSON.stringify(ofType(type)).match(/WmeHubSpotSync[\w/-]*/g);
      expect(new Set(listened)).toEqual(new Set([namespace]));
    }
  });

  test('allows nothing by a wildcard, and gives every function a role of its own', () => {
    const { resources, ofType } = deployment(stage);
    const allowed = statements(resources).filter(({ Effect }) => Effect === 'Allow');
    expect(allowed.length).toBeGreaterThan(4);
    for (const statement of allowed) {
      expect(JSON.stringify(statement)).not.toContain('*');
      expect(statement).not.toHaveProperty('NotAction');
      expect(statement).not.toHaveProperty('NotResource');
    }
    expect(ofType('AWS::IAM::Role').flatMap(({ ManagedPolicyArns }) => ManagedPolicyArns ?? [])).toEqual([]);
    const roles = ofType('AWS::Lambda::Function').map(({ Role }) => JSON.stringify(Role));
    expect(new Set(roles).size).toBe(roles.length);
  });

  test('runs Node 24 on arm64, with logs that expire', () => {
    const { ofType } = deployment(stage);
    for (const { Runtime, Architectures, FunctionName } of ofType('AWS::Lambda::Function')) {
      expect({ Runtime, Architectures }).toEqual({ Runtime: 'nodejs24.x', Architectures: ['arm64'] });
      expect(ofType('AWS::Logs::LogGroup')).toContainEqual({
        LogGroupName: `/aws/lambda/${FunctionName}`,
        RetentionInDays: expect.any(Number),
      });
    }
  });

  test("packs a function's own files, with the licences of others' code in them, and nothing else", () => {
    const { syncContact, publishVerification, reconcile } = deployment(stage).zips;
    const folders = { 'sync-contact': syncContact, 'publish-verification': publishVerification, reconcile };
    for (const [folder, files] of Object.entries(folders)) {
      const [index, notices] = ['index.mjs', 'THIRD-PARTY-NOTICES.txt'].map(
        (name) => `dist/${folder}/${name}`,
      );
      expect(files).toContain(index);
      expect(files).toContain(notices);
      expect(files.filter((file) => file !== notices && !/^dist\/[^/]+\/[^/]+\.mjs$/.test(file))).toEqual([]);
      expect(files.filter((file) => !file.startsWith(`dist/${folder}/`))).toEqual([]);
    }
  });
});

describe.each(stages)('the token in stage %s', (stage) => {
  test('is read from SSM, and is nowhere in what is deployed', () => {
    const { resources, variables, properties } = deployment(stage);
    const names = Object.keys(variables('SyncContactLambdaFunction'));
    expect(names).not.toContain('HUBSPOT_ACCESS_TOKEN');
    expect(names).not.toContain('HUBSPOT_BASE_URL');
    expect(names.filter((variable) => variable.startsWith('AWS_'))).toEqual([]);
    expect(JSON.stringify(resources)).not.toContain(HOST_TOKEN);

    const secretive = Object.entries(resources)
      .filter(([, { Type }]) => Type === 'AWS::Lambda::Function')
      .flatMap(([logicalId]) => Object.keys(variables(logicalId)))
      .filter((name) => /TOKEN|SECRET|PASSWORD|KEY/.test(name));
    // What they hold is the name of where the secret is.
    expect(secretive.filter((name) => !name.endsWith('_PARAMETER'))).toEqual([]);

    const parameter = `/wme-hubspot-sync/${stage}/hubspot-access-token`;
    const logKey = `/wme-hubspot-sync/${stage}/log-key`;
    expect(variables('SyncContactLambdaFunction')).toMatchObject({
      HUBSPOT_TOKEN_PARAMETER: parameter,
      LOG_KEY_PARAMETER: logKey,
      QUEUE_URL: { Ref: 'VerifiedUsersQueue' },
      DLQ_URL: { Ref: 'DeadLetterQueue' },
    });
    expect(
      statements(properties('SyncContactRole')).filter(({ Action }) => Action === 'ssm:GetParameters'),
    ).toEqual([
      {
        Effect: 'Allow',
        Action: 'ssm:GetParameters',
        Resource: [parameter, logKey].map((name) => ({
          'Fn::Sub': expect.stringMatching(new RegExp(`:parameter${name}$`)),
        })),
      },
    ]);
  });
});

test('without a user pool the publisher is deployed all the same, and no pool may call it', () => {
  const { resources, ofType, outputs } = deployment('prod');
  const publisher = Object.keys(resources).filter((logicalId) => /^Publish/.test(logicalId));
  expect(publisher.toSorted()).toEqual([
    'PublishFailureAlarm',
    'PublishVerificationDurationAlarm',
    'PublishVerificationErrorsAlarm',
    'PublishVerificationLambdaFunction',
    'PublishVerificationLogGroup',
    'PublishVerificationRole',
    'PublishVerificationThrottlesAlarm',
  ]);
  expect(ofType('AWS::Lambda::Permission')).toEqual([]);
  expect(outputs.PublishVerificationArn).toEqual({
    Value: { 'Fn::GetAtt': ['PublishVerificationLambdaFunction', 'Arn'] },
  });
  expect(JSON.stringify(statements(resources))).not.toMatch(/cognito|kms:/i);
});

test('without a user pool there is nothing to compare, and nothing that would', () => {
  const { resources, ofType } = deployment('prod');
  const names = Object.keys(resources).join(' ');
  expect(names).not.toMatch(/reconcile|MissingInHubSpot|TriggerDetached/i);
  expect(ofType('AWS::Events::Rule')).toEqual([]);
  expect(ofType('AWS::Lambda::Function')).toHaveLength(2);
});

test('without a topic no alarm has an action', () => {
  const alarms = deployment('dev').ofType('AWS::CloudWatch::Alarm');
  expect(alarms.length).toBeGreaterThan(0);
  for (const { AlarmActions, OKActions } of alarms)
    expect({ AlarmActions, OKActions }).toEqual({ AlarmActions: [], OKActions: [] });
});

test('a queue stays, with the sign-ups that wait in it, when another takes its place or the stack is removed', () => {
  const { resources } = deployment('prod');
  const queues = Object.values(resources).filter(({ Type }) => Type === 'AWS::SQS::Queue');
  expect(queues).toHaveLength(2);
  for (const queue of queues)
    expect(queue).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
});

test('nobody can read what is deployed from the bucket that it is deployed through', () => {
  for (const stage of stages) {
    expect(deployment(stage).ofType('AWS::S3::Bucket')).toEqual([
      expect.objectContaining({
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
      }),
    ]);
  }
});

test('the publisher of prod has instances of its own, and no other function takes any away', () => {
  const reserved = (stage: string) =>
    Object.entries(deployment(stage).resources).flatMap(([name, { Properties }]) =>
      'ReservedConcurrentExecutions' in Properties ? [[name, Properties.ReservedConcurrentExecutions]] : [],
    );
  expect(reserved('prod')).toEqual([['PublishVerificationLambdaFunction', 50]]);
  expect(reserved('dev')).toEqual([]);
});

test('the queues are outputs of the stack', () => {
  expect(deployment('prod').outputs).toMatchObject({
    QueueUrl: { Value: { Ref: 'VerifiedUsersQueue' } },
    QueueArn: { Value: { 'Fn::GetAtt': ['VerifiedUsersQueue', 'Arn'] } },
    DeadLetterQueueUrl: { Value: { Ref: 'DeadLetterQueue' } },
    DeadLetterQueueArn: { Value: { 'Fn::GetAtt': ['DeadLetterQueue', 'Arn'] } },
  });
});

test('what the operators look for is in the outputs, each by its own name', () => {
  const outputs = deployment('staging').outputs;
  expect(outputs).toMatchObject({
    Region: { Value: { Ref: 'AWS::Region' } },
    SyncContactFunctionName: { Value: { Ref: 'SyncContactLambdaFunction' } },
    SyncContactLogGroupName: { Value: { Ref: 'SyncContactLogGroup' } },
    PublishVerificationFunctionName: { Value: { Ref: 'PublishVerificationLambdaFunction' } },
    PublishVerificationLogGroupName: { Value: { Ref: 'PublishVerificationLogGroup' } },
    HubSpotTokenParameter: { Value: '/wme-hubspot-sync/staging/hubspot-access-token' },
    LogKeyParameter: { Value: '/wme-hubspot-sync/staging/log-key' },
    HubSpotApiVersion: { Value: 'v3' },
    HubSpotRequestsPer10s: { Value: `${DEFAULT_REQUESTS_PER_10S} requests` },
    UserPoolId: { Condition: 'HasUserPool' },
    ReconcileFunctionName: { Condition: 'HasUserPool', Value: { Ref: 'ReconcileLambdaFunction' } },
    ReconcileLogGroupName: { Condition: 'HasUserPool', Value: { Ref: 'ReconcileLogGroup' } },
  });
});

test('the operators look where nobody has named a region in the one that is deployed to', async () => {
  expect(await readFile('serverless.yml', 'utf8')).toContain(`    region: ${DEFAULT_REGION}\n`);
});

describe('on a machine with no AWS account', () => {
  const folder = () => join(directory, 'invoke-local');
  beforeAll(() => copyService(folder()));

  test('`invoke local` runs publishVerification', async () => {
    const event = 'test/events/password-reset.json';
    const args = ['invoke', 'local', '--stage', 'local', '-f', 'publishVerification', '--path', event];
    expect(await serverless(folder(), args)).toContain('PostConfirmation_ConfirmForgotPassword');
  }, 120_000);

  test("the README's line for one event runs it through the function", async () => {
    const [, line = ''] =
      /npx serverless (invoke local -f syncContact [^`\n]+)/.exec(await readFile('README.md', 'utf8')) ?? [];
    const hubspot = await startHubSpot();
    try {
      const output = await serverless(folder(), line.split(' '), { HUBSPOT_BASE_URL: hubspot.url });
      expect(output).toContain('"batchItemFailures": []');
      expect(newUserDifferences(hubspot, 'grace@example.org', 'GraceH')).toEqual([]);
    } finally {
      await hubspot.close();
    }
  }, 120_000);

  test('stage local has its token from the environment', async () => {
    const args = [
      'print',
      '--stage',
      'local',
      '--format',
      'json',
      '--path',
      'functions.syncContact.environment',
    ];
    const environment = JSON.parse(await serverless(folder(), args));
    expect(environment).toMatchObject({
      HUBSPOT_ACCESS_TOKEN: HOST_TOKEN,
      HUBSPOT_BASE_URL: 'http://127.0.0.1:9',
      HUBSPOT_TOKEN_PARAMETER: null,
      LOG_KEY_PARAMETER: null,
    });
  }, 120_000);

  test('stage local looks for the sandbox where `npm run dev` puts it', async () => {
    const args = [
      'print',
      '--stage',
      'local',
      '--format',
      'json',
      '--path',
      'functions.syncContact.environment',
    ];
    const environment = JSON.parse(await serverless(folder(), args, {}));
    const queues = await startQueues();
    await queues.stop();
    const endpoint = `http://127.0.0.1:${DEV_PORTS.sqs}`;
    expect(environment).toMatchObject({
      HUBSPOT_BASE_URL: `http://127.0.0.1:${DEV_PORTS.hubspot}`,
      HUBSPOT_ACCESS_TOKEN: defaultSettings().accessToken,
      AWS_ENDPOINT_URL_SQS: endpoint,
      QUEUE_URL: queues.queueUrl.replace(queues.endpoint, endpoint),
      DLQ_URL: queues.dlqUrl.replace(queues.endpoint, endpoint),
    });
  }, 120_000);
});
