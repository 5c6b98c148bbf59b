import type { Portal } from '../../sandbox/hubspot/portal.ts';
import type { SimulatedUserPool } from '../aws/user-pool.ts';
import type { Verification } from '../people/person.ts';
import type { Registry } from '../people/registry.ts';
import type { Timeline } from '../time/timeline.ts';
import type { AlarmWatch } from './alarm-watch.ts';
import type { Findings } from './findings.ts';

export interface NetWatchOptions {
  timeline: Timeline;
  findings: Findings;
  alarmWatch: AlarmWatch;
  registry: Registry;
  portal: Portal;
  pool: SimulatedUserPool;
  /** The function that the pool is to call. */
  publisherArn: string;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const WINDOW_MS = 72 * HOUR_MS;
/** docs/runbook.md: more than 200 are not sent without somebody. What the run counts and the truth may differ by a few. */
const SURELY_SENT = 180;
/** Whoever verifies their address just before is looked at by the next run, too. */
const SOONEST_MS = MINUTE_MS;
/** Between the run's clock and the truth. */
const CLOCKS_MS = MINUTE_MS;
/** Within so long after a run, an alarm rings. */
const RINGS_WITHIN_MS = 8 * MINUTE_MS;
/** Evaluated once an hour. */
const STOPS_WITHIN_MS = 65 * MINUTE_MS;
/** Without a run for so long, an alarm may ring; for so long, it must: two more data points may be looked at, and it is evaluated once an hour. */
const OVERDUE_MS = 26 * HOUR_MS;
const MUST_RING_MS = 30 * HOUR_MS;

/** A username that an account has chosen and its card lacks, by the rule that later ones stay. */
function lacksUsername(verification: Verification, createdAt: number, portal: Portal): boolean {
  const card = portal.contactByEmail(verification.person.email);
  const [latest] = card?.history.username ?? [];
  const held = card?.properties.username ?? '';
  if (held === verification.username) return false;
  return held === '' || latest === undefined || latest.timestamp.getTime() <= createdAt;
}

/**
 * Whether the daily comparison does what it is for: whoever has verified an address and is nowhere is sent, or, where
 * there are many, somebody is called; and somebody is called for a pool that calls another function.
 */
export function createNetWatch({
  timeline,
  findings,
  alarmWatch,
  registry,
  portal,
  pool,
  publisherArn,
}: NetWatchOptions) {
  let latestRun: { begunAt: number; endedAt: number } | undefined;
  const isDetached = (): boolean => pool.postConfirmation !== publisherArn;

  const isOverdue = (): boolean => latestRun === undefined || timeline.now() - latestRun.endedAt > OVERDUE_MS;

  /** Of whom the window holds: how many may be counted as missing, and who is nowhere at all. */
  function look(): { mayBeMissing: number; nowhere: { verification: Verification; createdAt: number }[] } {
    const since = timeline.now() - WINDOW_MS;
    let mayBeMissing = 0;
    const nowhere = [];
    for (const { UserStatus, UserCreateDate, UserLastModifiedDate, Username } of pool.usersSince(
      since - CLOCKS_MS,
    )) {
      const [createdAt, changedAt] = [UserCreateDate?.getTime() ?? 0, UserLastModifiedDate?.getTime() ?? 0];
      if (UserStatus !== 'CONFIRMED' || changedAt < since - CLOCKS_MS) continue;
      const verification = registry.bySub(Username ?? '');
      if (verification === undefined) continue;
      const { username, person, verifiedAt, facts } = verification;
      if (portal.contactByEmail(person.email)?.properties.username !== username) mayBeMissing += 1;
      if (changedAt < since + CLOCKS_MS || verifiedAt > timeline.now() - SOONEST_MS) continue;
      if (facts.published + facts.replays === 0 && lacksUsername(verification, createdAt, portal))
        nowhere.push({ verification, createdAt });
    }
    return { mayBeMissing, nowhere };
  }

  return {
    isOverdue,
    /** The begin of the latest run that has done everything; -Infinity where there is none. */
    latestRunBegunAt: () => latestRun?.begunAt ?? Number.NEGATIVE_INFINITY,

    runBegins() {
      const begunAt = timeline.now();
      const wasDetached = isDetached();
      const { mayBeMissing, nowhere } = look();
      const people = registry.verifications();

      const mayBeMany = () => mayBeMissing + registry.verifications() - people > SURELY_SENT;
      function causeAlarms(): void {
        if (wasDetached || isDetached()) alarmWatch.cause('TriggerDetachedAlarm');
        if (mayBeMany()) alarmWatch.cause('MissingInHubSpotAlarm');
      }
      // Now, and at the end: the alarm may ring before.
      causeAlarms();

      function runIsDone(): void {
        const endedAt = timeline.now();
        latestRun = { begunAt, endedAt };
        timeline.after(MUST_RING_MS, () => {
          if (latestRun?.endedAt === endedAt)
            alarmWatch.mustHaveRung('pool and HubSpot were not compared', ['ReconcileMissedAlarm'], endedAt);
        });
        alarmWatch.mustStop('pool and HubSpot were compared', 'ReconcileMissedAlarm', STOPS_WITHIN_MS);
        if (wasDetached && isDetached())
          alarmWatch.mustRing('the trigger is not attached', ['TriggerDetachedAlarm'], RINGS_WITHIN_MS);
        const passedOver = nowhere.filter(
          ({ verification, createdAt }) =>
            verification.facts.published + verification.facts.replays === 0 &&
            pool.has(verification.sub) &&
            lacksUsername(verification, createdAt, portal),
        );
        if (passedOver.length === 0) return;
        if (mayBeMany())
          alarmWatch.mustRing('many people are missing', ['MissingInHubSpotAlarm'], RINGS_WITHIN_MS);
        else
          for (const { verification } of passedOver)
            findings.add(
              'nobody is lost',
              `the daily comparison has passed over verification ${verification.number}`,
              verification.person,
            );
      }

      return {
        onEnd(isDone: boolean): void {
          causeAlarms();
          if (isDone) runIsDone();
        },
      };
    },
  };
}
