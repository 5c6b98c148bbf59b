import type { SignUp } from './contact-sync.ts';
import { type Delivery, mayHaveBeenOvertaken, mayHaveBeenWorkedOn, wasSentLate } from './queue/delivery.ts';
import type { Verification } from './verification.ts';
import type { Synced } from './worked-on.ts';

/**
 * A verification as this delivery of it has to be taken.
 *
 * @param seen whether this instance has worked on the message, or one just before it of the same person, already
 * @param before the person's sign-up that this instance synced last
 */
export function signUpOf(
  verification: Verification,
  delivery: Delivery,
  { seen, before }: { seen: boolean; before: Synced | undefined },
): SignUp {
  const { verifiedAt: stated = delivery.sentAt, ...person } = verification;
  // Nobody verifies after the message was sent: a publisher's fast clock must not make our own contact look old.
  const verifiedAt = new Date(Math.min(new Date(stated).getTime(), delivery.sentAt.getTime()));
  const late = wasSentLate(delivery, verifiedAt);
  return {
    ...person,
    verifiedAt,
    doubted: mayHaveBeenWorkedOn(delivery) || late || seen,
    overtaken: mayHaveBeenOvertaken(delivery) || late,
    usernameBefore: before !== undefined && before.verifiedAt <= verifiedAt ? before.username : undefined,
  };
}
