import * as z from 'zod/mini';
import { AwsFailure, send, sendRead } from '../aws/aws-call.ts';
import { EXIT, OperatorError } from '../exit.ts';

/** A part of what Cognito says, as it came: what this project has never heard of is in it too. */
export type Settings = Record<string, unknown>;

export const settings = z.record(z.string(), z.unknown());

/** Everything that Cognito tells about a pool's settings. */
export interface PoolState {
  /** DescribeUserPool's `UserPool`. */
  userPool: Settings;
  /** GetUserPoolMfaConfig's answer: the second factors, which DescribeUserPool does not tell. */
  mfa: Settings;
}

const poolId = z.string().check(z.regex(/^([a-z]+(?:-[a-z]+)+-\d+)_[0-9a-zA-Z]+$/));

/** @throws OperatorError when it is no pool's ID. */
export function checkPoolId(id: string): string {
  if (poolId.safeParse(id).success) return id;
  throw new OperatorError('--user-pool-id is not the ID of a user pool. It looks like us-east-1_Ab12Cd34E.');
}

/** The region that a pool is in: its ID begins with it. */
export const regionOf = (userPoolId: string): string => userPoolId.replace(/_.*$/, '');

const request = (operation: string, userPoolId: string, rest: Settings = {}) =>
  ({
    service: 'cognito-idp',
    region: regionOf(userPoolId),
    method: 'POST',
    path: '/',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
    },
    body: JSON.stringify({ UserPoolId: userPoolId, ...rest }),
  }) as const;

/** Says for an operator why Cognito did not do something. */
export function explain(failure: AwsFailure, what: string): OperatorError {
  const { kind, code, message } = failure;
  const why = {
    refused: `Cognito refused to ${what}`,
    throttled: `Cognito throttles, and did not ${what}: try again in a minute`,
    unanswered: `Cognito did not answer when asked to ${what}: check the network, the pool's region and the AWS_ENDPOINT_URL variables`,
  }[kind];
  return new OperatorError(`${why} (${[code, message].filter(Boolean).join(': ')}).`, EXIT.notDone);
}

async function read(operation: string, userPoolId: string): Promise<unknown> {
  try {
    return await sendRead(request(operation, userPoolId));
  } catch (error) {
    if (error instanceof AwsFailure) throw explain(error, `read the pool (${operation})`);
    throw error;
  }
}

const description = z.object({ UserPool: settings });

/** DescribeUserPool's `UserPool`, and no more. @throws AwsFailure */
export const describePool = async (userPoolId: string): Promise<Settings> =>
  description.parse(await sendRead(request('DescribeUserPool', userPoolId))).UserPool;

/** Reads a pool, again and again where AWS throttles or does not answer. */
export async function readPool(userPoolId: string): Promise<PoolState> {
  const [described, mfa] = await Promise.all([
    read('DescribeUserPool', userPoolId),
    read('GetUserPoolMfaConfig', userPoolId),
  ]);
  return { userPool: description.parse(described).UserPool, mfa: settings.parse(mfa) };
}

/**
 * Sets every setting of a pool. What the request leaves out goes back to its default.
 *
 * @throws AwsFailure
 */
export const updatePool = (userPoolId: string, update: Settings): Promise<unknown> =>
  send(request('UpdateUserPool', userPoolId, update));

/**
 * Sets a pool's second factors. What the request leaves out is switched off.
 *
 * @throws AwsFailure
 */
export const setMfa = (userPoolId: string, mfa: Settings): Promise<unknown> =>
  send(request('SetUserPoolMfaConfig', userPoolId, mfa));
