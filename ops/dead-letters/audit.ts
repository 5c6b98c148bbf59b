import { open } from 'node:fs/promises';
import { callerIdentity } from '../aws/identity.ts';
import { EXIT, type ExitCode, OperatorError } from '../exit.ts';
import type { Problem } from '../terminal/report.ts';
import type { OpenBox } from './box.ts';

/** One line of the audit file. It holds IDs of letters, and nobody's address. */
export interface AuditEntry {
  event: 'started' | 'moved' | 'dropped' | 'loaded' | 'ended' | 'followed';
  /** Of the letters that it is about; those that are dead again, of a move that was followed. */
  letters?: readonly string[];
  /** Of the message that a letter has become. */
  messageId?: string;
  outcome?: string;
  counts?: Readonly<Record<string, number>>;
}

/** What every line of a run says. */
export interface AuditRun {
  run: string;
  command: string;
  /** As AWS knows them. */
  who: string;
  /** The queue that the letters were taken from, or brought to, with its stage and account. */
  queue: string;
  name?: string;
  because?: string;
}

export interface Audit {
  path: string;
  /** @throws OperatorError when the disk does not take it */
  note(entry: AuditEntry, exitCode?: ExitCode): Promise<void>;
  /** For what is over, of which a report still has to be made. @returns why it is not noted, if so */
  noteEnd(entry: AuditEntry): Promise<readonly Problem[]>;
  close(): Promise<void>;
}

/** Who gives the command; on this machine, nobody that AWS knows. */
export const whoIs = ({ stage, region }: Pick<OpenBox, 'stage' | 'region'>): Promise<string> | string =>
  stage.name === 'local' ? 'local' : callerIdentity(region);

/** Where it is written, if nobody says otherwise: the folder in which the command was given. */
export const AUDIT_FILE = 'wme-hubspot-sync-audit.jsonl';

const reasonOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unexpected';

/**
 * Opens the record of what operators did: each run adds to it.
 *
 * @throws OperatorError when it cannot be written, before anything is done.
 */
export async function openAudit(path: string, run: AuditRun): Promise<Audit> {
  const unwritable = (error: unknown, exitCode: ExitCode): OperatorError => {
    const nothing = exitCode === EXIT.badInput ? ' Nothing was done.' : '';
    return new OperatorError(
      `The audit file cannot be written (${reasonOf(error)}).${nothing} --audit-file puts it elsewhere.`,
      exitCode,
    );
  };
  const file = await open(path, 'a', 0o600).catch((error: unknown) => {
    throw unwritable(error, EXIT.badInput);
  });
  const write = (entry: AuditEntry): Promise<void> =>
    file.appendFile(`${JSON.stringify({ at: new Date().toISOString(), ...run, ...entry })}\n`);
  return {
    path,
    note: (entry, exitCode = EXIT.notDone) =>
      write(entry).catch((error: unknown) => {
        throw unwritable(error, exitCode);
      }),
    noteEnd: (entry) =>
      write(entry).then(
        () => [],
        (error: unknown) => [
          { field: 'line', reason: `The end is not in the audit file (${reasonOf(error)}).` },
        ],
      ),
    async close() {
      // A device has no disk to wait for. What was done is done, and is reported whatever this says.
      await file.datasync().catch(() => undefined);
      await file.close();
    },
  };
}
