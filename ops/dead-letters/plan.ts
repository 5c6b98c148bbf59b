import { type Crm, whatIsDue } from '../../lib/contact-sync.ts';
import { CONTACTS_PER_READ } from '../../lib/hubspot/lookup.ts';
import { signUpOf } from '../../lib/sign-up.ts';
import { parseVerification, type Verification } from '../../lib/verification.ts';
import { deliveryAfterRedrive, type Letter } from './letter.ts';
import { attributesToSend } from './redrive.ts';

/** HubSpot, as far as it is read to tell what a redrive would do. */
export interface HubSpotView {
  crm: Pick<Crm, 'readContact' | 'readNotes'>;
  /** Who holds each address, in lower case; {@link CONTACTS_PER_READ} at most. */
  holdersOf(emails: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

/** What is left to be done for somebody. */
export type Due =
  | { plan: 'create' }
  | { plan: 'nothing' | 'superseded' | 'username' | 'username-and-note'; contactId: string };

/** What a redrive would do with a letter: something, or it would be a dead letter again. */
export type Plan =
  | Due
  | { plan: 'dead'; why: 'malformed' }
  /** HubSpot has refused it before. `otherwise`, if HubSpot has changed its mind. */
  | { plan: 'dead'; why: 'refused'; otherwise: Due };

/** What a sync, or a redrive, comes to for one person. */
export type Outcome = 'created' | 'updated' | 'username-only' | 'unchanged' | 'dead';

/** What comes of a plan, if nothing goes wrong. */
export const OUTCOME_OF = {
  create: 'created',
  nothing: 'unchanged',
  superseded: 'unchanged',
  username: 'username-only',
  'username-and-note': 'updated',
  dead: 'dead',
} as const satisfies Record<Plan['plan'], Outcome>;

function verificationOf({ body }: Letter): Verification | undefined {
  try {
    return parseVerification(body);
  } catch {
    return undefined;
  }
}

/** By the code of the sync's own read-back, which writes nothing. */
async function dueFor(
  letter: Letter,
  verification: Verification,
  contactId: string | undefined,
  { crm, nowMs }: { crm: HubSpotView['crm']; nowMs: number },
): Promise<Due> {
  if (contactId === undefined) return { plan: 'create' };
  const sent = { ...letter, attributes: attributesToSend(letter) };
  const signUp = signUpOf(verification, deliveryAfterRedrive(sent, nowMs), {
    seen: false,
    before: undefined,
  });
  const due = await whatIsDue(signUp, await crm.readContact(contactId), crm);
  return { plan: due === 'nothing-any-more' ? 'superseded' : due, contactId };
}

/** HubSpot judges a value only when it is written: nobody can ask beforehand. */
function believing({ errorCode, reason }: Letter, due: Due): Plan {
  const refused = errorCode === 'HubSpotRejected' && (due.plan === 'create' || reason === 'UsernameRefused');
  return refused ? { plan: 'dead', why: 'refused', otherwise: due } : due;
}

/** What comes of a plan: where HubSpot has refused it before, if it does not any more. */
export const hopeOf = (plan: Plan): Outcome =>
  OUTCOME_OF[plan.plan === 'dead' && plan.why === 'refused' ? plan.otherwise.plan : plan.plan];

/**
 * What a redrive would do with each letter, as HubSpot is now. Nothing is written.
 *
 * @param nowMs since 1970
 * @throws DeliveryError when HubSpot cannot be asked
 */
export async function* plansFor(
  letters: readonly Letter[],
  { crm, holdersOf }: HubSpotView,
  nowMs: number,
): AsyncGenerator<{ letter: Letter; plan: Plan }, void, undefined> {
  for (let next = 0; next < letters.length; next += CONTACTS_PER_READ) {
    const chunk = letters
      .slice(next, next + CONTACTS_PER_READ)
      .map((letter) => ({ letter, verification: verificationOf(letter) }));
    const holders = await holdersOf(chunk.flatMap(({ verification }) => verification?.email ?? []));
    for (const { letter, verification } of chunk) {
      if (verification === undefined) {
        yield { letter, plan: { plan: 'dead', why: 'malformed' } };
        continue;
      }
      const contactId = holders.get(verification.email.toLowerCase());
      const due = await dueFor(letter, verification, contactId, { crm, nowMs });
      yield { letter, plan: believing(letter, due) };
    }
  }
}
