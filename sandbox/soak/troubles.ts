import {
  dailyLimit,
  internalError,
  invalidAuthentication,
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
import type { CallPhase } from '../hubspot/sandbox.ts';
import { chance, choice } from './chance.ts';

/** What befalls a call: HubSpot answers badly or not at all, or the process that makes the call dies. */
export type Trouble = { fault: Fault } | { dies: CallPhase };

const status = (answer: { status: number; body?: unknown; headers?: Record<string, string> }): Trouble => ({
  fault: { type: 'status', ...answer },
});
const afterTheWrite = (answer: { status: number; body?: unknown }): Trouble => ({
  fault: { type: 'status', ...answer, after: true },
});

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
  '429 ten-secondly': status(tenSecondlyLimit),
  '429 daily': status(dailyLimit),
  '401': status(invalidAuthentication),
  '403': status(missingScopes('crm.objects.contacts.write')),
  '400': status(validationError('Property values were not valid: []')),
  '409 of a unique property': status(uniquePropertyConflict),
  'dies before the write': { dies: 'received' },
  'dies after the write': { dies: 'applied' },
  'dies after the answer': { dies: 'answered' },
};

/** Only a PATCH meets a contact that was merged or deleted a moment ago. */
const GONE: Readonly<Record<string, Trouble>> = { ...TROUBLES, '404': status(notFound) };

/** Later calls of the same person are spared, so that every soak comes to an end. */
const STRUCK_CALLS_MAX = 12;

/**
 * What befalls one call of a person.
 *
 * @param probability that a call is struck at all
 * @param ordinal of the call among all that concern the person
 */
export function troubleOf(
  { method }: Call,
  {
    seed,
    probability,
    email,
    ordinal,
  }: { seed: number; probability: number; email: string; ordinal: number },
): [name: string, trouble: Trouble] | undefined {
  if (ordinal > STRUCK_CALLS_MAX || chance(seed, email, ordinal, 'struck') >= probability) return undefined;
  const troubles = method === 'PATCH' ? GONE : TROUBLES;
  return choice(Object.entries(troubles), seed, email, ordinal, 'trouble');
}
