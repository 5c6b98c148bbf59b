import { machineClock } from '../../../lib/clock.ts';
import { hubSpotProblem, openHubSpot, Stopped } from '../../hubspot.ts';
import { stopOnInterrupt } from '../../terminal/interrupt.ts';
import { showProgress } from '../../terminal/progress.ts';
import type { OpenBox } from '../box.ts';
import type { Chosen } from '../choose.ts';
import { type Outcome, type Plan, plansFor } from '../plan.ts';
import { noOutcomes, type Outcomes } from '../reports.ts';

/** How many letters come to what, a line each. */
export const outcomeLines = (outcomes: Outcomes): string =>
  Object.entries(outcomes)
    .filter(([, count]) => count > 0)
    .map(([outcome, count]) => `  ${count} × ${outcome}`)
    .join('\n');

/** Asks HubSpot what a redrive would do with each letter. */
export async function planAll(
  box: OpenBox,
  chosen: Chosen,
  endAtOnce: () => never,
): Promise<Map<string, Plan>> {
  const plans = new Map<string, Plan>();
  const progress = showProgress(chosen.letters.length, 0, 'letters looked up');
  const stop = stopOnInterrupt({ after: 'the question that HubSpot is asked', say: progress.say, endAtOnce });
  try {
    const view = openHubSpot(box.stage, stop);
    for await (const { letter, plan } of plansFor(chosen.letters, view, machineClock.timeOfDay())) {
      plans.set(letter.id, plan);
      progress.advance(1);
    }
  } catch (error) {
    if (error instanceof Stopped) endAtOnce();
    throw hubSpotProblem(error);
  } finally {
    progress.stop();
  }
  return plans;
}

/** Counts them. */
export const outcomesOf = (all: Iterable<Outcome | 'waiting'>): Outcomes => {
  const outcomes = { ...noOutcomes };
  for (const outcome of all) outcomes[outcome] += 1;
  return outcomes;
};
