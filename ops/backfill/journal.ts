import { appendFile, type FileHandle, open, rm, stat } from 'node:fs/promises';
import { EXIT, type ExitCode, OperatorError } from '../exit.ts';
import {
  checkRegularFile,
  type JournalEntry,
  type JournalOptions,
  type JournalReading,
  type JournalView,
  readJournal,
} from './journal-file.ts';
import { JournalBusy, lockJournal } from './lock.ts';

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

const cannotBeWritten =
  (exitCode: ExitCode) =>
  ({ code }: NodeJS.ErrnoException): never => {
    throw new OperatorError(
      `The journal, which notes what has been sent, cannot be written (${code}). --journal puts it elsewhere.`,
      exitCode,
    );
  };

/**
 * Opens a file's journal, for this run alone, and reads what earlier runs have done.
 *
 * Every batch is written down before it is sent and after SQS has confirmed it, each time through to the disk; batches
 * that come together share one write. So nothing that was sent is unknown after a crash, and what is uncertain is
 * known line by line.
 *
 * @throws OperatorError when the journal belongs to something else or is another run's now, or cannot be written.
 */
export async function openJournal(path: string, options: JournalOptions): Promise<Journal> {
  await checkRegularFile(path);
  // Says that it cannot be written in plainer words than SQLite, whose lock lies beside it.
  await appendFile(path, '').catch(cannotBeWritten(EXIT.badInput));
  const lock = await lockJournal(path).catch(async (error: unknown) => {
    // Whoever has the lock may be about to write its first line.
    if (!(error instanceof JournalBusy)) await removeIfEmpty(path);
    throw error;
  });
  try {
    return await openLocked(path, { ...options, lock });
  } catch (error) {
    await removeIfEmpty(path);
    lock.release();
    throw error;
  }
}

/** A start that failed leaves nothing behind that looks as if something had been done. */
async function removeIfEmpty(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.size === 0) await rm(path, { force: true });
}

async function openLocked(
  path: string,
  { lock, ...options }: JournalOptions & { lock: { release(): void } },
): Promise<Journal> {
  const { lines, wholeBytes } = await readJournal(path, options);
  const file = await open(path, 'a').catch(cannotBeWritten(EXIT.badInput));
  const write = groupedWrites(file);
  const { sha256, queueUrl } = options;
  const { startedAt, run } = lines;
  await file
    .truncate(wholeBytes)
    .then(() => (wholeBytes === 0 ? write({ journal: 1, sha256, queueUrl, startedAt, run }) : undefined))
    .catch(cannotBeWritten(EXIT.badInput));
  return {
    ...lines,
    async append(step) {
      await write(step).catch(cannotBeWritten(EXIT.notDone));
      lines.record(step);
    },
    async close() {
      await file.close();
      lock.release();
    },
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
