import {
  type CognitoIdentityProviderClient,
  DescribeUserPoolCommand,
  ListUsersCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import type { PoolUser } from './account.ts';

/** The most that `ListUsers` gives at once. It may give fewer, even none, before the end (aws-sdk-js-v3 issue 7071). */
const USERS_PER_PAGE = 60;

/** Some users of a pool, and how the next ones are asked for; undefined at the end. */
export interface UserPage {
  users: readonly PoolUser[];
  next: string | undefined;
}

/** A user pool, as far as it is read: nothing here changes one. */
export interface UserPool {
  /** @param token of the page before; undefined for the first. @throws PoolError */
  page(token: string | undefined): Promise<UserPage>;
  /** Which function it calls after a confirmation, and how many users it has, by Cognito's estimate. @throws PoolError */
  describe(): Promise<{ postConfirmation: string | undefined; estimatedUsers: number }>;
}

/** Cognito has not answered, or has refused. Its own message is not kept. */
export class PoolError extends Error {
  override readonly name = 'PoolError';
  /** Cognito's code, or the network's. */
  readonly code: string;

  constructor(operation: string, code: string) {
    super(`The user pool could not be read (${operation}: ${code}).`);
    this.code = code;
  }

  /** Cognito does not know the place in the list any more: tokens do not last for ever. */
  get isLostPlace(): boolean {
    return this.code === 'InvalidParameterException';
  }
}

function codeOf(error: unknown): string {
  const { name, code } = error instanceof Error ? { code: undefined, ...error, name: error.name } : {};
  const clue = name === 'Error' && typeof code === 'string' ? code : name;
  return clue !== undefined && /^\w{1,64}$/.test(clue) ? clue : 'unknown error';
}

/** Reads a pool through Cognito's client. */
export function openUserPool(
  cognito: Pick<CognitoIdentityProviderClient, 'send'>,
  userPoolId: string,
): UserPool {
  return {
    async page(token) {
      try {
        // No AttributesToGet: Cognito refuses the call where somebody lacks a custom attribute that is asked for, and
        // not everybody has `custom:username` (API reference, ListUsers). No Filter: none knows dates.
        const { Users = [], PaginationToken } = await cognito.send(
          new ListUsersCommand({
            UserPoolId: userPoolId,
            Limit: USERS_PER_PAGE,
            ...(token !== undefined && { PaginationToken: token }),
          }),
        );
        return { users: Users, next: PaginationToken };
      } catch (error) {
        throw new PoolError('ListUsers', codeOf(error));
      }
    },

    async describe() {
      try {
        const { UserPool: pool = {} } = await cognito.send(
          new DescribeUserPoolCommand({ UserPoolId: userPoolId }),
        );
        return {
          postConfirmation: pool.LambdaConfig?.PostConfirmation,
          estimatedUsers: pool.EstimatedNumberOfUsers ?? 0,
        };
      } catch (error) {
        throw new PoolError('DescribeUserPool', codeOf(error));
      }
    },
  };
}
