import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packageStage, statements } from './packaging.ts';

// What `serverless package` makes of serverless.yml with every optional parameter given.

const POOL_ID = 'us-east-1_Ab12Cd34E';
const KEY_ARN = 'arn:aws:kms:us-east-1:000000000000:key/token';
const TOPIC_ARN = 'arn:aws:sns:us-east-1:000000000000:alarms';

let folder: string;
let deployment: Awaited<ReturnType<typeof packageStage>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deployment-options-'));
  deployment = await packageStage(folder, 'prod', [
    `userPoolId=${POOL_ID}`,
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

test('fifteen alarms go to the topic, each on a metric that there is', () => {
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
    NewDeadLetterAlarm: {
      ...queue('DeadLetterQueue'),
      MetricName: 'NumberOfMessagesSent',
      Statistic: 'Sum',
      ...more(0),
    },
    DeadLetterAgeAlarm: {
      ...queue('DeadLetterQueue'),
      MetricName: 'ApproximateAgeOfOldestMessage',
      Statistic: 'Maximum',
      ...more(10 * 24 * 60 * 60),
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
    PublishVerificationThrottlesAlarm: {
      ...errors('PublishVerificationLambdaFunction'),
      MetricName: 'Throttles',
    },
    MissingInHubSpotAlarm: {
      ...counted('ReconcileLambdaFunction', 'MissingInHubSpot'),
      Statistic: 'Maximum',
      ...more(200),
    },
    TriggerDetachedAlarm: counted('ReconcileLambdaFunction', 'TriggerDetached'),
    // Silence is the bad news: 26 hours of it.
    ReconcileMissedAlarm: {
      ...counted('ReconcileLambdaFunction', 'ReconcileRun'),
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      Period: 3600,
      EvaluationPeriods: 26,
      TreatMissingData: 'breaching',
    },
    ReconcileErrorsAlarm: errors('ReconcileLambdaFunction'),
  };

  const alarms = Object.entries(resources).filter(([, { Type }]) => Type === 'AWS::CloudWatch::Alarm');
  expect(Object.fromEntries(alarms.map(([name, { Properties }]) => [name, Properties]))).toEqual(
    Object.fromEntries(
      Object.entries(expected).map(([name, alarm]) => [
        name,
        {
          EvaluationPeriods: 1,
          Period: expect.any(Number),
          TreatMissingData: 'notBreaching',
          ...alarm,
          AlarmDescription: expect.any(String),
          AlarmActions: [TOPIC_ARN],
        },
      ]),
    ),
  );
});
