import type { SignUp } from './contact-sync.ts';
import { type Delivery, mayHaveBeenOvertaken, mayHaveBeenWorkedOn } from './queue/delivery.ts';
import type { Earlier } from './turns.ts';
import type { Verification } from './verification.ts';

/**
 * A verification as this delivery of it has to be taken.
 *
 * @param seen whether this instance has worked on the message before
 * @param earlier what became of the same person's message before it in the batch
 */
export function signUpOf(
  verification: Verification,
  delivery: Delivery,
  { seen, earlier }: { seen: boolean; earlier: Exclude<Earlier<SignUp | undefined>, 'put back'> },
): SignUp {
  const { verifiedAt: stated = delivery.sentAt, ...person } = verification;
  // Nobody verifies after the message was sent: a publisher's fast clock must not make our own contact look old.
  const verifiedAt = new Date(Math.min(new Date(stated).getTime(), delivery.sentAt.getTime()));
  const before = earlier === 'none' ? undefined : earlier.done;
  return {
    ...person,
    verifiedAt,
    // An earlier message of the same batch may be this one, sent twice.
    doubted: mayHaveBeenWorkedOn(delivery) || seen || earlier !== 'none',
    overtaken: mayHaveBeenOvertaken(delivery),
    usernameBefore: before !== undefined && before.verifiedAt <= verifiedAt ? before.username : undefined,
  };
}
