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
    ServiceTimeout: 120,
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
  const [passRole] = statements(properties('AttachTriggerRole')).filter(
    ({ Action }) => Action === 'iam:PassRole',
  );
  expect(passRole?.Condition).toEqual({
    StringEquals: { 'iam:PassedToService': 'cognito-idp.amazonaws.com' },
  });
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

test('eight alarms go to the topic, each on a metric that there is', () => {
  const { resources, variables } = deployment;
  const more = (Threshold: number) => ({ ComparisonOperator: 'GreaterThanThreshold', Threshold });
  const queue = (logicalId: string) => ({
    Namespace: 'AWS/SQS',
    Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [logicalId, 'QueueName'] } }],
  });
  const errors = (logicalId: string) => ({
    Namespace: 'AWS/Lambda',
    MetricName: 'Errors',
    Dimensions: [{ Name: 'FunctionName', Value: { Ref: logicalId } }],
    Statistic: 'Sum',
    ...more(0),
  });
  /** What the function counts, under the names that it is told. */
  const counted = (logicalId: string, MetricName: string) => {
    const { POWERTOOLS_METRICS_NAMESPACE: Namespace, POWERTOOLS_SERVICE_NAME: Value } = variables(logicalId);
    return { Namespace, MetricName, Dimensions: [{ Name: 'service', Value }], Statistic: 'Sum', ...more(0) };
  };
  const expected = {
    DeadLetterAlarm: {
      ...queue('DeadLetterQueue'),
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Statistic: 'Maximum',
      ...more(0),
    },
    MessageAgeAlarm: {
      ...queue('VerifiedUsersQueue'),
      MetricName: 'ApproximateAgeOfOldestMessage',
      Statistic: 'Maximum',
      ...more(3600),
    },
    BackOffAlarm: {
      ...queue('VerifiedUsersQueue'),
      MetricName: 'ApproximateNumberOfMessagesNotVisible',
      Statistic: 'Minimum',
      ...more(0),
      Period: 300,
      EvaluationPeriods: 12,
    },
    HubSpotAuthFailureAlarm: counted('SyncContactLambdaFunction', 'HubSpotAuthFailure'),
    HubSpotRefusalAlarm: counted('SyncContactLambdaFunction', 'HubSpotRefusal'),
    SyncContactErrorsAlarm: errors('SyncContactLambdaFunction'),
    PublishFailureAlarm: counted('PublishVerificationLambdaFunction', 'PublishFailure'),
    PublishVerificationErrorsAlarm: errors('PublishVerificationLambdaFunction'),
  };

  const alarms = Object.entries(resources).filter(([, { Type }]) => Type === 'AWS::CloudWatch::Alarm');
  expect(Object.fromEntries(alarms.map(([name, { Properties }]) => [name, Properties]))).toEqual(
    Object.fromEntries(
      Object.entries(expected).map(([name, alarm]) => [
        name,
        {
          EvaluationPeriods: 1,
          Period: expect.any(Number),
          ...alarm,
          AlarmDescription: expect.any(String),
          TreatMissingData: 'notBreaching',
          AlarmActions: [TOPIC_ARN],
        },
      ]),
    ),
  );
});
