import * as z from 'zod/mini';
import type { Failure } from '../failure.ts';
import { newContact } from './ticket.ts';
import type { Answer } from './transport.ts';

const text = z.catch(z.optional(z.string()), undefined);

/** HubSpot's error body (HubSpot docs, error handling). Every field may be missing or of another kind. */
const errorBodySchema = z.object({ message: text, category: text, correlationId: text, policyName: text });

type ErrorBody = Partial<z.infer<typeof errorBodySchema>>;

function errorBody({ body }: Answer): ErrorBody {
  try {
    return errorBodySchema.parse(JSON.parse(body));
  } catch {
    return {};
  }
}

/** The contact that already holds the address, when that is what a 409 says. */
export function conflictingContactId(answer: Answer): string | undefined {
  if (answer.status !== 409) return undefined;
  const { category, message } = errorBody(answer);
  return category === 'CONFLICT' ? message?.match(/Existing ID: (\d+)/)?.[1] : undefined;
}

/** An account that is being moved to another data centre may say "in 24 hours"; SQS hides a message for 12 at most. */
const RETRY_AFTER_MAX_SECONDS = 11.5 * 60 * 60;

/** `Retry-After` in seconds, given as such or as a date (RFC 9110, section 10.2.3). */
export function retryAfterSeconds(header: string | null, now = Date.now()): number | undefined {
  if (header === null) return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) : Math.ceil((httpDate(header) - now) / 1_000);
  if (Number.isNaN(seconds)) return undefined;
  return Math.min(Math.max(seconds, 0), RETRY_AFTER_MAX_SECONDS);
}

/** Milliseconds since 1970, or NaN. Without the ` GMT`, `Date` takes `-5` for a day in May 2001. */
const httpDate = (text: string): number => (text.endsWith(' GMT') ? Date.parse(text) : Number.NaN);

/** A word of HubSpot's own vocabulary, or nothing: free text in its answers quotes what was sent. */
const vocabulary = (word: string | undefined) => word?.match(/^[A-Z][A-Z0-9_]{0,63}$/)?.[0];

const OUR_PROPERTIES = new Set<string | undefined>(
  Object.keys(newContact({ email: '', username: '' }).properties),
);

/** Which of our properties HubSpot found fault with, and its code for why. The values stand right beside them. */
function rejectedProperties({ message }: ErrorBody): string {
  if (message === undefined) return '';
  const found = [...message.matchAll(/"error":"([A-Z_]{1,64})","name":"([a-z_]{1,64})"/g)];
  const ours = found.filter(([, , name]) => OUR_PROPERTIES.has(name));
  const list = [...new Set(ours.map(([, code, name]) => `${name}: ${code}`))];
  return list.length > 0 ? ` (${list.join(', ')})` : '';
}

/**
 * What an answer that is no success means (docs/architecture.md, "Answers, and what follows").
 *
 * @param name method and path of the call
 * @param addressesContact whether the call names a contact by its ID: a 404 then says that it was merged or deleted
 */
export function failureOf(answer: Answer, name: string, addressesContact: boolean): Failure {
  const body = errorBody(answer);
  const { status } = answer;
  const retryAfter = retryAfterSeconds(answer.headers.get('retry-after'));
  const reason = vocabulary(body.category) ?? vocabulary(body.policyName);
  const said = {
    detail: `${name} answered ${status}${reason === undefined ? '' : ` ${reason}`}${rejectedProperties(body)}.`,
    correlationId: correlationId(body, answer.headers),
  };

  if (status === 429) {
    const limit = body.policyName === 'DAILY' ? 'daily' : 'ten-secondly';
    return { ...said, class: 'throttled', limit, retryAfterSeconds: retryAfter };
  }
  if (status === 401 || status === 403) return { ...said, class: 'misconfigured' };
  if (status === 404 && addressesContact)
    return { ...said, class: 'transient', retryAfterSeconds: retryAfter };
  // 477: the account is being moved (HubSpot docs, error handling).
  if (status < 400 || status >= 500 || status === 408 || status === 423 || status === 477) {
    return { ...said, class: 'transient', retryAfterSeconds: retryAfter };
  }
  return { ...said, class: 'rejected' };
}

function correlationId(body: ErrorBody, headers: Headers): string | undefined {
  const id = body.correlationId || headers.get('x-hubspot-correlation-id');
  return id?.match(/^[\w-]{1,100}$/)?.[0];
}
