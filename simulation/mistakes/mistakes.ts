import type { Check } from '../truth/checks.ts';

/** A mistake in one place of lib/, to show that the simulation finds it. */
export interface Mistake {
  /** What the code no longer does. */
  name: string;
  file: string;
  /** Stands once in the file. */
  code: string;
  becomes: string;
  /** The check that fails, among others perhaps. */
  foundBy: Check;
}

/** Each is put into the code alone. */
export const MISTAKES: readonly Mistake[] = [
  {
    name: 'a doubted conflict is not read back',
    file: 'lib/contact-sync.ts',
    code: 'if (signUp.doubted) {',
    becomes: 'if (signUp.email === "") {',
    foundBy: 'true notes',
  },
  {
    name: 'a repeat with a date of its own is not recognised',
    file: 'lib/contact-sync.ts',
    code: '!signUp.doubted && createdAt >= before(signUp, REPEATED_WITHIN_MS)',
    becomes: '!signUp.doubted && createdAt >= signUp.verifiedAt',
    foundBy: 'true notes',
  },
  {
    name: 'a note that is there is not seen',
    file: 'lib/contact-sync.ts',
    code: "if (hasNote) return hasUsername ? 'nothing' : 'username';",
    becomes: '',
    foundBy: 'true notes',
  },
  {
    name: 'a newer username is overwritten',
    file: 'lib/contact-sync.ts',
    code: "if (!hasUsername && knowsBetter(contact.username, signUp)) return 'nothing-any-more';",
    becomes: '',
    foundBy: 'the latest username',
  },
  {
    name: 'what comes back (`Replay`, `ErrorCode`, late) gives no reason to doubt',
    file: 'lib/sign-up.ts',
    code: 'doubted: mayHaveBeenWorkedOn(delivery) || late || seen,',
    becomes: 'doubted: delivery.deliveries > 1 || seen,',
    foundBy: 'true notes',
  },
  {
    name: 'the back-off does not grow',
    file: 'lib/queue/next-step.ts',
    code: 'retryBaseSeconds * 2 ** doublings',
    becomes: 'retryBaseSeconds',
    foundBy: 'a day is outlasted',
  },
  {
    name: 'a refused token gives people up',
    file: 'lib/hubspot/answers.ts',
    code: "if (isTokenRefusal(answer)) return { ...said, class: 'misconfigured', what: 'token' };",
    becomes: "if (isTokenRefusal(answer)) return { ...said, class: 'rejected' };",
    foundBy: 'true letters',
  },
  {
    name: "the conflict's ID is taken for a number",
    file: 'lib/hubspot/answers.ts',
    code: 'contactId !== undefined ? { contactId }',
    becomes: 'contactId !== undefined ? { contactId: String(Number(contactId)) }',
    foundBy: 'the latest username',
  },
  {
    name: 'the group is not the person',
    file: 'lib/verification-message.ts',
    code: 'MessageGroupId: personHash(email)',
    becomes: 'MessageGroupId: deduplicationHash(email, username, run)',
    foundBy: 'true notes',
  },
  {
    name: "repeats of Cognito's are not known by `sub`",
    file: 'lib/verification-message.ts',
    code: '(sub ?? deduplicationHash(email, username))',
    becomes: 'deduplicationHash(email, username, run)',
    foundBy: 'true notes',
  },
  {
    name: 'a message that must come again is acknowledged',
    file: 'lib/queue/put-aside.ts',
    code: "count('DeliveryRetried', { class: failure.class });\n  throw new DeliveryError(failure);\n}",
    becomes: "count('DeliveryRetried', { class: failure.class });\n}",
    foundBy: 'nobody is lost',
  },
  {
    name: 'a letter does not say why',
    file: 'lib/queue/dead-letter.ts',
    code: 'ErrorMessage: text(errorMessage(failure, because, delivery.deliveries)),',
    becomes: '',
    foundBy: 'true letters',
  },
  {
    name: 'each instance takes the whole limit',
    file: 'lib/config.ts',
    code: 'env.HUBSPOT_REQUESTS_PER_10S / env.MAX_CONCURRENCY',
    becomes: 'env.HUBSPOT_REQUESTS_PER_10S',
    foundBy: "the limit's pace",
  },
  {
    name: 'what is refused for everybody is not counted',
    file: 'lib/queue/put-aside.ts',
    code: "count(failure.what === 'token' ? 'HubSpotAuthFailure' : 'HubSpotRefusal');",
    becomes: '{}',
    foundBy: 'somebody is called',
  },
  {
    name: 'a sign-up that is not on the queue is not counted',
    file: 'lib/publisher.ts',
    code: "count('PublishFailure');",
    becomes: '',
    foundBy: 'somebody is called',
  },
  {
    name: 'the address is logged',
    file: 'lib/batch.ts',
    code: 'line.person = tagOf(signUp.email);',
    becomes: 'line.person = signUp.email;',
    foundBy: 'names in no log',
  },
  {
    name: 'a note is dated when it is written',
    file: 'lib/contact-sync.ts',
    code: 'updateNote(contactId, updatedAt)',
    becomes: 'updateNote(contactId, new Date(updatedAt.getTime() + 1))',
    foundBy: 'note of its update',
  },
  {
    name: 'a fixed value differs from the ticket',
    file: 'lib/hubspot/ticket.ts',
    code: "lifecyclestage: 'lead',",
    becomes: "lifecyclestage: 'subscriber',",
    foundBy: 'one card',
  },
  {
    name: 'the daily comparison sends nobody',
    file: 'lib/reconcile/daily.ts',
    code: 'else result.sent = await send(lacking);',
    becomes: 'else result.sent = lacking.length;',
    foundBy: 'nobody is lost',
  },
  {
    name: 'the daily comparison dates people by their latest change',
    file: 'lib/reconcile/account.ts',
    code: 'verifiedAt: UserCreateDate.toISOString(),',
    becomes: 'verifiedAt: (UserLastModifiedDate ?? UserCreateDate).toISOString(),',
    foundBy: 'true notes',
  },
  {
    name: 'the daily comparison takes whoever has an account',
    file: 'lib/reconcile/account.ts',
    code: "if (attributes.get('email_verified') !== 'true') return undefined;",
    becomes: '',
    foundBy: 'nobody verified',
  },
  {
    name: 'the daily comparison does not look at the trigger',
    file: 'lib/reconcile/daily.ts',
    code: "metrics.addMetric('TriggerDetached', MetricUnit.Count, isOurs ? 0 : 1);",
    becomes: '',
    foundBy: 'somebody is called',
  },
  {
    name: 'the daily comparison does not count the missing',
    file: 'lib/reconcile/daily.ts',
    code: "metrics.addMetric('MissingInHubSpot', MetricUnit.Count, total);",
    becomes: '',
    foundBy: 'somebody is called',
  },
  {
    name: 'the daily comparison does not say that it ran',
    file: 'lib/reconcile/daily.ts',
    code: "count('ReconcileRun');",
    becomes: '',
    foundBy: 'no false alarm',
  },
];
