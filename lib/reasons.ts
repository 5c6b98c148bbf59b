import type { Reason } from './failure.ts';
import type { ErrorCode } from './queue/next-step.ts';

/** Who has to do something about a dead letter. */
export type Mover = 'operator' | 'publisher' | 'HubSpot administrator' | 'developer' | 'HubSpot' | 'AWS';

/** What a dead letter means for a person, and what to do about it. */
export interface Explanation {
  meaning: string;
  /** What to do, for somebody who does not know the code. */
  action: string;
  /** Whose move it is first. */
  mover: Mover;
  /** Whether a redrive helps: as it is, once the action is done, or not at all. */
  redrive: 'helps' | 'helps-afterwards' | 'does-not-help';
}

/** What a letter says of itself. One that SQS moved by itself, or that somebody else put there, says less. */
export interface Stated {
  errorCode: string | undefined;
  reason: string | undefined;
}

type Registry = Readonly<Record<string, Explanation>>;

const SEND_ANEW_AND_DROP =
  'Send the person again with the right values (`send`), and drop the letter (`dlq drop`).';

const invalidMessage = {
  NotJson: {
    meaning: 'The publisher has sent a body that is not JSON. Nobody can be told from it.',
    action:
      'Find out which program has sent it, and mend that. Its own records say who is missing: send them (`send`). Drop the letter (`dlq drop`).',
    mover: 'publisher',
    redrive: 'does-not-help',
  },
  UsernameUnusable: {
    meaning: 'The publisher has sent an address without a usable username.',
    action: `Mend the publisher. Look the account up by its address, which \`dlq show --reveal\` tells: the username is in the user pool. ${SEND_ANEW_AND_DROP}`,
    mover: 'publisher',
    redrive: 'does-not-help',
  },
  BadFields: {
    meaning: 'The publisher has sent fields that are no verification, such as an address without an @.',
    action: `Mend the publisher: ErrorMessage names the fields. ${SEND_ANEW_AND_DROP}`,
    mover: 'publisher',
    redrive: 'does-not-help',
  },
  Unstated: {
    meaning: 'The publisher has sent something that is no verification.',
    action: `Mend the publisher: ErrorMessage names the field. ${SEND_ANEW_AND_DROP}`,
    mover: 'publisher',
    redrive: 'does-not-help',
  },
} as const satisfies Registry;

const ADD_BY_HAND =
  'If the person is wanted in HubSpot, have them added there by hand. Drop the letter (`dlq drop`). The daily comparison sends them again for up to three days: drop those letters, too. A redrive helps only if HubSpot has changed its mind.';

const hubSpotRejected = {
  EmailRefused: {
    meaning: "HubSpot does not take this person's address.",
    action: ADD_BY_HAND,
    mover: 'operator',
    redrive: 'does-not-help',
  },
  UsernameRefused: {
    meaning: "HubSpot does not take this person's username, or another card has it.",
    action: ADD_BY_HAND,
    mover: 'operator',
    redrive: 'does-not-help',
  },
  ValueTaken: {
    meaning: 'HubSpot says that another card has a value of this person, and does not say which card.',
    action:
      'Look in HubSpot for the address, also among merged and deleted contacts. When the clash is gone, redrive.',
    mover: 'HubSpot administrator',
    redrive: 'helps-afterwards',
  },
  Unstated: {
    meaning: "HubSpot does not take this person's address or username; ErrorMessage names it.",
    action: ADD_BY_HAND,
    mover: 'operator',
    redrive: 'does-not-help',
  },
} as const satisfies Registry;

const REDRIVE = 'redrive (`dlq redrive`).';

const deliveriesExhausted = {
  NoAnswer: {
    meaning: 'HubSpot gave no complete answer, for a day or more.',
    action: `See status.hubspot.com. When HubSpot answers again, ${REDRIVE}`,
    mover: 'HubSpot',
    redrive: 'helps-afterwards',
  },
  HubSpotTrouble: {
    meaning: 'HubSpot answered with errors of its own, for a day or more.',
    action: `See status.hubspot.com. When HubSpot is well again, ${REDRIVE}`,
    mover: 'HubSpot',
    redrive: 'helps-afterwards',
  },
  UnreadableAnswer: {
    meaning: 'Something answered in the place of HubSpot, or HubSpot said nothing that can be used.',
    action: `See whether a proxy is in between, and status.hubspot.com. When it is over, ${REDRIVE}`,
    mover: 'HubSpot',
    redrive: 'helps-afterwards',
  },
  ContactGone: {
    meaning: 'The contact was merged or deleted, time and again, while it was being worked on.',
    action: `Look at the card in HubSpot (\`dlq show\` tells which). Then ${REDRIVE}`,
    mover: 'operator',
    redrive: 'helps',
  },
  BurstLimit: {
    meaning: "HubSpot's limit of requests in ten seconds was used up, for a day or more.",
    action: `Find what else uses the same token, or lower hubspotRequestsPer10s in serverless.yml to what the plan allows. Then ${REDRIVE}`,
    mover: 'operator',
    redrive: 'helps-afterwards',
  },
  DailyLimit: {
    meaning: "HubSpot's limit of requests for the day was used up, for more than a day.",
    action: `Find what else uses the account's requests. HubSpot counts anew from midnight in the account's time zone; then ${REDRIVE}`,
    mover: 'operator',
    redrive: 'helps-afterwards',
  },
  TokenRefused: {
    meaning: 'HubSpot refused the access token, for a day or more.',
    action: `Store a token that works, with both scopes. Then ${REDRIVE}`,
    mover: 'operator',
    redrive: 'helps-afterwards',
  },
  TokenMissing: {
    meaning: 'There was no usable HubSpot token in SSM, or no right to read it.',
    action: `Store the token, or give the right back. Then ${REDRIVE}`,
    mover: 'operator',
    redrive: 'helps-afterwards',
  },
  SsmTrouble: {
    meaning: 'SSM, which holds the HubSpot token, could not be asked.',
    action: `See the AWS Health Dashboard. When SSM answers again, ${REDRIVE}`,
    mover: 'AWS',
    redrive: 'helps-afterwards',
  },
  RequestRefused: {
    meaning:
      'HubSpot refused what every sign-up sends: somebody has changed the CRM, or a version of the API has ended.',
    action: `The log names the property or the status: have it put back in HubSpot, or change hubspotApiVersion. Then ${REDRIVE}`,
    mover: 'HubSpot administrator',
    redrive: 'helps-afterwards',
  },
  NotStarted: {
    meaning:
      'It never got its turn: there was no time or no room in the rate limit, or an earlier message of the same person came first.',
    action: `See what became of the others, and whether the rate limit is too small for the sign-ups there are. Then ${REDRIVE}`,
    mover: 'operator',
    redrive: 'helps',
  },
  UnexpectedError: {
    meaning: 'The function failed in a way that it does not know.',
    action: `Look for "Unexpected error" in its log, by RequestID. When it is mended and deployed, ${REDRIVE}`,
    mover: 'developer',
    redrive: 'helps-afterwards',
  },
  Unstated: {
    meaning: 'It failed for a day or more; ErrorMessage has the last reason.',
    action: `See that the last reason is mended. Then ${REDRIVE}`,
    mover: 'operator',
    redrive: 'helps-afterwards',
  },
} as const satisfies Record<
  Exclude<Reason, keyof typeof invalidMessage | keyof typeof hubSpotRejected> | 'Unstated',
  Explanation
>;

/** Letters without a code of ours. */
const withoutCode = {
  ProcessDied: {
    meaning: 'SQS has moved it by itself: the function died on every delivery, and could give no reason.',
    action: `Its log has "Task timed out" or an out-of-memory error near the letter's times. When the function runs again, ${REDRIVE}`,
    mover: 'developer',
    redrive: 'helps-afterwards',
  },
  Unknown: {
    meaning:
      'It has a code that this version does not know: another program, or a newer version, has put it there.',
    action: 'Look at it (`dlq show`), and ask whoever has sent it. Nothing is lost while it lies here.',
    mover: 'developer',
    redrive: 'does-not-help',
  },
} as const satisfies Registry;

/** Every code that lib/ gives a dead letter, and every reason that goes with it. */
export const REASONS = {
  InvalidMessage: invalidMessage,
  HubSpotRejected: hubSpotRejected,
  DeliveriesExhausted: deliveriesExhausted,
} as const satisfies Record<ErrorCode, Registry>;

/** All that there is to explain, for documents. A code of `undefined` is a letter that has none. */
export const allReasons = (): {
  errorCode: ErrorCode | undefined;
  reason: string;
  explanation: Explanation;
}[] => [
  ...(['InvalidMessage', 'HubSpotRejected', 'DeliveriesExhausted'] as const).flatMap((errorCode) =>
    Object.entries<Explanation>(REASONS[errorCode]).map(([reason, explanation]) => ({
      errorCode,
      reason,
      explanation,
    })),
  ),
  ...Object.entries<Explanation>(withoutCode).map(([reason, explanation]) => ({
    errorCode: undefined,
    reason,
    explanation,
  })),
];

const registered = (registry: Registry, reason: string): Explanation | undefined =>
  Object.hasOwn(registry, reason) ? registry[reason] : undefined;

const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(REASONS, code);

/** What a letter means, whatever it says of itself. */
export function explain({ errorCode, reason }: Stated): { reason: string } & Explanation {
  if (errorCode === undefined) return { reason: 'ProcessDied', ...withoutCode.ProcessDied };
  if (!isErrorCode(errorCode)) return { reason: 'Unknown', ...withoutCode.Unknown };
  const registry: Registry = REASONS[errorCode];
  const found = reason === undefined ? undefined : registered(registry, reason);
  if (reason !== undefined && found !== undefined) return { reason, ...found };
  // It was written before there were reasons, or after this version.
  return { reason: 'Unstated', ...REASONS[errorCode].Unstated };
}
