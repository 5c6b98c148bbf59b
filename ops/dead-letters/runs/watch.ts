import { machineClock } from '../../../lib/clock.ts';
import { DeliveryError } from '../../../lib/failure.ts';
import { EXIT } from '../../exit.ts';
import { openHubSpot, Stopped } from '../../hubspot.ts';
import { stopOnInterrupt } from '../../terminal/interrupt.ts';
import { showProgress } from '../../terminal/progress.ts';
import { type OpenBox, problemOf } from '../box.ts';
import { type Ending, follow } from '../follow.ts';
import type { Letter } from '../letter.ts';
import { groupName } from '../listing.ts';
import { hopeOf, type Plan } from '../plan.ts';
import type { Redriven } from '../redrive.ts';
import type { Outcomes, RedriveReport } from '../reports.ts';
import { outcomeLines, outcomesOf } from './outcomes.ts';

/** What was seen of letters that were moved. */
export interface Watched {
  outcomes: Outcomes;
  dead: Letter[];
  aborted: boolean;
  /** Why they could not be watched any longer. */
  problem?: string;
}

/** Watches the letters that were moved to their end. Never throws: there is a move to report, whatever happens here. */
export async function watch(
  box: OpenBox,
  { moved }: Redriven,
  {
    plans,
    stoppedBefore,
    endAtOnce,
  }: { plans: ReadonlyMap<string, Plan>; stoppedBefore: AbortSignal; endAtOnce: () => never },
): Promise<Watched> {
  const progress = showProgress(moved.length, 0, 'letters at their end');
  // Ctrl-C between the last letter and here was heard by the move, which had ended.
  const stop = AbortSignal.any([
    stoppedBefore,
    stopOnInterrupt({ after: 'this look at HubSpot', say: progress.say, endAtOnce }),
  ]);
  const planned = new Map([...plans].map(([id, plan]) => [id, hopeOf(plan)]));
  const endings = new Map<string, Ending>();
  let problem: string | undefined;
  try {
    await follow({
      moved,
      planned,
      deadLetters: box,
      view: openHubSpot(box.stage, stop),
      clock: machineClock,
      stop,
      onSettled({ letter }, ending) {
        endings.set(letter.id, ending);
        progress.advance(1);
      },
      onStumble: ({ detail }) => progress.say(`HubSpot could not be asked: ${detail} Asking again.`),
    });
  } catch (error) {
    if (!(error instanceof Stopped)) {
      problem = error instanceof DeliveryError ? error.failure.detail : problemOf(error);
    }
  } finally {
    progress.stop();
  }
  const dead = [...endings.values()].flatMap((ending) => (ending.outcome === 'dead' ? [ending.letter] : []));
  const all = moved.map(({ letter }) => endings.get(letter.id)?.outcome ?? 'waiting');
  return {
    outcomes: outcomesOf(all),
    dead,
    aborted: stop.aborted,
    ...(problem !== undefined && { problem }),
  };
}

/** The report of a move, with what became of the letters. */
export function followed(ended: RedriveReport, { outcomes, dead, aborted, problem }: Watched): RedriveReport {
  const why = dead.map(({ id, errorCode, reason, errorMessage = '' }) => ({
    field: id,
    reason: `is dead again (${groupName(errorCode, reason)}): ${errorMessage}`,
  }));
  const allWell = ended.exitCode === EXIT.ok && outcomes.dead === 0 && outcomes.waiting === 0;
  const stillWaiting =
    outcomes.waiting > 0 ? '\nThose that wait are on the queue, and go on by themselves.' : '';
  const cutShort = problem === undefined ? '' : ` They were not watched to the end: ${problem}`;
  const end = aborted
    ? { outcome: 'interrupted' as const, exitCode: EXIT.interrupted }
    : problem !== undefined
      ? { outcome: 'incomplete' as const, exitCode: EXIT.notDone }
      : { exitCode: allWell ? EXIT.ok : EXIT.notDone };
  return {
    ...ended,
    ...end,
    outcomes,
    problems: [...ended.problems, ...why],
    message: `${ended.message}${cutShort} What became of them:\n${outcomeLines(outcomes)}${stillWaiting}`,
  };
}
