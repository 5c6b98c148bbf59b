import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { startDeployAws } from './deploy-aws.ts';
import { onDay } from './ops-aws.ts';
import { packageStage, statements, tryServerless } from './packaging.ts';

// infrastructure/gitlab-roles.yml against what is really deployed, and what osls really calls.

vi.setConfig({ testTimeout: 120_000 });

const ACCOUNT = '000000000000';
const stackArn = `arn:aws:cloudformation:us-east-1:${ACCOUNT}:stack/wme-hubspot-sync-prod/1`;
const bucketArn = 'arn:aws:s3:::wme-hubspot-sync-prod-serverlessdeploymentbucket-1abc';
const named = (service: string, kind: string) => (logicalId: string) =>
  `arn:aws:${service}:us-east-1:${ACCOUNT}:${kind}wme-hubspot-sync-prod-${logicalId}-1ABC`;
const each = (service: string, names: string) => names.split(' ').map((name) => `${service}:${name}`);

/** What CloudFormation calls to make and to change a resource, by its type, and the ARN of one. */
const MAKING: Record<string, { actions: string[]; arn: (logicalId: string) => string }> = {
  'AWS::S3::Bucket': {
    actions: each(
      's3',
      'CreateBucket PutEncryptionConfiguration PutBucketTagging PutBucketPublicAccessBlock',
    ),
    arn: () => bucketArn,
  },
  'AWS::S3::BucketPolicy': { actions: each('s3', 'GetBucketPolicy PutBucketPolicy'), arn: () => bucketArn },
  'AWS::Logs::LogGroup': {
    actions: each('logs', 'CreateLogGroup PutRetentionPolicy TagResource DeleteLogGroup'),
    arn: (id) => `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:/aws/lambda/wme-hubspot-sync-prod-${id}`,
  },
  'AWS::Lambda::Function': {
    actions: each(
      'lambda',
      'CreateFunction GetFunction UpdateFunctionCode UpdateFunctionConfiguration TagResource DeleteFunction',
    ),
    arn: (id) => `arn:aws:lambda:us-east-1:${ACCOUNT}:function:wme-hubspot-sync-prod-${id}`,
  },
  'AWS::Lambda::Permission': {
    actions: each('lambda', 'AddPermission RemovePermission GetPolicy'),
    arn: (id) => `arn:aws:lambda:us-east-1:${ACCOUNT}:function:wme-hubspot-sync-prod-${id}`,
  },
  'AWS::Lambda::EventSourceMapping': {
    actions: each(
      'lambda',
      'CreateEventSourceMapping UpdateEventSourceMapping GetEventSourceMapping DeleteEventSourceMapping',
    ),
    arn: () => `arn:aws:lambda:us-east-1:${ACCOUNT}:event-source-mapping:1`,
  },
  'AWS::SQS::Queue': {
    actions: each('sqs', 'CreateQueue GetQueueAttributes SetQueueAttributes TagQueue'),
    arn: (id) =>
      `arn:aws:sqs:us-east-1:${ACCOUNT}:verified-users${id === 'DeadLetterQueue' ? '-dlq' : ''}.fifo`,
  },
  'AWS::SQS::QueuePolicy': {
    actions: ['sqs:SetQueueAttributes'],
    arn: () => `arn:aws:sqs:us-east-1:${ACCOUNT}:verified-users.fifo`,
  },
  'AWS::IAM::Role': {
    actions: each('iam', 'CreateRole GetRole PutRolePolicy DeleteRolePolicy TagRole DeleteRole PassRole'),
    arn: (id) => `arn:aws:iam::${ACCOUNT}:role/wme-hubspot-sync-prod-${id}-1ABC`,
  },
  'AWS::Events::Rule': {
    actions: each('events', 'PutRule DescribeRule PutTargets RemoveTargets DeleteRule TagResource'),
    arn: named('events', 'rule/'),
  },
  'AWS::CloudWatch::Alarm': {
    actions: each('cloudwatch', 'PutMetricAlarm DescribeAlarms DeleteAlarms TagResource'),
    arn: named('cloudwatch', 'alarm:'),
  },
  'AWS::CloudWatch::Dashboard': {
    actions: each('cloudwatch', 'PutDashboard GetDashboard DeleteDashboards'),
    arn: () => `arn:aws:cloudwatch::${ACCOUNT}:dashboard/wme-hubspot-sync-prod`,
  },
};

const policySchema = z.object({
  Resources: z.record(
    z.string(),
    z.object({ Properties: z.looseObject({ AssumeRolePolicyDocument: z.string() }) }),
  ),
});
const patternsSchema = z.preprocess((value) => [value].flat(), z.array(z.string()));
const statementSchema = z.object({
  Sid: z.optional(z.string()),
  Action: patternsSchema,
  Resource: patternsSchema,
  Condition: z.optional(z.unknown()),
});

let folder: string;
let text: string;
let packaged: Awaited<ReturnType<typeof packageStage>>;

/** The template with its parameters written in, as for prod. */
function policies(role: string) {
  const values: Record<string, string> = {
    'AWS::Partition': 'aws',
    'AWS::Region': 'us-east-1',
    'AWS::AccountId': ACCOUNT,
    Stage: 'prod',
    GitLabHost: 'gitlab.com',
    GitLabProject: 'wme/dashboard',
    Branch: 'main',
  };
  const fill = (template: string) =>
    template.replaceAll(/\$\{([\w:]+)\}/g, (whole, name: string) => values[name] ?? whole);
  const template = parse(text, {
    customTags: [
      { tag: '!Sub', resolve: (value: string) => fill(value) },
      { tag: '!Ref', resolve: (value: string) => values[value] ?? value },
      { tag: '!GetAtt', resolve: (value: string) => value },
      { tag: '!Equals', collection: 'seq' as const, resolve: () => true },
      { tag: '!Not', collection: 'seq' as const, resolve: () => false },
      {
        tag: '!If',
        collection: 'seq' as const,
        // The only two conditions: it is prod, and there is no key.
        resolve: (node: { toJSON(): unknown }) => {
          const [condition, then] = z.tuple([z.string(), z.unknown(), z.unknown()]).parse(node.toJSON());
          return condition === 'IsProd' ? then : false;
        },
      },
    ],
  });
  const { Properties } = policySchema.parse(template).Resources[role] ?? { Properties: undefined };
  return {
    trust: JSON.parse(Properties?.AssumeRolePolicyDocument ?? ''),
    allowed: statements(Properties?.Policies).map((statement) => statementSchema.parse(statement)),
    size: JSON.stringify(Properties?.Policies).length,
  };
}

const matches = (pattern: string, value: string) =>
  new RegExp(`^${pattern.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`).test(value);
const may = (action: string, arn: string) =>
  policies('DeployRole').allowed.some(
    ({ Action, Resource }) => Action.includes(action) && Resource.some((pattern) => matches(pattern, arn)),
  );

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitlab-roles-'));
  text = await readFile('infrastructure/gitlab-roles.yml', 'utf8');
  packaged = await packageStage(folder, 'prod', [
    'userPoolId=us-east-1_Ab12Cd34E',
    `alarmTopicArn=arn:aws:sns:us-east-1:${ACCOUNT}:alarms`,
  ]);
  await cp(join(folder, '.serverless'), join(folder, 'packaged'), { recursive: true });
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
}, 120_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

test('the role may make and change everything that the stack holds', () => {
  const refused = Object.entries(packaged.resources).flatMap(([logicalId, { Type }]) => {
    const making = MAKING[Type];
    if (making === undefined) return [`${Type} is not known here`];
    return making.actions
      .filter((action) => !may(action, making.arn(logicalId)))
      .map((action) => `${action} ${logicalId}`);
  });
  expect(refused).toEqual([]);
});

/** The operations of the stand-in for AWS as rights, and on what. */
const RIGHTS: Record<string, [action: string, arn: string]> = {
  'S3 PUT': ['s3:PutObject', `${bucketArn}/key`],
  'S3 GET': ['s3:ListBucket', bucketArn],
  'S3 HEAD': ['s3:ListBucket', bucketArn],
  'S3 POST': ['s3:DeleteObject', `${bucketArn}/key`],
  DescribeAlarms: ['cloudwatch:DescribeAlarms', named('cloudwatch', 'alarm:')('PublishFailureAlarm')],
};

test('a deployment takes the role by the token of GitLab alone, and the role may do all that it calls', async () => {
  const aws = await startDeployAws();
  aws.world.alarms = { PublishFailureAlarm: 'OK' };
  aws.world.watch = true;
  const { AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, ...withoutKeys } = aws.environment;
  const tokenFile = join(folder, 'id-token');
  await writeFile(tokenFile, 'of-gitlab');
  const { code } = await tryServerless(folder, ['deploy', '--stage', 'prod', '--package', 'packaged'], {
    ...withoutKeys,
    NODE_OPTIONS: onDay('2026-11-30T12:00:00Z').join(' '),
    AWS_ROLE_ARN: `arn:aws:iam::${ACCOUNT}:role/wme-hubspot-sync-gitlab-deploy-prod`,
    AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile,
  });
  aws.stop();
  expect(code).toBe(0);
  const { calls, invocations } = aws.world;
  expect(calls[0]).toBe('AssumeRoleWithWebIdentity');
  expect(calls).toContain('ExecuteChangeSet');
  // Neither takes a right: the first is for the trust policy to allow.
  const called = new Set(
    calls.filter((call) => !/^(AssumeRoleWithWebIdentity|GetCallerIdentity)$/.test(call)),
  );
  expect(
    [...called].filter((call) => !may(...(RIGHTS[call] ?? [`cloudformation:${call}`, stackArn]))),
  ).toEqual([]);
  for (const { name } of invocations) {
    expect(may('lambda:InvokeFunction', `arn:aws:lambda:us-east-1:${ACCOUNT}:function:${name}`)).toBe(true);
  }
});

test('it can delete no queue, reach no other stage and not itself, and read no token', () => {
  const { allowed } = policies('DeployRole');
  const actions = allowed.flatMap(({ Action }) => Action);
  expect(
    actions.filter((action) => /DeleteQueue|PurgeQueue|ReceiveMessage|^ssm:|^kms:|\*/.test(action)),
  ).toEqual([]);
  expect(
    may('lambda:UpdateFunctionCode', `arn:aws:lambda:us-east-1:${ACCOUNT}:function:wme-hubspot-sync-dev-x`),
  ).toBe(false);
  expect(may('sqs:SetQueueAttributes', `arn:aws:sqs:us-east-1:${ACCOUNT}:verified-users-dev.fifo`)).toBe(
    false,
  );
  expect(may('iam:PutRolePolicy', `arn:aws:iam::${ACCOUNT}:role/wme-hubspot-sync-gitlab-deploy-prod`)).toBe(
    false,
  );
  // Where AWS knows no narrower resource, or one only by a condition.
  const everywhere = allowed.filter(({ Resource }) => Resource.includes('*'));
  expect(everywhere.map(({ Sid, Condition }) => [Sid, Condition !== undefined])).toEqual([
    ['Template', false],
    ['QueueToFunction', true],
  ]);
});

test("the token's role writes that one parameter, and nothing else", () => {
  expect(policies('TokenRole').allowed).toEqual([
    {
      Action: ['ssm:PutParameter'],
      Resource: [`arn:aws:ssm:us-east-1:${ACCOUNT}:parameter/wme-hubspot-sync/prod/hubspot-access-token`],
    },
  ]);
});

test.each(['DeployRole', 'TokenRole'])(
  '%s is for jobs of one branch of one project, and fits into a role',
  (role) => {
    const { trust, size } = policies(role);
    expect(trust.Statement).toEqual([
      {
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/gitlab.com` },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: {
            'gitlab.com:aud': 'https://gitlab.com',
            'gitlab.com:sub': 'project_path:wme/dashboard:ref_type:branch:ref:main',
          },
        },
      },
    ]);
    expect(size).toBeLessThan(10_240); // of a role's inline policies together
  },
);
