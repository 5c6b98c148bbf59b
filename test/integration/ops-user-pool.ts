import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';

export const POOL_ID = 'us-east-1_Ab12Cd34E';
export const POOL_ARN = `arn:aws:cognito-idp:us-east-1:000000000000:userpool/${POOL_ID}`;
export const FUNCTION = 'wme-hubspot-sync-prod-publishVerification';
export const OURS = `arn:aws:lambda:us-east-1:000000000000:function:${FUNCTION}`;
export const THEIRS = 'arn:aws:lambda:us-east-1:000000000000:function:theirs';

type Json = Record<string, unknown>;

/** What only DescribeUserPool tells. */
const facts = {
  Id: POOL_ID,
  Arn: POOL_ARN,
  CreationDate: 1_700_000_000.123,
  EstimatedNumberOfUsers: 12_345,
  SchemaAttributes: [{ Name: 'email', AttributeDataType: 'String' }],
  UsernameAttributes: [],
  AliasAttributes: ['email'],
  UsernameConfiguration: { CaseSensitive: false },
  Domain: 'accounts',
};

/** What UpdateUserPool sets. Below the names that the SDKs know there are some that none does. */
const settings = {
  MfaConfiguration: 'ON',
  DeletionProtection: 'ACTIVE',
  UserPoolTier: 'PLUS',
  AutoVerifiedAttributes: ['email', 'phone_number'],
  EmailConfiguration: {
    EmailSendingAccount: 'DEVELOPER',
    From: 'Accounts <accounts@example.org>',
    SourceArn: 'arn:aws:ses:us-east-1:000000000000:identity/accounts@example.org',
  },
  EmailVerificationMessage: 'Your code is {####}',
  VerificationMessageTemplate: {
    DefaultEmailOption: 'CONFIRM_WITH_CODE',
    EmailMessage: 'Your code is {####}',
  },
  UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: ['email'] },
  UserPoolTags: { team: 'accounts' },
  UserPoolAddOns: { AdvancedSecurityMode: 'AUDIT', SettingOfTomorrow: { Level: [1, 2.5] } },
  Policies: {
    PasswordPolicy: { MinimumLength: 14, RequireNumbers: true, TemporaryPasswordValidityDays: 3 },
    SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'FACTOR_OF_TOMORROW'] },
  },
  AdminCreateUserConfig: { AllowAdminCreateUserOnly: false, UnusedAccountValidityDays: 3 },
  LambdaConfig: {
    PreSignUp: THEIRS,
    CustomEmailSender: { LambdaArn: THEIRS, LambdaVersion: 'V1_0' },
    KMSKeyID: 'arn:aws:kms:us-east-1:000000000000:key/sender',
    TriggerOfTomorrow: { LambdaArn: THEIRS },
  },
};

const updatable = new Set([...Object.keys(settings), 'PoolName', 'SmsConfiguration']);

export const newPool = (): Json => structuredClone({ ...facts, Name: 'accounts', ...settings });

const mfa = {
  MfaConfiguration: 'ON',
  SoftwareTokenMfaConfiguration: { Enabled: true },
  WebAuthnConfiguration: { RelyingPartyId: 'example.org' },
};

/** A policy that lets the pool call the function, as CloudFormation writes it. */
export const permission = (sourceArn = POOL_ARN) => ({
  Effect: 'Allow',
  Principal: { Service: 'cognito-idp.amazonaws.com' },
  Action: 'lambda:InvokeFunction',
  Resource: OURS,
  Condition: {
    StringEquals: { 'AWS:SourceAccount': '000000000000' },
    ArnLike: { 'AWS:SourceArn': sourceArn },
  },
});

/** How a call ends instead of being carried out, or after it has been. */
export type Fault =
  | { status: number; code: string; message?: string }
  /** Carried out, and the connection lost before the answer. */
  | 'lost'
  /** Lost on the way there. */
  | 'unheard'
  /** No answer until the server stops. */
  | 'silence';

/** Why Cognito refuses an update, as it is known to. */
function refusal(update: Json, pool: Json): string | undefined {
  if (update.MfaConfiguration === 'ON' && pool.MfaConfiguration !== 'ON') {
    return 'Cannot turn MFA functionality ON, once the user pool has been created.';
  }
  const foreign = Object.keys(update).filter((name) => !updatable.has(name));
  if (foreign.length > 0) return `no such parameters: ${foreign}`;
  const { AdminCreateUserConfig, Policies } = update as Partial<typeof settings>;
  const both =
    AdminCreateUserConfig?.UnusedAccountValidityDays &&
    Policies?.PasswordPolicy.TemporaryPasswordValidityDays;
  return both ? 'Please use TemporaryPasswordValidityDays instead of UnusedAccountValidityDays' : undefined;
}

/** The signature once more, over what has arrived. */
async function isSigned(request: IncomingMessage, body: string): Promise<boolean> {
  const { authorization = '' } = request.headers;
  const [, region = '', service = '', names = ''] =
    /Credential=test\/\d+\/([\w-]+)\/([\w-]+)\/aws4_request, SignedHeaders=([\w;-]+),/.exec(authorization) ??
    [];
  const signed = names.split(';').map((name) => [name, String(request.headers[name])]);
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const date = String(request.headers['x-amz-date']);
  const again = await new SignatureV4({ service, region, credentials, sha256: Sha256 }).sign(
    {
      method: String(request.method),
      protocol: 'http:',
      hostname: '127.0.0.1',
      path: String(request.url),
      headers: Object.fromEntries(signed),
      ...(body !== '' && { body }),
    },
    { signingDate: new Date(date.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z')) },
  );
  return names.includes('host') && again.headers.authorization === authorization;
}

/** Cognito and Lambda, as far as `trigger` talks to them: Cognito forgets whatever an update leaves out. */
export async function startUserPool() {
  const world = {
    pool: newPool(),
    mfa: structuredClone<Json>(mfa),
    /** A function's policy; undefined where it has none. */
    statements: [permission()] as object[] | undefined,
    /** The names of all calls, in their order. */
    calls: [] as string[],
    updates: [] as Json[],
    unsigned: 0,
    /** Asked for every call, with how many of its name have come, from 1. */
    fault: (_call: string, _count: number): Fault | undefined => undefined,
    /** Done after an update, to the pool. */
    afterUpdate: (_pool: Json) => {},
  };

  function carryOut(call: string, { UserPoolId, ...body }: Json): Json | string {
    switch (call) {
      case 'DescribeUserPool':
        return { UserPool: world.pool };
      case 'GetUserPoolMfaConfig':
        return { ...world.mfa, MfaConfiguration: world.pool.MfaConfiguration };
      case 'SetUserPoolMfaConfig':
        if (body.MfaConfiguration === 'OFF' && body.SoftwareTokenMfaConfiguration !== undefined) {
          return "Invalid MFA configuration given, can't turn off MFA and configure an MFA together.";
        }
        world.mfa = body;
        world.pool.MfaConfiguration = body.MfaConfiguration ?? 'OFF';
        return world.mfa;
      default: {
        const refused = refusal(body, world.pool);
        if (refused !== undefined) return refused;
        const { PoolName: Name = 'accounts', ...update } = structuredClone(body) as Partial<typeof settings> &
          Json;
        const days = update.Policies?.PasswordPolicy.TemporaryPasswordValidityDays ?? 7;
        const admin = { ...update.AdminCreateUserConfig, UnusedAccountValidityDays: days };
        world.updates.push(body);
        const unchangeable = Object.keys(facts).map((name) => [name, world.pool[name]]);
        world.pool = {
          ...Object.fromEntries(unchangeable),
          Name,
          ...update,
          AdminCreateUserConfig: admin,
          LastModifiedDate: Date.now(),
        };
        world.afterUpdate(world.pool);
        return {};
      }
    }
  }

  function answer(response: ServerResponse, status: number, body: object): void {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    if (!(await isSigned(request, body))) world.unsigned += 1;
    const path = `/2015-03-31/functions/${encodeURIComponent(OURS)}/policy`;
    const call = request.url === path ? 'GetPolicy' : String(request.headers['x-amz-target']).split('.')[1];
    if (call === undefined) return answer(response, 404, { __type: 'UnknownOperationException' });
    world.calls.push(call);
    const fault = world.fault(call, world.calls.filter((one) => one === call).length);
    if (fault === 'silence') return;
    if (fault === 'unheard') return void request.socket.destroy();
    if (typeof fault === 'object') {
      const { status, code, message } = fault;
      return answer(response, status, { __type: `com.amazonaws.cognito#${code}`, message });
    }
    if (call === 'GetPolicy') {
      if (world.statements === undefined) {
        response.setHeader('x-amzn-errortype', 'ResourceNotFoundException:http://lambda/');
        return answer(response, 404, { Message: 'no policy' });
      }
      return answer(response, 200, {
        Policy: JSON.stringify({ Statement: world.statements }),
        RevisionId: '1',
      });
    }
    const result = carryOut(call, JSON.parse(body));
    if (fault === 'lost') return void request.socket.destroy();
    if (typeof result !== 'string') return answer(response, 200, result);
    return answer(response, 400, { __type: 'InvalidParameterException', message: result });
  }

  const server = createServer((request, response) => void handle(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    world,
    environment: { AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` },
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
