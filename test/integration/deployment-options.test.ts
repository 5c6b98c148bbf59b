import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packageStage, statements } from './packaging.ts';

// What `serverless package` makes of serverless.yml with every optional parameter given.

const POOL_ID = 'us-east-1_Ab12Cd34E';
const KEY_ARN = 'arn:aws:kms:us-east-1:000000000000:key/token';

let folder: string;
let deployment: Awaited<ReturnType<typeof packageStage>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deployment-options-'));
  deployment = await packageStage(folder, 'prod', [
    `userPoolId=${POOL_ID}`,
    `tokenKeyArn=${KEY_ARN}`,
    'maxConcurrency=5',
    'maxReceiveCount=7',
  ]);
}, 120_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

test('one parameter each sets what AWS does and what the function is told', () => {
  const { ofType, properties, variables } = deployment;
  expect(variables('SyncContactLambdaFunction')).toMatchObject({
    MAX_CONCURRENCY: '5',
    MAX_RECEIVE_COUNT: '7',
  });
  expect(ofType('AWS::Lambda::EventSourceMapping')).toMatchObject([
    { ScalingConfig: { MaximumConcurrency: 5 } },
  ]);
  expect(JSON.stringify(properties('VerifiedUsersQueue')?.RedrivePolicy)).toMatch(/"maxReceiveCount":"?7"?/);
});

test('nothing is allowed by a wildcard', () => {
  for (const statement of statements(deployment.resources).filter(({ Effect }) => Effect === 'Allow')) {
    expect(JSON.stringify(statement)).not.toContain('*');
  }
});

const actions = (node: unknown) =>
  statements(node).map(({ Action, Resource }) => ({ actions: [Action].flat(), resource: Resource }));
const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });
const ownLogs = (logGroup: string) => ({
  actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
  resource: arnOf(logGroup),
});

test('the pool, and no other, may call the function, and may go on when the stack no longer names it', () => {
  const { properties, resources } = deployment;
  const permissions = Object.values(resources).filter(
    ({ Type, Properties }) =>
      Type === 'AWS::Lambda::Permission' && Properties.Principal !== 'events.amazonaws.com',
  );
  expect(permissions).toMatchObject([
    {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        FunctionName: arnOf('PublishVerificationLambdaFunction'),
        Action: 'lambda:InvokeFunction',
        Principal: 'cognito-idp.amazonaws.com',
        SourceAccount: { Ref: 'AWS::AccountId' },
        SourceArn: { 'Fn::Sub': expect.stringMatching(new RegExp(`:userpool/${POOL_ID}$`)) },
      },
    },
  ]);
  expect(Number(properties('PublishVerificationLambdaFunction')?.Timeout)).toBeLessThanOrEqual(5);
});

test('no part of the stack can change a user pool', () => {
  const { resources } = deployment;
  const types = Object.values(resources).map(({ Type }) => Type);
  expect(types.filter((type) => /^Custom::|CustomResource|^AWS::Cognito/.test(type))).toEqual([]);
  const ofCognito = JSON.stringify(statements(resources)).match(/cognito-idp:\w+/g);
  expect(ofCognito).toEqual(['cognito-idp:ListUsers', 'cognito-idp:DescribeUserPool']);
});

test('reconcile runs once a day, for as long as Lambda lets it, on its own rights', () => {
  const { properties, ofType, variables } = deployment;
  expect(ofType('AWS::Events::Rule')).toEqual([
    {
      Description: expect.any(String),
      ScheduleExpression: expect.stringMatching(/^cron\(\d+ \d+ \* \* \? \*\)$/),
      State: 'ENABLED',
      Targets: [{ Id: 'reconcile', Arn: arnOf('ReconcileLambdaFunction') }],
    },
  ]);
  expect(properties('ReconcileSchedulePermission')).toEqual({
    FunctionName: arnOf('ReconcileLambdaFunction'),
    Action: 'lambda:InvokeFunction',
    Principal: 'events.amazonaws.com',
    SourceArn: arnOf('ReconcileSchedule'),
  });
  expect(properties('ReconcileLambdaFunction')).toMatchObject({ Timeout: 900, Role: arnOf('ReconcileRole') });
  expect(variables('ReconcileLambdaFunction')).toMatchObject({
    POWERTOOLS_SERVICE_NAME: 'reconcile',
    USER_POOL_ID: POOL_ID,
    TRIGGER_FUNCTION_ARN: arnOf('PublishVerificationLambdaFunction'),
    QUEUE_URL: { Ref: 'VerifiedUsersQueue' },
    HUBSPOT_TOKEN_PARAMETER: '/wme-hubspot-sync/prod/hubspot-access-token',
  });
  expect(actions(properties('ReconcileRole')?.Policies)).toEqual([
    {
      actions: ['cognito-idp:ListUsers', 'cognito-idp:DescribeUserPool'],
      resource: { 'Fn::Sub': expect.stringMatching(new RegExp(`:userpool/${POOL_ID}$`)) },
    },
    { actions: ['sqs:SendMessage'], resource: arnOf('VerifiedUsersQueue') },
    {
      actions: ['ssm:GetParameters'],
      resource: {
        'Fn::Sub': expect.stringMatching(/:parameter\/wme-hubspot-sync\/prod\/hubspot-access-token$/),
      },
    },
    { actions: ['kms:Decrypt'], resource: KEY_ARN },
    ownLogs('ReconcileLogGroup'),
  ]);
});

test('each role has what its function calls', () => {
  const { properties } = deployment;
  expect(actions(properties('PublishVerificationRole')?.Policies)).toEqual([
    { actions: ['sqs:SendMessage'], resource: arnOf('VerifiedUsersQueue') },
    ownLogs('PublishVerificationLogGroup'),
  ]);
  expect(actions(properties('SyncContactRole')?.Policies)).toEqual([
    {
      actions: [
        'sqs:ReceiveMessage',
        'sqs:DeleteMessage',
        'sqs:GetQueueAttributes',
        'sqs:ChangeMessageVisibility',
      ],
      resource: arnOf('VerifiedUsersQueue'),
    },
    { actions: ['sqs:SendMessage'], resource: arnOf('DeadLetterQueue') },
    { actions: ['ssm:GetParameters'], resource: expect.anything() },
    { actions: ['kms:Decrypt'], resource: KEY_ARN },
    ownLogs('SyncContactLogGroup'),
  ]);
});
