import * as z from 'zod/mini';
import { OperatorError } from '../exit.ts';

/** https://www.sqlite.org/rescode.html#busy: another process has the lock. */
const SQLITE_BUSY = 5;

const sqliteError = z.object({ errcode: z.number() });

/** Another run has the lock. */
export class JournalBusy extends OperatorError {}

/**
 * Keeps other runs away from a journal, until the lock is released or the process has ended, in whatever way.
 *
 * Node.js has no call for the operating system's file locks, but SQLite, which comes with it, uses them: the lock is an
 * empty database that is held exclusively. A process ID in a file would stay behind after a kill, and IDs come round
 * again. The empty file stays too, and means nothing: removed, it could be locked twice, under its old and its new self.
 *
 * @throws OperatorError when another run has the lock.
 */
export async function lockJournal(path: string): Promise<{ release(): void }> {
  const { DatabaseSync } = await import('node:sqlite');
  try {
    const database = new DatabaseSync(`${path}.lock`, { timeout: 0 });
    database.exec('PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE');
    return { release: () => database.close() };
  } catch (error) {
    const code = sqliteError.safeParse(error).data?.errcode;
    if (code === SQLITE_BUSY) {
      throw new JournalBusy(
        'Another run is at work on this journal. Nothing was sent by this one: let the other end, or stop it.',
      );
    }
    throw new OperatorError(
      `The lock beside the journal, which keeps two runs apart, cannot be written (SQLite error ${code}). Nothing was sent. --journal puts both elsewhere.`,
    );
  }
}
