import { type FileHandle, open } from 'node:fs/promises';
import { EXIT, OperatorError } from '../exit.ts';
import {
  type JournalEntry,
  type JournalOptions,
  type JournalReading,
  type JournalView,
  readJournal,
} from './journal-file.ts';

/** A file's record of what has been sent: line numbers, and no addresses. */
export interface Journal extends JournalView {
  /** Resolves when the entry has reached the disk. */
  append(entry: JournalEntry): Promise<void>;
  close(): Promise<void>;
}

/** What earlier runs have done, without touching anything. */
export async function previewJournal(path: string, options: JournalReading): Promise<JournalView> {
  return (await readJournal(path, options)).lines;
}

/**
 * Opens a file's journal, and reads what earlier runs have done.
 *
 * Every batch is written down before it is sent and after SQS has confirmed it, each time through to the disk; batches
 * that come together share one write. So nothing that was sent is unknown after a crash, and what is uncertain is
 * known line by line.
 *
 * @throws OperatorError when the journal belongs to something else, or cannot be written.
 */
export async function openJournal(path: string, options: JournalOptions): Promise<Journal> {
  const { lines, wholeBytes } = await readJournal(path, options);
  const cannotBeWritten = ({ code }: NodeJS.ErrnoException): never => {
    throw new OperatorError(
      `The journal ${path}, which notes what has been sent, cannot be written (${code}). --journal puts it elsewhere.`,
      EXIT.notSent,
    );
  };
  const file = await open(path, 'a').catch(cannotBeWritten);
  const write = groupedWrites(file);
  if (wholeBytes === 0) {
    const { sha256, queueUrl } = options;
    const { startedAt } = lines;
    await file.truncate(0);
    await write({ journal: 1, sha256, queueUrl, startedAt }).catch(cannotBeWritten);
  } else {
    await file.truncate(wholeBytes);
  }
  return {
    ...lines,
    async append(step) {
      await write(step).catch(cannotBeWritten);
      lines.record(step);
    },
    close: () => file.close(),
  };
}

/** Writes that come while one is under way go to the disk together, in the next. */
function groupedWrites(file: FileHandle) {
  let waiting = '';
  let last: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  return (value: object): Promise<void> => {
    waiting += `${JSON.stringify(value)}\n`;
    next ??= last.then(async () => {
      const together = waiting;
      waiting = '';
      next = undefined;
      await file.appendFile(together);
      await file.datasync();
    });
    last = next;
    return next;
  };
}
