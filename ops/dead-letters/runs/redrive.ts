import { randomUUID } from 'node:crypto';
import { machineClock } from '../../../lib/clock.ts';
import { callerIdentity } from '../../aws/identity.ts';
import { checkQueueUrl } from '../../aws/queue.ts';
import { whereIs } from '../../aws/stage.ts';
import { EXIT, OperatorError } from '../../exit.ts';
import { hubSpotProblem, openHubSpot, Stopped } from '../../hubspot.ts';
import { rateOf, rateText } from '../../pace.ts';
import type { Ended, GlobalOptions } from '../../program.ts';
import { agreed } from '../../terminal/confirm.ts';
import { onInterrupt, stopOnInterrupt } from '../../terminal/interrupt.ts';
import { showProgress } from '../../terminal/progress.ts';
import { endNow } from '../../terminal/report.ts';
import { counted } from '../../terminal/text.ts';
import { AUDIT_FILE, type Audit, openAudit } from '../audit.ts';
import { inBox, type OpenBox, problemOf } from '../box.ts';
import { type Chosen, chooseLetters, groupLines } from '../choose.ts';
import { follow } from '../follow.ts';
import type { Letter } from '../letter.ts';
import { groupName } from '../listing.ts';
import { hopeOf, OUTCOME_OF, type Outcome, type Plan, plansFor } from '../plan.ts';
import { type Redriven, redrive } from '../redrive.ts';
import { emptyRedrive, noOutcomes, type Outcomes, type RedriveReport } from '../reports.ts';
import type { Selection } from '../select.ts';

export interface RedriveOptions extends GlobalOptions, Selection {
  dryRun?: boolean;
  rate?: string;
  name?: string;
  yes?: boolean;
  follow?: boolean;
  auditFile?: string;
}

type Counts = Omit<RedriveReport, 'outcome' | 'message'>;

/** The operators' share of HubSpot's limit: the rest is for the sign-ups of this hour. */
const SHARE = 1 / 3;

const letters = (count: number): string => counted(count, 'letter');

const outcomeLines = (outcomes: Outcomes): string =>
  Object.entries(outcomes)
    .filter(([, count]) => count > 0)
    .map(([outcome, count]) => `  ${count} × ${outcome}`)
    .join('\n');

/** Asks HubSpot what a redrive would do with each letter. */
async function planAll(box: OpenBox, chosen: Chosen, endAtOnce: () => never): Promise<Map<string, Plan>> {
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

const outcomesOf = (all: Iterable<Outcome | 'waiting'>): Outcomes => {
  const outcomes = { ...noOutcomes };
  for (const outcome of all) outcomes[outcome] += 1;
  return outcomes;
};

/** Checked before anything is asked: a name goes into a file that others read. */
function checkedName(name: string | undefined): string | undefined {
  if (name === undefined || /^[\w.:#/-]{1,80}$/.test(name)) return name;
  throw new OperatorError(
    '--name is one word of letters, digits and -_.:#/, such as INC-123. Nothing was done.',
  );
}

/** Whatever the letter holds, its ID says nothing of a person. */
const problemsOf = ({ failed }: Redriven) =>
  failed.map(({ letter, error, isOnQueue }) => ({
    field: letter.id,
    reason: isOnQueue
      ? `is on the queue, and could not be deleted here: ${problemOf(error)}`
      : `was not moved: ${problemOf(error)}`,
  }));

function verdict(counts: Counts, { stopped, error }: Redriven, aborted: boolean): RedriveReport {
  const { matched, moved, failed } = counts;
  const left = matched - moved - failed;
  const done = `Moved ${moved} of ${letters(matched)}.`;
  if (moved === matched) {
    return { ...counts, outcome: 'moved', message: `Moved ${letters(moved)} to the queue.` };
  }
  if (aborted) {
    const message = `Interrupted. ${done} The same command goes on.`;
    return { ...counts, outcome: 'interrupted', exitCode: EXIT.interrupted, message };
  }
  if (error !== undefined) {
    const message = `${done} Stopped: ${problemOf(error)}. The same command goes on.`;
    return { ...counts, outcome: 'incomplete', exitCode: EXIT.notDone, message };
  }
  const why = stopped
    ? ' SQS would not have taken the others either. When that is mended, the same command goes on.'
    : left > 0
      ? ` ${letters(left)} ${left === 1 ? 'is' : 'are'} not there any more, or in somebody else's hands: look again with \`dlq list\`.`
      : '';
  return { ...counts, outcome: 'incomplete', exitCode: EXIT.notDone, message: `${done}${why}` };
}

/** What became of the letters that were moved, and how to say it. */
async function watch(
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

async function move(
  box: OpenBox,
  chosen: Chosen,
  {
    to,
    ratePerSecond,
    audit,
    counts,
    json,
  }: { to: string; ratePerSecond: number; audit: Audit; counts: Counts; json: boolean },
): Promise<{ redriven: Redriven; aborted: boolean }> {
  const progress = showProgress(chosen.ids.size, 0, 'letters moved');
  let moved = 0;
  const stop = stopOnInterrupt({
    after: 'the letter under way',
    say: progress.say,
    endAtOnce() {
      progress.stop();
      const message = `Interrupted. Moved ${moved} of ${letters(counts.matched)}; one more may be on the queue. The same command goes on.`;
      endNow({ ...counts, moved, outcome: 'interrupted', exitCode: EXIT.interrupted, message }, json);
    },
  });
  const redriven = await redrive({
    from: box,
    to: { sqs: box.sqs, url: to },
    ids: chosen.ids,
    ratePerSecond,
    clock: machineClock,
    stop,
    async onMoved({ letter, messageId }) {
      moved += 1;
      progress.advance(1);
      await audit.note({ event: 'moved', letters: [letter.id], messageId });
    },
  }).finally(progress.stop);
  return { redriven, aborted: stop.aborted };
}

async function run(box: OpenBox, options: RedriveOptions): Promise<Ended> {
  const { json = false, dryRun = false } = options;
  const name = checkedName(options.name);
  const to = dryRun ? '' : checkQueueUrl(box.stage.queueUrl);
  const ratePerSecond = rateOf(options.rate, (box.stage.hubspot.requestsPer10s / 10) * SHARE);
  const report: Counts = { ...emptyRedrive, queue: box.where, name: name ?? null };
  const endAtOnce =
    (counts: Counts) =>
    (message = 'Interrupted. Nothing was moved.'): never =>
      endNow(interruptedBy(counts, message), json);

  const chosen = await chooseLetters(box, options, endAtOnce(report));
  const counts = { ...report, matched: chosen.letters.length };
  if (chosen.interrupted) {
    const message = 'Interrupted. Nothing was moved, and all letters are visible again.';
    return { report: interruptedBy(counts, message) };
  }
  if (chosen.letters.length === 0) {
    const message = `No letter is meant. Nothing was moved.`;
    return { report: { ...counts, outcome: 'nothing-to-do', message } satisfies RedriveReport };
  }
  const plans =
    dryRun || options.follow
      ? await planAll(box, chosen, () => endAtOnce(counts)())
      : new Map<string, Plan>();
  if (dryRun) {
    const outcomes = outcomesOf([...plans.values()].map(({ plan }) => OUTCOME_OF[plan]));
    const message = `A redrive of ${letters(chosen.letters.length)} would come to:\n${outcomeLines(outcomes)}\nNothing was moved: this was a dry run.`;
    const report: RedriveReport = { ...counts, outcomes, outcome: 'dry-run', message };
    return { report };
  }

  const target = whereIs(to, box.stage, box.region);
  process.stderr.write(
    `From ${box.where}\nto ${target}, ${rateText(ratePerSecond)}:\n${groupLines(chosen.groups)}\n`,
  );
  onInterrupt(() => endAtOnce(counts)());
  if (!(await agreed(`Move ${letters(chosen.letters.length)}?`, options.yes))) {
    const message = 'Nothing was moved.';
    return {
      report: { ...counts, outcome: 'declined', exitCode: EXIT.notDone, message } satisfies RedriveReport,
    };
  }
  const audit = await openAudit(options.auditFile ?? AUDIT_FILE, {
    run: randomUUID(),
    command: 'dlq redrive',
    who: await whoIs(box),
    queue: box.where,
    ...(name !== undefined && { name }),
  });
  const audited = { ...counts, auditFile: audit.path };
  await audit.note({ event: 'started', letters: [...chosen.ids] });
  try {
    const { redriven, aborted } = await move(box, chosen, {
      to,
      ratePerSecond,
      audit,
      counts: audited,
      json,
    });
    const { moved, failed } = redriven;
    const after = { ...audited, moved: moved.length, failed: failed.length, problems: problemsOf(redriven) };
    const ended = verdict(after, redriven, aborted);
    await audit.note({
      event: 'ended',
      outcome: ended.outcome,
      counts: { matched: ended.matched, moved: ended.moved, failed: ended.failed },
    });
    if (!options.follow || aborted || moved.length === 0) return { report: ended };
    const seen = await watch(box, redriven, { plans, endAtOnce: () => endAtOnce(after)(ended.message) });
    return { report: followed(ended, seen) };
  } finally {
    await audit.close();
  }
}

const interruptedBy = (counts: Counts, message: string): RedriveReport => ({
  ...counts,
  outcome: 'interrupted',
  exitCode: EXIT.interrupted,
  message,
});

function followed(
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

/** Who gives the command; on this machine, nobody that AWS knows. */
export const whoIs = ({ stage, region }: Pick<OpenBox, 'stage' | 'region'>): Promise<string> | string =>
  stage.name === 'local' ? 'local' : callerIdentity(region);

/** Moves dead letters back to the queue. */
export const runRedrive = (options: RedriveOptions): Promise<Ended> => inBox(options, run);
