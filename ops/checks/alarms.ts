/** An alarm of the stack, and where the runbook says what to do about it. */
export interface KnownAlarm {
  /** As infrastructure/ names it. */
  name: string;
  /** The heading of its section in docs/runbook.md. */
  section: string;
  /** Deployed only where the stage names a user pool. */
  onlyWithPool?: true;
  /** People cannot sign up while it is on. */
  urgent?: true;
}

const DEAD_LETTERS = 'Dead letters';
const LATE = 'Sign-ups are late';
const THROTTLED_OR_SLOW = 'The sync is throttled or slow';

/**
 * Every alarm of infrastructure/, in the order of the runbook: `doctor`, the runbook and the tests of what is deployed read
 * it here. A test fails where an alarm is deployed and not in it, or in it and not deployed.
 */
export const ALARMS: readonly KnownAlarm[] = [
  { name: 'NewDeadLetterAlarm', section: DEAD_LETTERS },
  { name: 'DeadLetterAlarm', section: DEAD_LETTERS },
  { name: 'DeadLetterAgeAlarm', section: DEAD_LETTERS },
  { name: 'HubSpotAuthFailureAlarm', section: 'HubSpot refuses the token' },
  { name: 'HubSpotRefusalAlarm', section: 'HubSpot refuses what every sign-up sends' },
  { name: 'MessageAgeAlarm', section: LATE },
  { name: 'BackOffAlarm', section: LATE },
  { name: 'SyncContactErrorsAlarm', section: 'The function fails' },
  { name: 'SyncContactThrottlesAlarm', section: THROTTLED_OR_SLOW },
  { name: 'SyncContactDurationAlarm', section: THROTTLED_OR_SLOW },
  { name: 'DailyQuotaAlarm', section: "The day's requests run out" },
  { name: 'PublishFailureAlarm', section: 'A verification could not be published' },
  { name: 'ConfirmedUnverifiedAlarm', section: 'Confirmed without a verified address' },
  { name: 'PublishVerificationDurationAlarm', section: 'The publisher is slow' },
  { name: 'PublishVerificationThrottlesAlarm', section: 'The publisher is throttled', urgent: true },
  { name: 'PublishVerificationErrorsAlarm', section: 'The publisher fails', urgent: true },
  { name: 'MissingInHubSpotAlarm', section: 'Many people are missing in HubSpot', onlyWithPool: true },
  { name: 'TriggerDetachedAlarm', section: 'The pool does not call the publisher', onlyWithPool: true },
  { name: 'ReconcileMissedAlarm', section: 'The comparison has not run', onlyWithPool: true },
  { name: 'ReconcileErrorsAlarm', section: 'The comparison fails', onlyWithPool: true },
];
