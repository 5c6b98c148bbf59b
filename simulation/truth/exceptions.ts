import type { Verification } from '../people/person.ts';

/*
 * What docs/decisions/0001 lists under "What remains": each case by name, with the condition by which it is recognised.
 */

/** As the decision has them, in its order. */
export const EXCEPTIONS = {
  'two sign-ups within 15 minutes': 'A note is missing',
  'two letters of one person': 'A note is missing, or the username is not the latest one',
  'published twice': 'A note too many',
  'applied after it was given up': 'A note too many',
  'handed to two instances': 'A note too many',
  'changed by support between two deliveries': 'A note too many',
  'sent again without its date': 'A note too many',
  'set since the account was made': 'The username is not the latest one, and a note is missing',
  'an earlier one published again': 'The username is not the latest one, and a note too many',
} as const;

export type Exception = keyof typeof EXCEPTIONS;

const CLOCK_SKEW_MS = 15 * 60_000;

/** A person's card was changed by hand between the first delivery and the last. */
function supportBetween({ person, facts }: Verification): boolean {
  const { firstDeliveredAt, lastDeliveredAt } = facts;
  if (firstDeliveredAt === undefined || lastDeliveredAt === undefined) return false;
  return person.support.some(({ at }) => at >= firstDeliveredAt && at <= lastDeliveredAt + 60_000);
}

/** It came to the queue out of its turn. */
const cameBack = ({ facts }: Verification): boolean => facts.redriven + facts.replays > 0;

/**
 * It never came to the queue by itself, or a second time, and the comparison dates it as its account: a username that
 * was set since then, by hand or for the person's account of before, passes for a later one.
 */
export function gaveWayToEarlier({ person, facts }: Verification): Exception | undefined {
  const { accountMadeAt, published, replays } = facts;
  if (accountMadeAt === undefined || (published > 0 && replays === 0)) return undefined;
  const isSince = (at: number): boolean => at >= accountMadeAt;
  const byHand = person.support.some(({ what, at }) => what === 'username' && isSince(at));
  const others = person.verifications.filter((other) => other.facts !== facts);
  return byHand || others.some((other) => other.facts.syncedAt.some(isSince))
    ? 'set since the account was made'
    : undefined;
}

export function missingNote(verification: Verification): Exception | undefined {
  const { facts, verifiedAt, person } = verification;
  const others = person.verifications.filter((other) => other !== verification);
  if (facts.redelivered && others.some((other) => Math.abs(verifiedAt - other.verifiedAt) <= CLOCK_SKEW_MS))
    return 'two sign-ups within 15 minutes';
  if (facts.outcomes.includes('superseded') && cameBack(verification) && others.some(cameBack))
    return 'two letters of one person';
  return facts.outcomes.includes('superseded') ? gaveWayToEarlier(verification) : undefined;
}

export function surplusNote(verification: Verification, surplus: number): Exception | undefined {
  const { facts, person } = verification;
  // Of a contact that was there before. Of a new one, no repeat may bring a note.
  const metStranger = facts.met?.stranger === true;
  if (metStranger && facts.repeatedLate && facts.published > surplus) return 'published twice';
  if (facts.repeatedLate && person.verifications.at(-1) !== verification)
    return 'an earlier one published again';
  if (facts.lateNotes >= surplus) return 'applied after it was given up';
  if (metStranger && facts.handedElsewhere >= surplus) return 'handed to two instances';
  if (supportBetween(verification)) return 'changed by support between two deliveries';
  if (facts.replays > 0 && facts.statedAt === undefined) return 'sent again without its date';
  return undefined;
}

/** @param held whose username the card has, instead of that of `due` */
export function wrongUsername(due: Verification, held: Verification): Exception | undefined {
  if (held.facts.repeatedLate) return 'an earlier one published again';
  if (!due.facts.outcomes.includes('superseded')) return undefined;
  return gaveWayToEarlier(due) ?? (cameBack(due) ? 'two letters of one person' : undefined);
}
