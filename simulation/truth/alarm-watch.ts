import type { AlarmState } from '../aws/alarms.ts';
import type { Timeline } from '../time/timeline.ts';
import type { Findings } from './findings.ts';

/**
 * Compares the alarms with what is true: where a person is needed, one has to ring; where nothing has happened, none
 * may.
 */
export interface AlarmWatch {
  changed(alarm: string, to: AlarmState): void;
  /** One of them must be in ALARM at some time from now on, within so long. */
  mustRing(why: string, alarms: readonly string[], withinMs: number): void;
  /** One of them must have been in ALARM at some time between then and now. */
  mustHaveRung(why: string, alarms: readonly string[], since: number): void;
  /** It must not be in ALARM any more, so long from now. */
  mustStop(why: string, alarm: string, withinMs: number): void;
  /** There is a reason for it, now. */
  cause(alarm: string): void;
  /** How often each alarm has gone off. */
  readonly rings: ReadonlyMap<string, number>;
}

/** An alarm that rings so long after its reason is still right: periods of five minutes, and what CloudWatch waits. */
const CAUSE_LASTS_MS = 20 * 60_000;

export function createAlarmWatch(
  timeline: Timeline,
  findings: Findings,
  stillCaused: (alarm: string) => boolean,
): AlarmWatch {
  const rings = new Map<string, number>();
  const causedAt = new Map<string, number>();
  const ringing = new Set<string>();
  /** When each alarm was last in ALARM; of one that still is, now. */
  const lastAlarm = new Map<string, number>();

  const rangSince = (alarms: readonly string[], since: number): boolean =>
    alarms.some((alarm) => ringing.has(alarm) || (lastAlarm.get(alarm) ?? Number.NEGATIVE_INFINITY) >= since);

  const nobodyCame = (why: string, alarms: readonly string[]): void =>
    findings.add('somebody is called', `${why}, and nobody was called by ${alarms.join(' or ')}`);

  return {
    rings,
    changed(alarm, to) {
      if (to !== 'ALARM') {
        if (ringing.delete(alarm)) lastAlarm.set(alarm, timeline.now());
        return;
      }
      ringing.add(alarm);
      lastAlarm.set(alarm, timeline.now());
      rings.set(alarm, (rings.get(alarm) ?? 0) + 1);
      const caused = (causedAt.get(alarm) ?? Number.NEGATIVE_INFINITY) >= timeline.now() - CAUSE_LASTS_MS;
      if (!caused && !stillCaused(alarm))
        findings.add('no false alarm', `${alarm} went off without a reason`);
    },
    mustRing(why, alarms, withinMs) {
      const from = timeline.now();
      timeline.after(withinMs, () => {
        if (!rangSince(alarms, from)) nobodyCame(why, alarms);
      });
    },
    mustHaveRung(why, alarms, since) {
      if (!rangSince(alarms, since)) nobodyCame(why, alarms);
    },
    mustStop(why, alarm, withinMs) {
      timeline.after(withinMs, () => {
        if (ringing.has(alarm) && !stillCaused(alarm))
          findings.add('no false alarm', `${alarm} goes on, although ${why}`);
      });
    },
    cause(alarm) {
      causedAt.set(alarm, timeline.now());
    },
  };
}
