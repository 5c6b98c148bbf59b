import * as z from 'zod/mini';
import type { Verification } from './verification.ts';

/** What one call of Cognito's post-confirmation trigger means for the queue. */
export type Trigger = Readonly<
  | { kind: 'verified'; verification: Verification; sub: string | undefined }
  | { kind: 'ignored'; because: string }
  | { kind: 'unverified'; sub: string | undefined }
  | { kind: 'unreadable'; because: string; sub: string | undefined }
>;

const CONFIRMED_SIGN_UP = 'PostConfirmation_ConfirmSignUp';

const source = z.object({ triggerSource: z.string() });

/** What Cognito calls an account, as it may stand in a log line and in a deduplication ID. */
const account = z.object({
  request: z.object({
    userAttributes: z.object({ sub: z.string().check(z.regex(/^[\w-]{1,128}$/)) }),
  }),
});

const status = z.object({
  request: z.object({ userAttributes: z.object({ email_verified: z.optional(z.unknown()) }) }),
});

/** `email_verified` as Cognito sends it, and as hand-made events do. */
const VERIFIED: readonly unknown[] = ['true', true];
/** Empty where it was cleared, and absent where there is no address. */
const NOT_VERIFIED: readonly unknown[] = ['false', false, '', undefined];

const person = z.object({
  userName: z.optional(z.string()),
  request: z.object({
    userAttributes: z.object({ email: z.string(), 'custom:username': z.optional(z.string()) }),
  }),
});

/**
 * Reads the event of a PostConfirmation trigger. Of everything that Cognito sends there, one case is a verified
 * sign-up: the same trigger also comes after a password reset, and an administrator can confirm an account whose
 * address nobody has verified. A pool that verifies by telephone would confirm everybody so.
 *
 * @param now becomes `verifiedAt`: the trigger runs while the person waits for the confirmation.
 */
export function readTrigger(event: unknown, now: Date): Trigger {
  const sub = account.safeParse(event).data?.request.userAttributes.sub;
  const unreadable = (because: string): Trigger => ({ kind: 'unreadable', because, sub });

  const triggerSource = source.safeParse(event).data?.triggerSource;
  if (triggerSource === undefined) return unreadable('no triggerSource');
  if (triggerSource !== CONFIRMED_SIGN_UP) return { kind: 'ignored', because: 'not a sign-up' };

  const attributes = status.safeParse(event).data?.request.userAttributes;
  if (attributes === undefined) return unreadable('no userAttributes');
  if (NOT_VERIFIED.includes(attributes.email_verified)) {
    return { kind: 'unverified', sub };
  }
  if (!VERIFIED.includes(attributes.email_verified)) {
    return unreadable('email_verified is neither true nor false');
  }

  const { data } = person.safeParse(event);
  if (data === undefined) return unreadable('no email, or a user name that is not text');
  const { email, 'custom:username': chosen } = data.request.userAttributes;
  return {
    kind: 'verified',
    // `||`: Cognito sends an attribute that was cleared as an empty string.
    verification: { email, username: chosen || (data.userName ?? ''), verifiedAt: now.toISOString() },
    sub,
  };
}
