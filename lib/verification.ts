import * as z from 'zod/mini';
import { DeliveryError } from './failure.ts';

const EMAIL_MAX_CHARACTERS = 254;
const USERNAME_MAX_CHARACTERS = 255;

/** Counts Unicode code points, as Cognito and JSON Schema do: never more than UTF-16 code units, which cost nothing to count. */
const isLongerThan = (text: string, max: number): boolean => text.length > max && [...text].length > max;

const stringField = (meta: { description: string; minLength: number; maxLength: number; pattern?: string }) =>
  z.string({ error: ({ input }) => (input === undefined ? 'is missing' : 'is not a string') }).check(
    z.meta(meta),
    z.refine((text) => text !== '', 'is empty'),
    z.refine((text) => !isLongerThan(text, meta.maxLength), `is longer than ${meta.maxLength} characters`),
    z.refine((text) => text.isWellFormed(), 'holds half of a surrogate pair'),
  );

/**
 * A verified sign-up, as it travels on the queue. The checks are liberal on purpose: Cognito has accepted both values
 * already, and the address has received mail.
 */
export const verificationSchema = z.object(
  {
    email: stringField({
      description: 'The verified address, exactly as the person typed it.',
      minLength: 3,
      maxLength: EMAIL_MAX_CHARACTERS,
      // For other people's JSON Schema validators, most of which know no \p{Cc}.
      pattern: '^[^@\\s\\u0000-\\u001F\\u007F-\\u009F]+@[^@\\s\\u0000-\\u001F\\u007F-\\u009F]+$',
    }).check(
      z.refine((email) => /^[^@]+@[^@]+$/.test(email), 'needs one @ with something on both sides'),
      z.refine((email) => !/[\s\p{Cc}]/u.test(email), 'holds white space or a control character'),
    ),
    username: stringField({
      description: 'The username that the person chose, in any script.',
      minLength: 1,
      maxLength: USERNAME_MAX_CHARACTERS,
    }),
    verifiedAt: z.optional(
      z.iso
        .datetime({ offset: true, error: 'is not an ISO 8601 date and time with a time zone' })
        .check(
          z.meta({ description: "When the address was verified; without it, the message's SentTimestamp." }),
        ),
    ),
  },
  'is not a JSON object',
);

/** `email` and `username` exactly as they came; `verifiedAt` in ISO 8601. */
export type Verification = z.infer<typeof verificationSchema>;

const invalid = (problem: string, reason?: 'NotJson' | 'UsernameUnusable'): DeliveryError =>
  new DeliveryError({
    class: 'invalid',
    ...(reason && { reason }),
    detail: `Not a verification message. ${problem}`,
  });

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text.
    throw invalid(
      text.startsWith('\uFEFF') ? 'The body begins with a byte order mark.' : 'The body is not JSON.',
      'NotJson',
    );
  }
}

/**
 * What is wrong with a value that should be a {@link Verification}, field by field and without quoting any value, or
 * the verification itself.
 */
export function checkVerification(value: unknown): { verification: Verification } | { problems: string[] } {
  const { success, data, error } = verificationSchema.safeParse(value);
  const problems = success
    ? []
    : error.issues.map(({ path: [field = 'body'], message }) => `${String(field)}: ${message}`);
  if (Object.hasOwn(Object(value), '__proto__')) problems.push('__proto__: is not a field');
  return success && problems.length === 0 ? { verification: data } : { problems };
}

/** @throws DeliveryError of class `invalid` that names each bad field and why, without its value. */
export function requireVerification(value: unknown): Verification {
  const checked = checkVerification(value);
  if ('problems' in checked) {
    // Whoever has a good address can be found, and sent again under the right name.
    const isFindable = checked.problems.every((problem) => problem.startsWith('username: '));
    throw invalid(`${checked.problems.join('; ')}.`, isFindable ? 'UsernameUnusable' : undefined);
  }
  return checked.verification;
}

/** @throws DeliveryError as {@link requireVerification}, or when the body is not JSON. */
export const parseVerification = (body: string): Verification => requireVerification(parseJson(body));
