import {
  dailyLimit,
  internalError,
  invalidAuthentication,
  invalidProperties,
  locked,
  missingScopes,
  moved,
  notFound,
  tenSecondlyLimit,
  uniquePropertyConflict,
  validationError,
} from '../../sandbox/hubspot/answers.ts';
import type { Fault } from '../../sandbox/hubspot/faults.ts';
import type { Chance } from '../chance.ts';
import type { Fate, FatedCall } from '../hubspot/fate.ts';

const HOUR_SECONDS = 3_600;

const status = (answer: Omit<Extract<Fault, { type: 'status' }>, 'type'>): Fault => ({
  type: 'status',
  ...answer,
});

/** What may befall a call on any day: HubSpot stumbles, the network breaks. Nobody has to do anything about it. */
const PASSING: Readonly<Record<string, Fault>> = {
  'hangs before the write': { type: 'hang', when: 'before' },
  'hangs after the write': { type: 'hang', when: 'after' },
  'reset before the write': { type: 'reset', when: 'before' },
  'reset after the write': { type: 'reset', when: 'after' },
  'truncated answer': { type: 'truncated' },
  'JSON cut half way': { type: 'cut-json' },
  'empty answer': { type: 'empty' },
  'slow answer': { type: 'delay', ms: 4_000 },
  'answer too late': { type: 'delay', ms: 12_000 },
  '408': status({ status: 408 }),
  '423': status(locked),
  '500': status(internalError),
  '500 after the write': status({ ...internalError, after: true }),
  '502 HTML': { type: 'html', status: 502 },
  '503, Retry-After 5': status({ status: 503, headers: { 'retry-after': '5' } }),
  '504 after the write': status({ status: 504, after: true }),
  '521 HTML': { type: 'html', status: 521 },
  '429 ten-secondly': status({ ...tenSecondlyLimit, headers: { 'retry-after': '1' } }),
  '429 ten-secondly, no Retry-After': status(tenSecondlyLimit),
  '200 with a page': status({ status: 200, body: '<html></html>' }),
  '302': status({ status: 302 }),
};

/** Every other answer that there is, struck at random: on such a day somebody is called. */
const ALARMING: Readonly<Record<string, Fault>> = {
  '477': status(moved(HOUR_SECONDS)),
  '429 daily': status(dailyLimit),
  '401': status(invalidAuthentication),
  '403': status(missingScopes('crm.objects.contacts.write')),
  '403 HTML': { type: 'html', status: 403 },
  '400': status(validationError('Property values were not valid: []')),
  '400 for the address': status(
    invalidProperties([{ name: 'email', code: 'INVALID_EMAIL', message: 'Email address is invalid' }]),
  ),
  '409 of a unique property': status(uniquePropertyConflict),
  '415': status({ status: 415 }),
};

/** Answers that only fit one kind of call. */
const GONE = status(notFound);
const ASSOCIATION_GONE = status(
  validationError('One or more associations are invalid', { context: { INVALID_OBJECT_IDS: ['1'] } }),
);

function struck(faults: Readonly<Record<string, Fault>>, { method, path }: FatedCall, chance: Chance): Fate {
  if (method === 'PATCH' && chance.happens(0.1)) return { name: '404 to the update', fault: GONE };
  if (path.endsWith('/notes') && method === 'POST' && chance.happens(0.1))
    return { name: "the note's contact is gone", fault: ASSOCIATION_GONE };
  if (chance.happens(0.04)) return { name: 'applied late', lateMs: chance.between(10_500, 90_000) };
  const name = chance.pick(Object.keys(faults));
  const fault = faults[name];
  if (fault === undefined) throw new Error(`There is no fault ${name}`);
  return { name, fault };
}

export const passingFate = (call: FatedCall, chance: Chance): Fate => struck(PASSING, call, chance);
export const anyFate = (call: FatedCall, chance: Chance): Fate =>
  struck(chance.happens(0.5) ? PASSING : ALARMING, call, chance);
/** The ticket's conflict, without the ID that its message names the contact by. */
export const conflictWithoutId: Fate = {
  name: '409 without an ID',
  reworded: (answer) =>
    answer.status === 409
      ? { status: 409, body: { status: 'error', message: 'Contact already exists.', category: 'CONFLICT' } }
      : answer,
};

/** What is left of one kind, whatever the call. */
export const fateOf = (name: keyof typeof PASSING): Fate => {
  const fault = PASSING[name];
  if (fault === undefined) throw new Error(`There is no fault ${name}`);
  return { name, fault };
};
