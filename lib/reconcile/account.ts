import type { UserType } from '@aws-sdk/client-cognito-identity-provider';
import { checkVerification } from '../verification.ts';

/** A user as `ListUsers` tells of them. */
export type PoolUser = Pick<
  UserType,
  'Username' | 'Attributes' | 'Enabled' | 'UserStatus' | 'UserCreateDate' | 'UserLastModifiedDate'
>;

/** A confirmed account with a verified address: somebody who belongs into HubSpot. */
export interface Account {
  /** What the pool calls it, as it may stand in a log line. */
  sub: string | undefined;
  /** As its sign-up would have sent it, but for the time: the pool does not keep when the address was verified. */
  verification: { email: string; username: string; verifiedAt: string };
}

/**
 * A user whose code was right. Cognito says of `RESET_REQUIRED` that the user is confirmed; those who were made by an
 * administrator (`FORCE_CHANGE_PASSWORD`) or come from elsewhere (`EXTERNAL_PROVIDER`) have confirmed nothing.
 */
const CONFIRMED: ReadonlySet<string | undefined> = new Set(['CONFIRMED', 'RESET_REQUIRED']);

const SUB = /^[\w-]{1,128}$/;

/**
 * Whom the pool tells of, if they belong into HubSpot and were made or changed since then: a confirmation is a change, and
 * may come weeks after the account was made.
 *
 * `unusable` are those whose address or name no message can carry. A disabled account was shut out by somebody, and is
 * left alone.
 */
export function accountOf(
  { Username = '', Attributes = [], Enabled, UserStatus, UserCreateDate, UserLastModifiedDate }: PoolUser,
  since: Date,
): Account | 'unusable' | undefined {
  if (!CONFIRMED.has(UserStatus) || Enabled === false || UserCreateDate === undefined) return undefined;
  if (UserCreateDate < since && !(UserLastModifiedDate !== undefined && UserLastModifiedDate >= since)) {
    return undefined;
  }
  const attributes = new Map(Attributes.map(({ Name, Value }) => [Name, Value]));
  if (attributes.get('email_verified') !== 'true') return undefined;
  const verification = {
    email: attributes.get('email') ?? '',
    // `||`: an attribute that was cleared is an empty string.
    username: attributes.get('custom:username') || Username,
    verifiedAt: UserCreateDate.toISOString(),
  };
  if ('problems' in checkVerification(verification)) return 'unusable';
  const sub = attributes.get('sub');
  return { sub: sub !== undefined && SUB.test(sub) ? sub : undefined, verification };
}
