import { machineClock } from '../../../lib/clock.ts';
import { EXIT } from '../../exit.ts';
import type { Ended, GlobalOptions } from '../../program.ts';
import { endNow } from '../../terminal/report.ts';
import { daysLeft, inBox, type OpenBox } from '../box.ts';
import { groupsOf, lineOf } from '../groups.ts';
import { listing } from '../listing.ts';
import { beginReading, readLetters } from '../read.ts';
import { emptyList, type ListReport } from '../reports.ts';

export interface ListOptions extends GlobalOptions {
  detail?: boolean;
}

const iso = (ms: number): string => new Date(ms).toISOString();

async function list(box: OpenBox, { detail = false, json = false }: ListOptions): Promise<Ended> {
  const { progress, counts, stop } = await beginReading(box, (message) =>
    endNow(
      { ...emptyList, queue: box.where, outcome: 'interrupted', exitCode: EXIT.interrupted, message },
      json,
    ),
  );
  const { kept, notShown } = await readLetters(box, lineOf, { progress, counts, stop }).finally(
    progress.stop,
  );
  const letters = kept.toSorted((a, b) => a.sentAtMs - b.sentAtMs);
  const now = machineClock.timeOfDay();
  const groups = groupsOf(letters);
  const report = {
    ...emptyList,
    queue: box.where,
    letters: letters.length,
    notShown,
    groups: groups.map(({ errorCode, reason, count, oldestMs, newestMs, explanation }) => ({
      errorCode: errorCode ?? null,
      reason,
      count,
      oldest: iso(oldestMs),
      newest: iso(newestMs),
      daysLeft: daysLeft(oldestMs, counts.retentionMs, now),
      ...explanation,
    })),
    ...(detail && {
      details: letters.map(({ id, errorCode, reason, deliveries, sentAtMs }) => ({
        id,
        errorCode: errorCode ?? null,
        reason,
        deliveries: deliveries ?? null,
        sentAt: iso(sentAtMs),
      })),
    }),
  };
  const total = `${letters.length} dead ${letters.length === 1 ? 'letter' : 'letters'} in ${box.where}.`;
  if (stop.aborted) {
    const message = `Interrupted. ${total} There may be more. All are visible again.`;
    return {
      report: { ...report, outcome: 'interrupted', exitCode: EXIT.interrupted, message } satisfies ListReport,
    };
  }
  const message = notShown > 0 ? `${total} ${notShown} more cannot be seen now.` : total;
  return {
    report: { ...report, outcome: 'listed', message } satisfies ListReport,
    body: listing({
      total,
      groups,
      letters: detail ? letters : [],
      notShown,
      retentionMs: counts.retentionMs,
      now,
    }),
  };
}

/** Groups the letters by code and reason, and says what to do. */
export const runList = (options: ListOptions): Promise<Ended> => inBox(options, list);
