import * as z from 'zod/mini';
import type { Failure } from '../failure.ts';
import { retryAfterSeconds } from './retry-after.ts';
import { newContact } from './ticket.ts';
import type { Answer } from './transport.ts';

const text = z.catch(z.optional(z.string()), undefined);

/** One of the `errors` in an error body: what is wrong, and with which property. */
const detailSchema = z.object({
  code: text,
  subCategory: text,
  in: text,
  context: z.catch(
    z.optional(z.object({ propertyName: z.catch(z.optional(z.array(z.string())), undefined) })),
    undefined,
  ),
});

/** HubSpot's error body (HubSpot docs, error handling). Every field may be missing or of another kind. */
const errorBodySchema = z.object({
  message: text,
  category: text,
  subCategory: text,
  context: z.catch(z.optional(z.record(z.string(), z.unknown())), undefined),
  correlationId: text,
  policyName: text,
  errors: z.catch(z.optional(z.array(z.catch(detailSchema, {}))), undefined),
});

type ErrorBody = Partial<z.infer<typeof errorBodySchema>>;

function errorBody({ body }: Answer): ErrorBody {
  try {
    return errorBodySchema.parse(JSON.parse(body));
  } catch {
    return {};
  }
}

/** Somebody else has the same value of a unique property. Of the address, it is the ticket's conflict in other words. */
const TAKEN = 'CONFLICTING_UNIQUE_VALUE';

/** Somebody else has the same value: HubSpot has used both words for the ticket's conflict. */
const CLASHES = new Set<string | undefined>(['CONFLICT', 'OBJECT_ALREADY_EXISTS']);

/**
 * Whether a refused create says that the address belongs to a contact already: to this one, or, where it names none in a
 * way that can be read, perhaps. A clash over another property is none: an ID in its text is a stranger's.
 */
export function conflictIn(answer: Answer): { contactId: string } | 'unnamed' | 'none' {
  const body = errorBody(answer);
  const found = complaints(body);
  if (found.some(({ property }) => property !== 'email')) return 'none';
  if (answer.status === 400 && found.some(({ code }) => code === TAKEN)) return 'unnamed';
  if (answer.status !== 409) return 'none';
  const contactId = body.message?.match(/Existing ID: (\d+)/)?.[1];
  return CLASHES.has(body.category) && contactId !== undefined ? { contactId } : 'unnamed';
}

/** A word of HubSpot's own vocabulary, or nothing: free text in its answers quotes what was sent. */
const vocabulary = (word: string | undefined) => word?.match(/^[A-Z][A-Z0-9_]{0,63}$/)?.[0];

const OUR_PROPERTIES = new Set<string | undefined>(
  Object.keys(newContact({ email: '', username: '' }).properties),
);

/** A property that HubSpot finds fault with, and its code for why. The values stand right beside them in its answers. */
interface Complaint {
  property: string;
  code: string | undefined;
}

/** A property whose name cannot be shown, for it stands in free text. */
const ANOTHER = 'another property';

/** What HubSpot complains of: told in the message, as a list or in prose, or in `errors`, or in several of these. */
function complaints({ message = '', errors = [] }: ErrorBody): Complaint[] {
  const told = [...message.matchAll(/"error":"([A-Z_]{1,64})","name":"(\w{1,100})"/g)].map(
    ([, code, name]): Complaint => ({ property: name && OUR_PROPERTIES.has(name) ? name : ANOTHER, code }),
  );
  // A clash over a unique property is told in prose (HubSpot community, "PropertyValueCoordinates").
  const clashing = [...message.matchAll(/\bpropertyName=(\w{1,100})/g)].map(
    ([, name]): Complaint => ({
      property: name && OUR_PROPERTIES.has(name) ? name : ANOTHER,
      code: undefined,
    }),
  );
  const listed = errors.flatMap(({ code, in: where, context }): Complaint[] => {
    const names = context?.propertyName ?? (OUR_PROPERTIES.has(where) && where ? [where] : []);
    return names.map((name) => ({
      property: /^[a-z][a-z0-9_]{0,99}$/.test(name) ? name : ANOTHER,
      code: vocabulary(code),
    }));
  });
  return [...told, ...clashing, ...listed];
}

function described(found: readonly Complaint[]): string {
  const list = new Set(found.map(({ property, code }) => `${property}: ${code ?? 'refused'}`));
  return list.size > 0 ? ` (${[...list].join(', ')})` : '';
}

/**
 * Codes that speak of the property and not of the value: the CRM's owners have changed something. A property of another
 * kind is told by the kind that the value is not of, such as `INVALID_INTEGER`.
 */
const OF_THE_PROPERTY =
  /PROPERTY|READ_ONLY|REQUIRED|PERMISSION|ARCHIVED|^INVALID_(OPTION|INTEGER|LONG|NUMBER|DATE|DATETIME|BOOLEAN)$/;

/** Whether all that HubSpot complains of is what this person has chosen. */
const isOfThePerson = (found: readonly Complaint[]): boolean =>
  found.length > 0 &&
  found.every(
    ({ property, code }) => /^(email|username)$/.test(property) && !OF_THE_PROPERTY.test(code ?? ''),
  );

/** A note is to stand on a contact that was merged or deleted a moment ago. */
const isAssociationGone = ({
  subCategory = '',
  context = {},
  message = '',
  errors = [],
}: ErrorBody): boolean =>
  Object.hasOwn(context, 'INVALID_OBJECT_IDS') ||
  [subCategory, ...errors.map(({ subCategory: own = '' }) => own)].some((each) =>
    /INVALID_OBJECT_IDS$/.test(each),
  ) ||
  /\bassociations are (invalid|not valid)\b/.test(message);

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
  const found = complaints(body);
  const said = {
    detail: `${name} answered ${status}${reason === undefined ? '' : ` ${reason}`}${described(found)}.`,
    correlationId: correlationId(body, answer.headers),
  };

  if (status === 429) {
    const limit = body.policyName === 'DAILY' ? 'daily' : 'ten-secondly';
    return { ...said, class: 'throttled', limit, retryAfterSeconds: retryAfter };
  }
  if (isTokenRefusal(answer)) return { ...said, class: 'misconfigured', what: 'token' };
  if (status === 404 && addressesContact)
    return { ...said, class: 'transient', reason: 'ContactGone', retryAfterSeconds: retryAfter };
  // 477: the account is being moved (HubSpot docs, error handling).
  if (status < 400 || status >= 500 || status === 408 || status === 423 || status === 477) {
    return { ...said, class: 'transient', retryAfterSeconds: retryAfter };
  }
  if (status === 400 || status === 409) {
    if (isOfThePerson(found)) {
      const ofEmail = found.some(({ property }) => property === 'email');
      return { ...said, class: 'rejected', reason: ofEmail ? 'EmailRefused' : 'UsernameRefused' };
    }
    // A note clashes with nothing.
    if (status === 409 && CLASHES.has(body.category) && !name.endsWith('/notes'))
      return { ...said, class: 'rejected' };
  }
  if (status === 400 && isAssociationGone(body))
    return { ...said, class: 'transient', reason: 'ContactGone', once: true };
  // Everybody's sign-up would be refused: it is for the CRM's owners or for us to mend, and nobody is given up for it.
  return { ...said, class: 'misconfigured', what: 'request' };
}

/**
 * Whether HubSpot refuses the token. A 403 without one of HubSpot's own words is somebody's on the way, such as the CDN's,
 * and may be for one message only.
 */
export const isTokenRefusal = (answer: Answer): boolean =>
  answer.status === 401 || (answer.status === 403 && vocabulary(errorBody(answer).category) !== undefined);

function correlationId(body: ErrorBody, headers: Answer['headers']): string | undefined {
  const id = body.correlationId || headers.get('x-hubspot-correlation-id');
  return id?.match(/^[\w-]{1,100}$/)?.[0];
}
