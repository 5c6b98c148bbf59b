/** One verification of an address: what the service hears of, and what became of it. */
export interface Verification {
  readonly person: Person;
  /** 1 for the first of the person. */
  readonly number: number;
  /** No two verifications have the same. */
  readonly username: string;
  /** Cognito's name for the account. */
  readonly sub: string;
  /** True time, in milliseconds since 1970. */
  readonly verifiedAt: number;
  readonly facts: Facts;
}

/** What really happened to a verification, as nobody in the service can know it. */
export interface Facts {
  /** As which the message says when it was verified, if it does. */
  statedAt: number | undefined;
  /** When the account was made in the pool that it stands for; undefined where there is none, and somebody else sends it. */
  accountMadeAt: number | undefined;
  /** Messages of it that SQS took, beside those that say that they are sent again. */
  published: number;
  replays: number;
  /** The publisher could not put it on the queue, and said so. */
  notPublished: boolean;
  /** An operator has put it away for good, and says why. */
  closed: boolean;
  /** HubSpot's first answer to its create that counted: whether somebody else's contact was there. */
  met: { at: number; stranger: boolean; contactId: string } | undefined;
  /** Notes that it has written. */
  notes: number;
  /** Each outcome that was reached and when, the latest last. */
  outcomes: string[];
  syncedAt: number[];
  deliveries: number;
  /** A delivery that was neither the first, nor without doubt for another reason. */
  redelivered: boolean;
  /** When it was delivered first and last. */
  firstDeliveredAt: number | undefined;
  lastDeliveredAt: number | undefined;
  /** A receive of it was given to a second instance. */
  handedElsewhere: number;
  /** Cognito's trigger was repeated when the queue had forgotten the first message. */
  repeatedLate: boolean;
  /** HubSpot's latest answer to a call that was for it. */
  latestStatus: number | undefined;
  /** Notes that took effect after they had been given up. */
  lateNotes: number;
  /** Times that SQS itself moved it, without a word why. */
  movedBySqs: number;
  deadLetters: number;
  redriven: number;
}

/** Somebody with an address. */
export interface Person {
  readonly number: number;
  /** As they type it. */
  readonly email: string;
  readonly verifications: Verification[];
  /** The card that was there before they signed up first. */
  readonly before: CardBefore | undefined;
  /** What people at support did to their card. */
  readonly support: SupportAct[];
  /** HubSpot takes the address. */
  readonly isTaken: boolean;
}

export interface CardBefore {
  readonly contactId: string;
  readonly properties: Readonly<Record<string, string | null>>;
  readonly notes: number;
}

export interface SupportAct {
  readonly at: number;
  readonly what:
    | 'username'
    | 'lead source'
    | 'note deleted'
    | 'merged'
    | 'deleted'
    | 'deleted for good'
    | 'created';
  readonly username?: string;
}

export const newFacts = (): Facts => ({
  statedAt: undefined,
  accountMadeAt: undefined,
  published: 0,
  replays: 0,
  notPublished: false,
  closed: false,
  met: undefined,
  notes: 0,
  outcomes: [],
  syncedAt: [],
  deliveries: 0,
  redelivered: false,
  firstDeliveredAt: undefined,
  lastDeliveredAt: undefined,
  handedElsewhere: 0,
  repeatedLate: false,
  latestStatus: undefined,
  lateNotes: 0,
  movedBySqs: 0,
  deadLetters: 0,
  redriven: 0,
});
