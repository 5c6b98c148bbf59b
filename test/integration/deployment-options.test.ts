import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packageStage, statements } from './packaging.ts';

// What `serverless package` makes of serverless.yml with every optional parameter given.

const POOL_ID = 'us-east-1_Ab12Cd34E';
const KEY_ARN = 'arn:aws:kms:us-east-1:000000000000:key/token';
const TOPIC_ARN = 'arn:aws:sns:us-east-1:000000000000:alarms';
const SMS_ROLE_ARN = 'arn:aws:iam::000000000000:role/text-messages';

let folder: string;
let deployment: Awaited<ReturnType<typeof packageStage>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deployment-options-'));
  deployment = await packageStage(folder, 'prod', [
    `userPoolId=${POOL_ID}`,
    `userPoolSmsRoleArn=${SMS_ROLE_ARN}`,
    `tokenKeyArn=${KEY_ARN}`,
    `alarmTopicArn=${TOPIC_ARN}`,
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

const pool = { 'Fn::Sub': expect.stringMatching(new RegExp(`:userpool/${POOL_ID}$`)) };

test('the pool, and no other, may call the function, before it is told to', () => {
  const { properties, ofType, resources } = deployment;
  expect(ofType('AWS::Lambda::Permission')).toEqual([
    {
      FunctionName: arnOf('PublishVerificationLambdaFunction'),
      Action: 'lambda:InvokeFunction',
      Principal: 'cognito-idp.amazonaws.com',
      SourceAccount: { Ref: 'AWS::AccountId' },
      SourceArn: pool,
    },
  ]);
  expect(resources.UserPoolTrigger?.DependsOn).toContain('UserPoolPermission');
  expect(properties('UserPoolTrigger')).toMatchObject({
    ServiceToken: arnOf('AttachTriggerLambdaFunction'),
    UserPoolId: POOL_ID,
    FunctionArn: arnOf('PublishVerificationLambdaFunction'),
  });
  expect(Number(properties('PublishVerificationLambdaFunction')?.Timeout)).toBeLessThanOrEqual(5);
});

test('each role has what its function calls', () => {
  const { properties } = deployment;
  expect(actions(properties('PublishVerificationRole')?.Policies)).toEqual([
    { actions: ['sqs:SendMessage'], resource: arnOf('VerifiedUsersQueue') },
    ownLogs('PublishVerificationLogGroup'),
  ]);
  expect(actions(properties('AttachTriggerRole')?.Policies)).toEqual([
    { actions: ['cognito-idp:DescribeUserPool', 'cognito-idp:UpdateUserPool'], resource: pool },
    { actions: ['iam:PassRole'], resource: SMS_ROLE_ARN },
    ownLogs('AttachTriggerLogGroup'),
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
    { actions: ['ssm:GetParameter'], resource: expect.anything() },
    { actions: ['kms:Decrypt'], resource: KEY_ARN },
    ownLogs('SyncContactLogGroup'),
  ]);
});

test('six alarms go to the topic', () => {
  const alarms = deployment.ofType('AWS::CloudWatch::Alarm');
  expect(alarms.map(({ MetricName }) => MetricName)).toEqual([
    'ApproximateNumberOfMessagesVisible',
    'ApproximateAgeOfOldestMessage',
    'HubSpotAuthFailure',
    'Errors',
    'PublishFailure',
    'Errors',
  ]);
  for (const alarm of alarms) expect(alarm.AlarmActions).toEqual([TOPIC_ARN]);
});
