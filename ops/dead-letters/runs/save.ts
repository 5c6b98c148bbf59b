import { machineClock } from '../../../lib/clock.ts';
import { EXIT } from '../../exit.ts';
import type { Ended, GlobalOptions } from '../../program.ts';
import { stopOnInterrupt } from '../../terminal/interrupt.ts';
import { showProgress } from '../../terminal/progress.ts';
import { endedEarly, endNow } from '../../terminal/report.ts';
import { counted } from '../../terminal/text.ts';
import { inBox, type OpenBox, problemOf } from '../box.ts';
import { chooseLetters, nothingToDo } from '../choose.ts';
import { saveLetters } from '../keep.ts';
import { createLetterFile, letterFileName } from '../letter-file.ts';
import { emptySave, type SaveReport } from '../reports.ts';
import type { Selection } from '../select.ts';

export interface SaveOptions extends GlobalOptions, Selection {
  file?: string;
}

const letters = (count: number): string => counted(count, 'letter');

async function save(box: OpenBox, options: SaveOptions): Promise<Ended> {
  const report: Omit<SaveReport, 'outcome' | 'message'> = { ...emptySave, queue: box.where };
  const endAtOnce = (message: string): never =>
    endNow({ ...report, outcome: 'interrupted', exitCode: EXIT.interrupted, message }, options.json === true);
  const chosen = await chooseLetters(box, options, endAtOnce);
  const { ids } = chosen;
  const counts = { ...report, matched: ids.size };
  const nothing = nothingToDo(chosen, 'saved');
  if (nothing !== undefined) return { report: { ...counts, ...nothing } satisfies SaveReport };
  const file = await createLetterFile(options.file ?? letterFileName(new Date()));
  const progress = showProgress(ids.size, 0, 'letters saved');
  const stop = stopOnInterrupt({
    after: 'the letter under way',
    say: progress.say,
    endAtOnce: () => endAtOnce('Interrupted. What was saved so far is in the file.'),
  });
  let saved = 0;
  let error: unknown;
  try {
    await saveLetters({
      from: box,
      ids,
      clock: machineClock,
      stop,
      save: file.save,
      onDone() {
        saved += 1;
        progress.advance(1);
      },
    });
  } catch (thrown) {
    error = thrown;
  } finally {
    progress.stop();
    await file.close();
  }
  const done = { ...counts, saved, file: file.path };
  const message = `Saved ${saved} of ${letters(ids.size)} in ${file.path}, which holds addresses. They are still in the queue.`;
  if (error !== undefined) {
    const why = `${message} Stopped: ${problemOf(error)}`;
    return {
      report: {
        ...done,
        outcome: 'incomplete',
        exitCode: EXIT.notDone,
        message: why,
      } satisfies SaveReport,
    };
  }
  if (saved === ids.size) return { report: { ...done, outcome: 'saved', message } satisfies SaveReport };
  return { report: { ...done, ...endedEarly(stop), message } satisfies SaveReport };
}

/** Saves letters in a file, and leaves them where they are. */
export const runSave = (options: SaveOptions): Promise<Ended> => inBox(options, save);
