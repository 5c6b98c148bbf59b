import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod/mini';
import { EXIT, OperatorError } from '../exit.ts';
import { type PoolState, type Settings, settings } from './cognito.ts';

/** What both DescribeUserPool tells and UpdateUserPool takes (Amazon Cognito user pools API reference, both calls). */
const UPDATABLE: ReadonlySet<string> = new Set([
  'AccountRecoverySetting',
  'AcrConfiguration',
  'AdminCreateUserConfig',
  'AutoVerifiedAttributes',
  'DcrConfiguration',
  'DeletionProtection',
  'DeviceConfiguration',
  'EmailConfiguration',
  'EmailVerificationMessage',
  'EmailVerificationSubject',
  'IssuerConfiguration',
  'KeyConfiguration',
  'LambdaConfig',
  'MfaConfiguration',
  'Policies',
  'SmsAuthenticationMessage',
  'SmsConfiguration',
  'SmsVerificationMessage',
  'UserAttributeUpdateSettings',
  'UserPoolAddOns',
  'UserPoolTags',
  'UserPoolTier',
  'VerificationMessageTemplate',
]);

/** What DescribeUserPool tells and no update can change: it was settled when the pool was made, or is no setting. */
const READ_ONLY: ReadonlySet<string> = new Set([
  'AliasAttributes',
  'Arn',
  'CreationDate',
  'CustomDomain',
  'Domain',
  'EmailConfigurationFailure',
  'EstimatedNumberOfUsers',
  'Id',
  'LastModifiedDate',
  'SchemaAttributes',
  'SmsConfigurationFailure',
  'Status',
  'UsernameAttributes',
  'UsernameConfiguration',
]);

/** What changes by itself, and is no setting. */
const VOLATILE: readonly string[] = [
  'EmailConfigurationFailure',
  'EstimatedNumberOfUsers',
  'LastModifiedDate',
  'SmsConfigurationFailure',
];

/** An object below a key, or an empty one. */
export const below = (parent: Settings, key: string): Settings => settings.safeParse(parent[key]).data ?? {};

const without = (from: Settings, ...keys: readonly string[]): Settings =>
  Object.fromEntries(Object.entries(from).filter(([key]) => !keys.includes(key)));

const only = (from: Settings, keys: ReadonlySet<string>): Settings =>
  Object.fromEntries(Object.entries(from).filter(([key]) => keys.has(key)));

/**
 * One setting has two names: `UnusedAccountValidityDays` and `TemporaryPasswordValidityDays`. Cognito tells both, and
 * refuses an update with both ("Please use TemporaryPasswordValidityDays in PasswordPolicy instead of …").
 */
function underOneName(userPool: Settings): Settings {
  const admin = below(userPool, 'AdminCreateUserConfig');
  const days = admin.UnusedAccountValidityDays;
  if (days === undefined) return userPool;
  const policies = below(userPool, 'Policies');
  const PasswordPolicy = { TemporaryPasswordValidityDays: days, ...below(policies, 'PasswordPolicy') };
  return {
    ...userPool,
    AdminCreateUserConfig: without(admin, 'UnusedAccountValidityDays'),
    Policies: { ...policies, PasswordPolicy },
  };
}

/**
 * The update that sets everything as `userPool` has it. Below the keys that it knows, it sends back what it does not.
 *
 * @throws OperatorError when the pool has a setting that may be lost: one that this project does not know.
 */
export function updateOf(userPool: Settings): Settings {
  const names = Object.keys(userPool);
  const unknown = names.filter((name) => name !== 'Name' && !UPDATABLE.has(name) && !READ_ONLY.has(name));
  if (unknown.length > 0) {
    throw new OperatorError(
      `Nothing was changed: the pool has ${unknown.join(', ')}, which this command does not know and might reset. Change the trigger in the Cognito console, or look the name up in Cognito's API reference and add it to ops/user-pool/settings.ts.`,
      EXIT.notDone,
    );
  }
  return {
    ...only(underOneName(userPool), UPDATABLE),
    ...(userPool.Name !== undefined && { PoolName: userPool.Name }),
  };
}

/** The setting of a pool's PostConfirmation trigger, `undefined` where it has none. */
export const triggerOf = ({ userPool }: PoolState): string | undefined =>
  z.optional(z.string()).parse(below(userPool, 'LambdaConfig').PostConfirmation);

/** Whether what the pool calls is the function, perhaps by a version or an alias of it. */
export const isSameFunction = (current: string | undefined, functionArn: string): current is string =>
  `${current}:`.startsWith(`${functionArn}:`);

/** The same pool with another PostConfirmation trigger, or none. */
export function withTrigger({ userPool, mfa }: PoolState, functionArn: string | undefined): PoolState {
  const others = without(below(userPool, 'LambdaConfig'), 'PostConfirmation');
  const LambdaConfig = functionArn === undefined ? others : { ...others, PostConfirmation: functionArn };
  return { userPool: { ...userPool, LambdaConfig }, mfa };
}

const isObject = (value: unknown): boolean => settings.safeParse(value).success && !Array.isArray(value);

/** Cognito does not tell an empty setting from one that is not there. */
const isNothing = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  (Array.isArray(value) && value.length === 0) ||
  (isObject(value) && Object.values(settings.parse(value)).every(isNothing));

function paths(one: unknown, other: unknown, path: string): string[] {
  if (isNothing(one) && isNothing(other)) return [];
  if ([one, other].every((value) => isNothing(value) || isObject(value))) {
    const left = settings.safeParse(one).data ?? {};
    const right = settings.safeParse(other).data ?? {};
    const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])];
    return keys.flatMap((key) => paths(left[key], right[key], path === '' ? key : `${path}.${key}`));
  }
  return isDeepStrictEqual(one, other) ? [] : [path];
}

/** Those that are on; MfaConfiguration is one of the pool's own settings. */
const secondFactors = (mfa: Settings): Settings =>
  without(mfa, 'MfaConfiguration', ...Object.keys(mfa).filter((name) => below(mfa, name).Enabled === false));

/** Where two states of a pool differ: the settings' names, never their values, which may hold an address. */
export function differences(one: PoolState, other: PoolState): string[] {
  const comparable = ({ userPool, mfa }: PoolState): Settings => ({
    ...without(underOneName(userPool), ...VOLATILE),
    'second factors': secondFactors(mfa),
  });
  return paths(comparable(one), comparable(other), '');
}

const text = z.catch(z.optional(z.string()), undefined);

/** What Cognito is known to refuse an update of such a pool for. A refused update changes nothing. */
export function obstacles({ userPool }: PoolState): string[] {
  const smsRole = text.parse(below(userPool, 'SmsConfiguration').SnsCallerArn);
  const senderKey = text.parse(below(userPool, 'LambdaConfig').KMSKeyID);
  const sesIdentity = text.parse(below(userPool, 'EmailConfiguration').SourceArn);
  const poolKey = text.parse(below(userPool, 'KeyConfiguration').KmsKeyArn);
  const template = below(userPool, 'VerificationMessageTemplate');
  const found: (string | false)[] = [
    smsRole !== undefined &&
      `It sends text messages: the update needs iam:PassRole for ${smsRole}, and that role has to work.`,
    senderKey !== undefined && `It has custom senders: the update may need kms:CreateGrant for ${senderKey}.`,
    sesIdentity !== undefined && 'It sends email through SES: that identity has to be verified still.',
    poolKey !== undefined && `It is encrypted with a key of yours: the update may need rights on ${poolKey}.`,
    text.parse(userPool.MfaConfiguration) !== 'OFF' &&
      userPool.MfaConfiguration !== undefined &&
      smsRole === undefined &&
      'It has second factors without text messages. Cognito has refused updates of such pools that would switch MFA on; this one leaves MFA as it is.',
    template.EmailMessage !== undefined &&
      template.EmailMessageByLink !== undefined &&
      'It has a verification email with a code and one with a link. Cognito may refuse to take both.',
  ];
  return found.filter((line) => line !== false);
}

/** The state that a saved one can be brought back to: what no update can change is as it is. */
export const restored = (present: PoolState, saved: PoolState): PoolState => ({
  userPool: { ...without(saved.userPool, ...READ_ONLY), ...only(present.userPool, READ_ONLY) },
  mfa: saved.mfa,
});

/** What SetUserPoolMfaConfig takes for a pool's second factors. With MFA off it refuses all but passkeys. */
export const mfaOf = ({ mfa }: PoolState): Settings =>
  mfa.MfaConfiguration === 'OFF' ? only(mfa, new Set(['MfaConfiguration', 'WebAuthnConfiguration'])) : mfa;
