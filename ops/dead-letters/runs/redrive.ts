import { randomUUID } from 'node:crypto';
import { machineClock } from '../../../lib/clock.ts';
import { checkQueueUrl } from '../../aws/queue.ts';
import { whereIs } from '../../aws/stage.ts';
import { EXIT, OperatorError } from '../../exit.ts';
import { rateOf, rateText } from '../../pace.ts';
import type { Ended, GlobalOptions } from '../../program.ts';
import { agreed } from '../../terminal/confirm.ts';
import { onInterrupt, stopOnInterrupt } from '../../terminal/interrupt.ts';
import { showProgress } from '../../terminal/progress.ts';
import { endNow, type Problem } from '../../terminal/report.ts';
import { counted } from '../../terminal/text.ts';
import { AUDIT_FILE, type Audit, openAudit, whoIs } from '../audit.ts';
import { inBox, type OpenBox, problemOf } from '../box.ts';
import { type Chosen, chooseLetters, groupLines, nothingToDo } from '../choose.ts';
import { OUTCOME_OF, type Plan } from '../plan.ts';
import { type Redriven, redrive } from '../redrive.ts';
import { emptyRedrive, type RedriveReport } from '../reports.ts';
import type { Selection } from '../select.ts';
import { outcomeLines, outcomesOf, planAll } from './outcomes.ts';
import { followed, watch } from './watch.ts';

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
): Promise<{ redriven: Redriven; stop: AbortSignal }> {
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
  return { redriven, stop };
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
  const nothing = nothingToDo(chosen, 'moved');
  if (nothing !== undefined) return { report: { ...counts, ...nothing } satisfies RedriveReport };
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
    `From ${box.where}\nto ${target}, ${rateText(ratePerSecond)}:\n${groupLines(chosen)}\n`,
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
  try {
    await audit.note({ event: 'started', letters: [...chosen.ids] }, EXIT.badInput);
    const { redriven, stop } = await move(box, chosen, {
      to,
      ratePerSecond,
      audit,
      counts: audited,
      json,
    });
    const { moved, failed } = redriven;
    const after = { ...audited, moved: moved.length, failed: failed.length, problems: problemsOf(redriven) };
    const came = verdict(after, redriven, stop.aborted);
    const notNoted = await audit.noteEnd({
      event: 'ended',
      outcome: came.outcome,
      counts: { matched: came.matched, moved: came.moved, failed: came.failed },
    });
    const ended = withProblems(came, notNoted);
    if (!options.follow || came.outcome === 'interrupted' || moved.length === 0) return { report: ended };
    const seen = await watch(box, redriven, {
      plans,
      stoppedBefore: stop,
      endAtOnce: () => endAtOnce(after)(ended.message),
    });
    const letters = seen.dead.map(({ id }) => id);
    const notFollowed = await audit.noteEnd({ event: 'followed', counts: seen.outcomes, letters });
    return { report: withProblems(followed(ended, seen), notFollowed) };
  } finally {
    await audit.close();
  }
}

/** The report, and what is wrong besides: then it is not all done. */
const withProblems = (report: RedriveReport, problems: readonly Problem[]): RedriveReport =>
  problems.length === 0
    ? report
    : {
        ...report,
        exitCode: report.exitCode === EXIT.ok ? EXIT.notDone : report.exitCode,
        problems: [...report.problems, ...problems],
      };

const interruptedBy = (counts: Counts, message: string): RedriveReport => ({
  ...counts,
  outcome: 'interrupted',
  exitCode: EXIT.interrupted,
  message,
});

/** Moves dead letters back to the queue. */
export const runRedrive = (options: RedriveOptions): Promise<Ended> => inBox(options, run);
