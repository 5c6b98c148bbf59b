import { invalidAddress, type PropertyProblem } from './properties.ts';

/** What goes back to the client: an object as JSON, a string as it is, nothing as no body at all. */
export interface Answer {
  readonly status: number;
  readonly headers?: Record<string, string> | undefined;
  readonly body?: unknown;
}

/** The ID in the bodies below. The sandbox puts that of the call in its place when an answer is its own. */
const correlationId = '2dea5219-07f2-40ce-82ec-9c2e302317a4';

/**
 * The burst limit of the account is used up (HubSpot docs, API usage guidelines). Like the other answers here it fits
 * into a fault: `{ type: 'status', ...tenSecondlyLimit }`.
 */
export const tenSecondlyLimit = {
  status: 429,
  body: {
    status: 'error',
    message: 'You have reached your ten_secondly_rolling limit.',
    errorType: 'RATE_LIMIT',
    correlationId,
    policyName: 'TEN_SECONDLY_ROLLING',
  },
} satisfies Answer;

/** The day's requests are used up. */
export const dailyLimit = {
  status: 429,
  body: {
    status: 'error',
    message: 'You have reached your daily limit.',
    errorType: 'RATE_LIMIT',
    correlationId,
    policyName: 'DAILY',
  },
} satisfies Answer;

/** No token, or not one that HubSpot knows. */
export const invalidAuthentication = {
  status: 401,
  body: {
    status: 'error',
    message:
      'Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview',
    correlationId,
    category: 'INVALID_AUTHENTICATION',
  },
} satisfies Answer;

/** A token that was good once. */
export const expiredAuthentication = {
  status: 401,
  body: {
    status: 'error',
    message: 'The OAuth token used to make this call expired 3 hour(s) ago.',
    correlationId,
    category: 'EXPIRED_AUTHENTICATION',
  },
} satisfies Answer;

/** The private app lacks a scope. */
export const missingScopes = (...scopes: string[]) =>
  ({
    status: 403,
    body: {
      status: 'error',
      message:
        "This app hasn't been granted all required scopes to make this call. Read more about required scopes here: https://developers.hubspot.com/scopes.",
      correlationId,
      errors: [
        {
          message: 'One or more of the following scopes are required.',
          context: { requiredGranularScopes: scopes },
        },
      ],
      links: { scopes: 'https://developers.hubspot.com/scopes' },
      category: 'MISSING_SCOPES',
    },
  }) satisfies Answer;

/** The private app's maker is no super admin of the account any more. */
export const userLacksPermissions = {
  status: 403,
  body: {
    status: 'error',
    message: 'The user does not have the permissions that this call needs.',
    correlationId,
    category: 'USER_DOES_NOT_HAVE_PERMISSIONS',
  },
} satisfies Answer;

/** The address belongs to a contact already. */
export const conflict = (existingId: string) =>
  ({
    status: 409,
    body: {
      status: 'error',
      message: `Contact already exists. Existing ID: ${existingId}`,
      correlationId,
      category: 'CONFLICT',
    },
  }) satisfies Answer;

/** The conflict in HubSpot's other words, with the whole identity of the contact (HubSpot community, thread 951534). */
export const oldConflict = (existingId: string, email: string) =>
  ({
    status: 409,
    body: {
      ...conflict(existingId).body,
      identityProfile: {
        vid: Number(existingId),
        identity: [{ value: email, type: 'EMAIL', timestamp: 1_700_000_000_000, isPrimary: true }],
        linkedVid: [],
        isContact: true,
        savedAtTimestamp: 1_700_000_000_000,
      },
      errors: [
        { message: `A contact with email ${email} already exists. Existing ID: ${existingId}`, in: 'email' },
      ],
      category: 'OBJECT_ALREADY_EXISTS',
      error: 'CONTACT_EXISTS',
    },
  }) satisfies Answer;

/**
 * Another contact has the value of a property that was set up as unique, told as a conflict. No ID in it is that of the
 * address. The sandbox itself refuses such a value with 400, for which there is more evidence.
 */
export const uniquePropertyConflict = {
  status: 409,
  body: {
    status: 'error',
    message:
      'Cannot set PropertyValueCoordinates{portalId=1234567, objectTypeId=0-1, objectId=91000000001, propertyName=username} on 91000000001. 91000000002 already has that value.',
    correlationId,
    category: 'OBJECT_ALREADY_EXISTS',
  },
} satisfies Answer;

/** The object is locked for about two seconds by another change. */
export const locked = {
  status: 423,
  body: {
    status: 'error',
    message: 'The object is locked by another process. Try again in 2 seconds.',
    correlationId,
    category: 'LOCKED',
  },
} satisfies Answer;

/** The account is being moved to another data centre: HubSpot asks for up to 24 hours of patience. */
export const moved = (retryAfterSeconds: number) =>
  ({
    status: 477,
    headers: { 'retry-after': String(retryAfterSeconds) },
    body: {
      status: 'error',
      message: 'This account is being migrated between data hosting locations. Try again later.',
      correlationId,
      category: 'MIGRATION_IN_PROGRESS',
    },
  }) satisfies Answer;

/** No such thing: a path that leads nowhere, a property, an owner. */
export const notFound = {
  status: 404,
  body: { status: 'error', message: 'resource not found', correlationId, category: 'OBJECT_NOT_FOUND' },
} satisfies Answer;

/** A token that was never one, or was taken back. */
export const unknownToken = {
  status: 404,
  body: {
    status: 'error',
    message: 'The access token was not found',
    correlationId,
    category: 'OBJECT_NOT_FOUND',
  },
} satisfies Answer;

/** A body that is not said to be JSON. */
export const unsupportedMediaType = {
  status: 415,
  body: { status: 'error', message: 'Unsupported Media Type', correlationId },
} satisfies Answer;

/** An error inside HubSpot. */
export const internalError = {
  status: 500,
  body: { status: 'error', message: 'internal error', correlationId, category: 'INTERNAL_ERROR' },
} satisfies Answer;

/** A request that is not what the operation takes. */
export const validationError = (message: string, more: Record<string, unknown> = {}) =>
  ({
    status: 400,
    body: { status: 'error', message, correlationId, ...more, category: 'VALIDATION_ERROR' },
  }) satisfies Answer;

/** Bad property values. The message quotes them back, an address included. */
export function invalidProperties(problems: readonly PropertyProblem[]) {
  const details = problems.map(({ name, code, message }) => ({
    isValid: false,
    message,
    error: code,
    name,
    localizedErrorMessage: message,
  }));
  return validationError(`Property values were not valid: ${JSON.stringify(details)}`, {
    errors: problems.map(({ name, code, message }) => ({ message, code, context: { propertyName: [name] } })),
  });
}

/** An address that HubSpot will never take. */
export const invalidEmail = invalidProperties([invalidAddress('x@')]);
