import { randomUUID } from 'node:crypto';
import { openJournal, previewJournal } from '../../backfill/journal.ts';
import { EXIT } from '../../exit.ts';
import type { Ended, GlobalOptions } from '../../program.ts';
import { agreed } from '../../terminal/confirm.ts';
import { onInterrupt, stopOnInterrupt } from '../../terminal/interrupt.ts';
import { showProgress } from '../../terminal/progress.ts';
import { endNow, type Problem } from '../../terminal/report.ts';
import { counted } from '../../terminal/text.ts';
import { AUDIT_FILE, openAudit, whoIs } from '../audit.ts';
import { inBox, type OpenBox, problemOf } from '../box.ts';
import { loadLetters } from '../keep.ts';
import { readLetterFile } from '../letter-file.ts';
import { emptyLoad, type LoadReport } from '../reports.ts';

export interface LoadOptions extends GlobalOptions {
  file: string;
  again?: boolean;
  yes?: boolean;
  auditFile?: string;
}

type Counts = Omit<LoadReport, 'outcome' | 'message'>;

const letters = (count: number): string => counted(count, 'letter');

async function load(box: OpenBox, options: LoadOptions): Promise<Ended> {
  const { json = false, again = false } = options;
  const file = await readLetterFile(options.file);
  const journalPath = `${options.file}.loaded`;
  const subject = { sha256: file.sha256, lastLine: file.lastLine, queueUrl: box.url, again };
  const loadedBefore = (await previewJournal(journalPath, subject)).count('sent');
  const counts: Counts = {
    ...emptyLoad,
    queue: box.where,
    letters: file.letters.length,
    loadedBefore,
  };
  const left = file.letters.length - loadedBefore;
  if (left === 0) {
    const message = `${letters(loadedBefore)} of this file went back before. Nothing was loaded; --again loads them once more.`;
    return { report: { ...counts, outcome: 'already-loaded', message } satisfies LoadReport };
  }
  const endAtOnce =
    (message: string, more: Partial<Counts> = {}) =>
    (): never =>
      endNow({ ...counts, ...more, outcome: 'interrupted', exitCode: EXIT.interrupted, message }, json);
  process.stderr.write(`To ${box.where}.\n`);
  onInterrupt(endAtOnce('Interrupted. Nothing was loaded.'));
  if (!(await agreed(`Bring ${letters(left)} back?`, options.yes))) {
    const message = 'Nothing was loaded.';
    return {
      report: { ...counts, outcome: 'declined', exitCode: EXIT.notDone, message } satisfies LoadReport,
    };
  }
  const audit = await openAudit(options.auditFile ?? AUDIT_FILE, {
    run: randomUUID(),
    command: 'dlq load',
    who: await whoIs(box),
    queue: box.where,
  });
  const journal = await openJournal(journalPath, subject);
  const progress = showProgress(file.letters.length, loadedBefore, 'letters loaded');
  let loaded = 0;
  const stop = stopOnInterrupt({
    after: 'the letter under way',
    say: progress.say,
    endAtOnce: () => endAtOnce('Interrupted. The same command goes on.', { loaded, auditFile: audit.path })(),
  });
  let error: unknown;
  let problems: readonly Problem[] = [];
  try {
    await loadLetters({
      to: box,
      letters: file.letters,
      journal,
      stop,
      async onLoaded({ id }, messageId) {
        loaded += 1;
        progress.advance(1);
        await audit.note({ event: 'loaded', letters: [id], messageId });
      },
    });
  } catch (thrown) {
    error = thrown;
  } finally {
    progress.stop();
    const outcome = loaded === left ? 'loaded' : error === undefined ? 'interrupted' : 'incomplete';
    problems = await audit.noteEnd({
      event: 'ended',
      outcome,
      counts: { letters: file.letters.length, loaded },
    });
    await audit.close();
    await journal.close();
  }
  const done = { ...counts, loaded, auditFile: audit.path, problems: [...problems] };
  const message = `Back in the dead-letter queue: ${letters(loaded)}.`;
  if (loaded === left) {
    const exitCode = problems.length === 0 ? EXIT.ok : EXIT.notDone;
    return { report: { ...done, outcome: 'loaded', exitCode, message } satisfies LoadReport };
  }
  const why = error === undefined ? 'Interrupted' : `Stopped: ${problemOf(error)}`;
  return {
    report: {
      ...done,
      ...(error === undefined
        ? { outcome: 'interrupted', exitCode: EXIT.interrupted }
        : { outcome: 'incomplete', exitCode: EXIT.notDone }),
      message: `${message} ${why}. The same command goes on, without --again.`,
    } satisfies LoadReport,
  };
}

/** Brings saved letters back into the dead-letter queue. */
export const runLoad = (options: LoadOptions): Promise<Ended> => inBox(options, load);
