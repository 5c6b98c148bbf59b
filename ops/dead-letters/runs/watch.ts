import { machineClock } from '../../../lib/clock.ts';
import { EXIT } from '../../exit.ts';
import { hubSpotProblem, openHubSpot, Stopped } from '../../hubspot.ts';
import { stopOnInterrupt } from '../../terminal/interrupt.ts';
import { showProgress } from '../../terminal/progress.ts';
import type { OpenBox } from '../box.ts';
import { follow } from '../follow.ts';
import type { Letter } from '../letter.ts';
import { groupName } from '../listing.ts';
import { hopeOf, type Plan } from '../plan.ts';
import type { Redriven } from '../redrive.ts';
import { noOutcomes, type Outcomes, type RedriveReport } from '../reports.ts';
import { outcomeLines, outcomesOf } from './outcomes.ts';

/** Watches the letters that were moved to their end. */
export async function watch(
  box: OpenBox,
  { moved }: Redriven,
  { plans, endAtOnce }: { plans: ReadonlyMap<string, Plan>; endAtOnce: () => never },
): Promise<{ outcomes: Outcomes; dead: Letter[]; aborted: boolean }> {
  const progress = showProgress(moved.length, 0, 'letters at their end');
  const stop = stopOnInterrupt({ after: 'this look at HubSpot', say: progress.say, endAtOnce });
  const view = openHubSpot(box.stage, stop);
  const planned = new Map([...plans].map(([id, plan]) => [id, hopeOf(plan)]));
  try {
    const endings = await follow({
      moved,
      planned,
      deadLetters: box,
      view,
      clock: machineClock,
      stop,
      onSettled: () => progress.advance(1),
    });
    const dead = [...endings.values()].flatMap((ending) =>
      ending.outcome === 'dead' ? [ending.letter] : [],
    );
    const all = moved.map(({ letter }) => endings.get(letter.id)?.outcome ?? 'waiting');
    return { outcomes: outcomesOf(all), dead, aborted: stop.aborted };
  } catch (error) {
    if (error instanceof Stopped) return { outcomes: noOutcomes, dead: [], aborted: true };
    throw hubSpotProblem(error);
  } finally {
    progress.stop();
  }
}

/** The report of a move, with what became of the letters. */
export function followed(
  ended: RedriveReport,
  { outcomes, dead, aborted }: { outcomes: Outcomes; dead: readonly Letter[]; aborted: boolean },
): RedriveReport {
  const why = dead.map(({ id, errorCode, reason, errorMessage = '' }) => ({
    field: id,
    reason: `is dead again (${groupName(errorCode, reason)}): ${errorMessage}`,
  }));
  const allWell = ended.exitCode === EXIT.ok && outcomes.dead === 0 && outcomes.waiting === 0;
  const exitCode = aborted ? EXIT.interrupted : allWell ? EXIT.ok : EXIT.notDone;
  const stillWaiting =
    outcomes.waiting > 0 ? '\nThose that wait are on the queue, and go on by themselves.' : '';
  return {
    ...ended,
    exitCode,
    outcomes,
    problems: [...ended.problems, ...why],
    message: `${ended.message} What became of them:\n${outcomeLines(outcomes)}${stillWaiting}`,
  };
}
