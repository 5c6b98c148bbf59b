/**
 * Everything that can go wrong with one delivery and is expected to.
 *
 * | class | what happened | what follows (lib/queue/next-step.ts) |
 * | --- | --- | --- |
 * | `transient` | no answer, or one that means "later" | back off, deliver again |
 * | `throttled` | HubSpot's rate limit | back off; the rest of the batch waits the window out, or stops where that is too long |
 * | `misconfigured` | HubSpot refuses the token, or there is none; or what we send to everybody | back off long, alarm |
 * | `rejected` | HubSpot refuses this person's own values | dead letter at once |
 * | `invalid` | not a verification message | dead letter at once, HubSpot is not asked |
 * | `not-started` | no time or no room in the limit left, or an earlier message of the same person comes first | deliver again, soon at first |
 *
 * `detail` is for a person, in logs and dead letters: it never names one. `reason` tells apart what one class holds
 * several of, where a person has to do something else about it.
 */
export type Failure = Readonly<
  { detail: string; correlationId?: string | undefined } & (
    | {
        class: 'transient';
        reason?: 'NoAnswer' | 'UnreadableAnswer' | 'ContactGone' | 'SsmTrouble' | 'UnexpectedError';
        retryAfterSeconds?: number | undefined;
        /** Worth another delivery only on the first one: on later ones it is for the CRM's owners, as `misconfigured` is. */
        once?: boolean;
      }
    | { class: 'throttled'; limit: 'ten-secondly' | 'daily'; retryAfterSeconds?: number | undefined }
    | { class: 'misconfigured'; what: 'token'; reason?: 'TokenMissing' }
    | { class: 'misconfigured'; what: 'request' }
    | { class: 'rejected'; reason?: 'EmailRefused' | 'UsernameRefused' }
    | { class: 'invalid'; reason?: 'NotJson' | 'UsernameUnusable' }
    | { class: 'not-started' }
  )
>;

/** What reasons the classes have, each under a name that never changes: dead letters keep it. */
export type Reason = ReturnType<typeof reasonOf>;

/** Why a delivery failed, as lib/reasons.ts explains it. */
export function reasonOf(failure: Failure) {
  switch (failure.class) {
    case 'invalid':
      return failure.reason ?? 'BadFields';
    case 'rejected':
      return failure.reason ?? 'ValueTaken';
    case 'transient':
      return failure.reason ?? 'HubSpotTrouble';
    case 'throttled':
      return failure.limit === 'daily' ? 'DailyLimit' : 'BurstLimit';
    case 'misconfigured':
      return failure.what === 'token' ? (failure.reason ?? 'TokenRefused') : 'RequestRefused';
    case 'not-started':
      return 'NotStarted';
  }
}

/** Carries a {@link Failure} from where it happens to where it is decided. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError';
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.detail);
    this.failure = failure;
  }
}
