import { open } from 'node:fs/promises';
import { callerIdentity } from '../aws/identity.ts';
import { OperatorError } from '../exit.ts';
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
  note(entry: AuditEntry): Promise<void>;
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
  const file = await open(path, 'a', 0o600).catch((error: unknown) => {
    throw new OperatorError(
      `The audit file cannot be written (${reasonOf(error)}). Nothing was done. --audit-file puts it elsewhere.`,
    );
  });
  return {
    path,
    async note(entry) {
      await file.appendFile(`${JSON.stringify({ at: new Date().toISOString(), ...run, ...entry })}\n`);
    },
    async close() {
      await file.datasync();
      await file.close();
    },
  };
}
