import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';

// The custom resource against a Cognito that forgets whatever an update leaves out, as the real one does.

const POOL_ID = 'us-east-1_Ab12Cd34E';
const OURS = 'arn:aws:lambda:us-east-1:000000000000:function:publishVerification';
const THEIRS = 'arn:aws:lambda:us-east-1:000000000000:function:theirs';
const PRE_SIGN_UP = 'arn:aws:lambda:us-east-1:000000000000:function:preSignUp';

/** What only DescribeUserPool tells. */
const facts = {
  Id: POOL_ID,
  Name: 'accounts',
  Arn: `arn:aws:cognito-idp:us-east-1:000000000000:userpool/${POOL_ID}`,
  CreationDate: 1700000000,
  SchemaAttributes: [{ Name: 'email', AttributeDataType: 'String' }],
  UsernameConfiguration: { CaseSensitive: false },
  Domain: 'accounts',
};
const settings = {
  MfaConfiguration: 'OPTIONAL',
  DeletionProtection: 'ACTIVE',
  UserPoolTier: 'ESSENTIALS',
  AutoVerifiedAttributes: ['email'],
  EmailConfiguration: { EmailSendingAccount: 'DEVELOPER', From: 'accounts@example.org' },
  UserPoolTags: { team: 'accounts' },
  Policies: { PasswordPolicy: { MinimumLength: 14, RequireNumbers: true } },
  AdminCreateUserConfig: { AllowAdminCreateUserOnly: false },
};
/** Cognito tells one setting by two names. */
const told = {
  ...settings,
  Policies: { PasswordPolicy: { ...settings.Policies.PasswordPolicy, TemporaryPasswordValidityDays: 3 } },
  AdminCreateUserConfig: { ...settings.AdminCreateUserConfig, UnusedAccountValidityDays: 3 },
};

let server: Server;
let endpoint: string;
let pool: Record<string, unknown> | undefined;
let updates: Record<string, unknown>[];
let answers: { contentType: string | undefined; body: Record<string, unknown> }[];
/** What an update leaves behind that is not as it was sent. */
let forgotten: Record<string, unknown>;
let handler: (event: unknown) => Promise<void>;

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const body = JSON.parse(Buffer.concat(await request.toArray()).toString());
    if (request.method === 'PUT') {
      answers.push({ contentType: request.headers['content-type'], body });
      response.end();
      return;
    }
    response.setHeader('Content-Type', 'application/x-amz-json-1.1');
    if (!pool || body.UserPoolId !== pool.Id) {
      response.writeHead(400);
      response.end(JSON.stringify({ __type: 'ResourceNotFoundException', message: 'no such pool' }));
    } else if (String(request.headers['x-amz-target']).endsWith('.DescribeUserPool')) {
      response.end(JSON.stringify({ UserPool: pool }));
    } else {
      const { UserPoolId: _, ...update } = body;
      updates.push(update);
      const days = update.Policies?.PasswordPolicy?.TemporaryPasswordValidityDays ?? 7;
      pool = {
        ...facts,
        ...update,
        AdminCreateUserConfig: { ...update.AdminCreateUserConfig, UnusedAccountValidityDays: days },
        LastModifiedDate: 1800000000,
        ...forgotten,
      };
      response.end('{}');
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  endpoint = `http://127.0.0.1:${port}`;

  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  vi.stubEnv('AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER', endpoint);
  ({ handler } = await import(pathToFileURL('infrastructure/attach-trigger.mjs').href));
});

afterAll(() => {
  vi.unstubAllEnvs();
  server.close();
});

beforeEach(() => {
  pool = { ...facts, ...told, LastModifiedDate: 1750000000, LambdaConfig: { PreSignUp: PRE_SIGN_UP } };
  updates = [];
  answers = [];
  forgotten = {};
});

const resourceId = `${POOL_ID}/${OURS}`;

/** An update of a pool that the stack has attached to, unless `changed` says otherwise. */
async function request(RequestType: 'Create' | 'Update' | 'Delete', changed: object = {}) {
  await handler({
    RequestType,
    ...(RequestType !== 'Create' && { PhysicalResourceId: resourceId }),
    ResponseURL: `${endpoint}/answer`,
    StackId: 'stack',
    RequestId: 'request',
    LogicalResourceId: 'UserPoolTrigger',
    ResourceProperties: { UserPoolId: POOL_ID, FunctionArn: OURS },
    ...changed,
  });
  expect(answers).toHaveLength(1);
  return answers[0];
}

test('attaches the function, and changes nothing else', async () => {
  expect(await request('Create')).toEqual({
    contentType: undefined,
    body: {
      Status: 'SUCCESS',
      PhysicalResourceId: resourceId,
      StackId: 'stack',
      RequestId: 'request',
      LogicalResourceId: 'UserPoolTrigger',
    },
  });
  expect(updates).toEqual([
    {
      ...told,
      AdminCreateUserConfig: settings.AdminCreateUserConfig,
      LambdaConfig: { PreSignUp: PRE_SIGN_UP, PostConfirmation: OURS },
    },
  ]);
});

test('keeps the validity of temporary passwords of a pool that tells it by its old name only', async () => {
  pool = { ...pool, Policies: settings.Policies };
  expect(await request('Create')).toMatchObject({ body: { Status: 'SUCCESS' } });
  expect(updates).toMatchObject([{ Policies: told.Policies }]);
});

test.each(['Create', 'Update'] as const)(
  '%s leaves a pool alone that has the trigger already',
  async (type) => {
    pool = { ...pool, LambdaConfig: { PostConfirmation: OURS } };
    expect(await request(type)).toMatchObject({ body: { Status: 'SUCCESS' } });
    expect(updates).toEqual([]);
  },
);

test("never replaces somebody else's trigger, and does not take it away either", async () => {
  pool = { ...pool, LambdaConfig: { PostConfirmation: THEIRS } };
  expect(await request('Create')).toMatchObject({
    body: { Status: 'FAILED', Reason: expect.stringContaining(THEIRS) },
  });
  answers = [];
  expect(await request('Delete')).toMatchObject({ body: { Status: 'SUCCESS' } });
  expect(updates).toEqual([]);
});

test('detaches the function, and changes nothing else', async () => {
  pool = { ...pool, LambdaConfig: { PreSignUp: PRE_SIGN_UP, PostConfirmation: OURS } };
  expect(await request('Delete')).toMatchObject({ body: { Status: 'SUCCESS' } });
  expect(updates).toMatchObject([{ MfaConfiguration: 'OPTIONAL', UserPoolTags: settings.UserPoolTags }]);
  expect(pool?.LambdaConfig).toEqual({ PreSignUp: PRE_SIGN_UP });
});

test('a pool that is gone has no trigger to detach, but cannot be attached to', async () => {
  pool = undefined;
  expect(await request('Delete')).toMatchObject({ body: { Status: 'SUCCESS' } });
  answers = [];
  expect(await request('Create')).toMatchObject({
    body: { Status: 'FAILED', Reason: 'ResourceNotFoundException: no such pool' },
  });
});

test.each([
  ['another setting', 'MfaConfiguration', { MfaConfiguration: 'OFF' }],
  ['another trigger', 'LambdaConfig', { LambdaConfig: { PostConfirmation: OURS } }],
  ['its own trigger', 'LambdaConfig', { LambdaConfig: { PreSignUp: PRE_SIGN_UP } }],
  ['every trigger', 'LambdaConfig', { LambdaConfig: undefined }],
])('fails the deployment when %s did not survive the update', async (_, name, left) => {
  forgotten = left;
  expect(await request('Create')).toMatchObject({
    body: { Status: 'FAILED', Reason: expect.stringContaining(name) },
  });
});

test('refuses to move to another pool, and lets CloudFormation roll back from there', async () => {
  pool = { ...pool, LambdaConfig: { PostConfirmation: OURS } };
  const here = { UserPoolId: POOL_ID, FunctionArn: OURS };
  const elsewhere = { UserPoolId: 'us-east-1_Other', FunctionArn: OURS };
  expect(
    await request('Update', { ResourceProperties: elsewhere, OldResourceProperties: here }),
  ).toMatchObject({
    body: {
      Status: 'FAILED',
      Reason: expect.stringMatching(/without userPoolId first/),
      // The same resource still: another one would have CloudFormation delete this, with a role for the other pool.
      PhysicalResourceId: resourceId,
    },
  });
  answers = [];
  expect(
    await request('Update', { ResourceProperties: here, OldResourceProperties: elsewhere }),
  ).toMatchObject({
    body: { Status: 'SUCCESS', PhysicalResourceId: resourceId },
  });
  expect(updates).toEqual([]);
});
