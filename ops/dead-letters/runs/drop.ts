import { randomUUID } from 'node:crypto';
import { machineClock } from '../../../lib/clock.ts';
import { EXIT, OperatorError } from '../../exit.ts';
import type { Ended, GlobalOptions } from '../../program.ts';
import { agreed } from '../../terminal/confirm.ts';
import { onInterrupt, stopOnInterrupt } from '../../terminal/interrupt.ts';
import { showProgress } from '../../terminal/progress.ts';
import { endedEarly, endNow, type Problem } from '../../terminal/report.ts';
import { counted } from '../../terminal/text.ts';
import { AUDIT_FILE, openAudit, whoIs } from '../audit.ts';
import { inBox, type OpenBox, problemOf } from '../box.ts';
import { chooseLetters, groupLines, nothingToDo } from '../choose.ts';
import { dropLetters } from '../keep.ts';
import { createLetterFile, letterFileName } from '../letter-file.ts';
import { type DropReport, emptyDrop } from '../reports.ts';
import type { Selection } from '../select.ts';

export interface DropOptions extends GlobalOptions, Selection {
  file?: string;
  because?: string;
  yes?: boolean;
  auditFile?: string;
}

const letters = (count: number): string => counted(count, 'letter');

const isNarrowed = ({ id = [], errorCode = [], reason = [], olderThan }: Selection): boolean =>
  id.length + errorCode.length + reason.length > 0 || olderThan !== undefined;

/** Checked before anything is asked: it goes into a file that others read. */
function checkedReason(because: string | undefined): string {
  if (because === undefined || because.trim() === '') {
    throw new OperatorError('Why? --because "…" goes into the audit file. Nothing was dropped.');
  }
  if (/@/.test(because)) {
    throw new OperatorError(
      '--because goes into the audit file, which holds no addresses: say it without one. Nothing was dropped.',
    );
  }
  return because.trim();
}

const unfinished = (stop: AbortSignal, error: unknown): string => {
  if (error !== undefined) return `Stopped: ${problemOf(error)}. The same command goes on.`;
  if (stop.aborted) return 'Interrupted. The same command goes on.';
  return "The others are not there any more, or in somebody else's hands.";
};

async function drop(box: OpenBox, options: DropOptions): Promise<Ended> {
  const because = checkedReason(options.because);
  if (!isNarrowed(options)) {
    throw new OperatorError(
      'Which letters? Give their IDs, or --error-code, --reason or --older-than. Nothing was dropped.',
    );
  }
  const report: Omit<DropReport, 'outcome' | 'message'> = { ...emptyDrop, queue: box.where };
  const endAtOnce = (message: string): never =>
    endNow({ ...report, outcome: 'interrupted', exitCode: EXIT.interrupted, message }, options.json === true);
  const chosen = await chooseLetters(box, options, endAtOnce);
  const { ids } = chosen;
  const counts = { ...report, matched: ids.size };
  const nothing = nothingToDo(chosen, 'dropped');
  if (nothing !== undefined) return { report: { ...counts, ...nothing } satisfies DropReport };
  process.stderr.write(`In ${box.where}:\n${groupLines(chosen)}\n`);
  onInterrupt(() => endAtOnce('Interrupted. Nothing was dropped.'));
  if (!(await agreed(`Save ${letters(ids.size)} in a file, and delete them here?`, options.yes))) {
    const message = 'Nothing was dropped.';
    return {
      report: { ...counts, outcome: 'declined', exitCode: EXIT.notDone, message } satisfies DropReport,
    };
  }
  const audit = await openAudit(options.auditFile ?? AUDIT_FILE, {
    run: randomUUID(),
    command: 'dlq drop',
    who: await whoIs(box),
    queue: box.where,
    because,
  });
  await audit.note({ event: 'started', letters: [...ids] }, EXIT.badInput);
  const file = await createLetterFile(options.file ?? letterFileName(new Date()));
  const progress = showProgress(ids.size, 0, 'letters dropped');
  const files = { file: file.path, auditFile: audit.path };
  let dropped = 0;
  const stop = stopOnInterrupt({
    after: 'the letter under way',
    say: progress.say,
    endAtOnce() {
      progress.stop();
      const message = `Interrupted. Dropped ${dropped} of ${letters(ids.size)}; each is in ${file.path}. The same command goes on.`;
      endNow(
        { ...counts, ...files, dropped, outcome: 'interrupted', exitCode: EXIT.interrupted, message },
        options.json === true,
      );
    },
  });
  let error: unknown;
  let problems: readonly Problem[] = [];
  try {
    await dropLetters({
      from: box,
      ids,
      clock: machineClock,
      stop,
      save: file.save,
      async onDone({ id }) {
        dropped += 1;
        progress.advance(1);
        await audit.note({ event: 'dropped', letters: [id] });
      },
    });
  } catch (thrown) {
    error = thrown;
  } finally {
    progress.stop();
    const outcome = dropped === ids.size ? 'dropped' : endedEarly(stop).outcome;
    problems = await audit.noteEnd({ event: 'ended', outcome, counts: { matched: ids.size, dropped } });
    await audit.close();
    await file.close();
  }
  const done = { ...counts, ...files, dropped, problems: [...problems] };
  const message = `Dropped ${dropped} of ${letters(ids.size)}. Each is in ${file.path}, which holds addresses; \`dlq load\` brings them back.`;
  if (dropped === ids.size) {
    const exitCode = problems.length === 0 ? EXIT.ok : EXIT.notDone;
    return { report: { ...done, outcome: 'dropped', exitCode, message } satisfies DropReport };
  }
  return {
    report: {
      ...done,
      ...endedEarly(stop),
      message: `${message} ${unfinished(stop, error)}`,
    } satisfies DropReport,
  };
}

/** Saves letters in a file, and deletes them. */
export const runDrop = (options: DropOptions): Promise<Ended> => inBox(options, drop);
