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
} from '../hubspot/answers.ts';
import type { Fault } from '../hubspot/faults.ts';
import type { Call } from '../hubspot/journal.ts';
import type { PropertyProblem } from '../hubspot/properties.ts';
import type { CallPhase } from '../hubspot/sandbox.ts';
import { chance, choice } from './chance.ts';

/** What befalls a call: HubSpot answers badly or not at all; the process that makes it dies, or has its clock set. */
export type Trouble = { fault: Fault } | { dies: CallPhase } | { stepsClockMs: number };

const status = (answer: { status: number; body?: unknown; headers?: Record<string, string> }): Trouble => ({
  fault: { type: 'status', ...answer },
});
const afterTheWrite = (answer: { status: number; body?: unknown }): Trouble => ({
  fault: { type: 'status', ...answer, after: true },
});

const HOUR_MS = 3_600_000;
/** An instance that is throttled makes no call for so long: ten seconds without it. */
const SOON = { 'retry-after': '1' };
const INVALID_EMAIL: PropertyProblem = {
  name: 'email',
  code: 'INVALID_EMAIL',
  message: 'Email address is invalid',
};

/** Every class of answer that there is, by name. */
const TROUBLES: Readonly<Record<string, Trouble>> = {
  'hangs before the write': { fault: { type: 'hang', when: 'before' } },
  'hangs after the write': { fault: { type: 'hang', when: 'after' } },
  'reset before the write': { fault: { type: 'reset', when: 'before' } },
  'reset after the write': { fault: { type: 'reset', when: 'after' } },
  'truncated answer': { fault: { type: 'truncated' } },
  'JSON cut half way': { fault: { type: 'cut-json' } },
  'empty answer': { fault: { type: 'empty' } },
  'slow answer': { fault: { type: 'delay', ms: 30 } },
  '408': status({ status: 408 }),
  '423': status(locked),
  '477': status(moved(3_600)),
  '500': status(internalError),
  '500 after the write': afterTheWrite(internalError),
  '502 HTML': { fault: { type: 'html', status: 502 } },
  '503, Retry-After': status({ status: 503, headers: { 'retry-after': '5' } }),
  '504 after the write': afterTheWrite({ status: 504 }),
  '521 HTML': { fault: { type: 'html', status: 521 } },
  '429 ten-secondly': status({ ...tenSecondlyLimit, headers: SOON }),
  '429 daily': status({ ...dailyLimit, headers: SOON }),
  '401': status(invalidAuthentication),
  '403': status(missingScopes('crm.objects.contacts.write')),
  '400': status(validationError('Property values were not valid: []')),
  '400 for the address': status(invalidProperties([INVALID_EMAIL])),
  '409 of a unique property': status(uniquePropertyConflict),
  'dies before the write': { dies: 'received' },
  'dies after the write': { dies: 'applied' },
  'dies after the answer': { dies: 'answered' },
  'clock put forward 20 s': { stepsClockMs: 20_000 },
  'clock put back 20 s': { stepsClockMs: -20_000 },
  'clock put forward 120 s': { stepsClockMs: 120_000 },
  'clock put back 120 s': { stepsClockMs: -120_000 },
  'clock put forward 3 hours': { stepsClockMs: 3 * HOUR_MS },
  'clock put back 3 hours': { stepsClockMs: -3 * HOUR_MS },
};

/** Only a PATCH meets a contact that was merged or deleted a moment ago. */
const GONE: Readonly<Record<string, Trouble>> = { ...TROUBLES, '404': status(notFound) };

/** Later calls of the same person are spared, so that every soak comes to an end. */
const STRUCK_CALLS_MAX = 12;

/**
 * Decides what befalls each call. A refused token is not refused again when it has been read anew: the instance would
 * make no call for a minute of real time.
 *
 * @param probability that a call is struck at all
 */
export function planTroubles({ seed, probability }: { seed: number; probability: number }) {
  const latest = new Map<string, { ordinal: number; refused: boolean }>();

  return function troubleOf({ method }: Call, email: string): [name: string, trouble: Trouble] | undefined {
    const { ordinal: before, refused } = latest.get(email) ?? { ordinal: 0, refused: false };
    const ordinal = before + 1;
    latest.set(email, { ordinal, refused: false });
    if (ordinal > STRUCK_CALLS_MAX || chance(seed, email, ordinal, 'struck') >= probability) return undefined;
    const troubles = Object.entries(method === 'PATCH' ? GONE : TROUBLES);
    const struck = choice(troubles, seed, email, ordinal, 'trouble');
    const refuses = /^40[13]$/.test(struck[0]);
    if (refuses && refused) return undefined;
    latest.set(email, { ordinal, refused: refuses });
    return struck;
  };
}
