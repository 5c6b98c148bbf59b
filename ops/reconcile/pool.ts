import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { openUserPool, PoolError, type UserPool } from '../../lib/reconcile/user-pool.ts';
import type { Stage } from '../aws/stage.ts';
import { EXIT, OperatorError } from '../exit.ts';
import { checkPoolId, regionOf } from '../user-pool/cognito.ts';

/** A pool, ready to be read. */
export interface OpenPool extends UserPool {
  id: string;
  close(): void;
}

/** @throws OperatorError when nobody says which, or there are no credentials. */
export async function openPool(
  given: string | undefined,
  { name, aws, userPoolId }: Stage,
): Promise<OpenPool> {
  const id = given ?? userPoolId;
  if (id === undefined) {
    throw new OperatorError(
      name === 'local'
        ? 'The stage local has no user pool. --user-pool-id names one, of an endpoint of your own.'
        : 'Which user pool? The stage names none (userPoolId in serverless.yml): --user-pool-id does.',
    );
  }
  const cognito = new CognitoIdentityProviderClient({
    region: regionOf(checkPoolId(id)),
    maxAttempts: 8,
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
    ...(aws.credentials !== undefined && { credentials: aws.credentials }),
  });
  try {
    await cognito.config.credentials();
  } catch {
    throw new OperatorError(
      'No AWS credentials were found, or they have expired. Sign in as for the AWS CLI; AWS_PROFILE chooses a profile.',
    );
  }
  return { id, ...openUserPool(cognito, id), close: () => cognito.destroy() };
}

const ADVICE: readonly (readonly [RegExp, string])[] = [
  [/^(AccessDenied|NotAuthorized)/, 'these credentials need cognito-idp:ListUsers on the pool'],
  [/^ResourceNotFound/, 'there is no such pool in this account: check its ID and AWS_PROFILE'],
  [/Token|Credential|Signature|UnrecognizedClient/, 'AWS does not accept these credentials: sign in again'],
  [/TooManyRequests|Throttl|LimitExceeded/, 'Cognito throttles: try again in a minute'],
];

/** What Cognito's failure means for an operator; anything else as it is. */
export function poolProblem(error: unknown): unknown {
  if (!(error instanceof PoolError)) return error;
  const [, advice = 'check the network and the AWS_ENDPOINT_URL variables'] =
    ADVICE.find(([pattern]) => pattern.test(error.code)) ?? [];
  return new OperatorError(`The user pool could not be listed: ${advice} (${error.code}).`, EXIT.notDone);
}
