import { createHash } from 'node:crypto';
import { type FileHandle, mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OperatorError } from '../exit.ts';
import { type Format, formatOf } from './rows.ts';

/** What is to be sent: read twice, once to check it. */
export interface Input {
  format: Format;
  /** Where the journal is, if nobody says otherwise. */
  journal: string;
  chunks(): AsyncGenerator<Buffer, void, undefined>;
  close(): Promise<void>;
}

const unreadable = (error: unknown): never => {
  const reason = error instanceof Error && 'code' in error ? error.code : 'unexpected';
  throw new OperatorError(`The file cannot be read (${reason}).`);
};

/** Both passes read one handle: a file that is replaced meanwhile does not matter. */
async function* chunksOf(file: FileHandle): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield* file.createReadStream({ start: 0, autoClose: false, highWaterMark: 262_144 });
  } catch (error) {
    unreadable(error);
  }
}

async function openFile(path: string): Promise<Input> {
  // Before it is opened: to open a pipe waits for somebody who writes to it.
  const found = await stat(path).catch(unreadable);
  if (!found.isFile()) {
    throw new OperatorError(
      'What --file names is not a regular file. It is read twice, once to check it: save it to one, or pipe it to --file -.',
    );
  }
  const format = formatOf(path);
  const file = await open(path).catch(unreadable);
  return { format, journal: `${path}.sent`, chunks: () => chunksOf(file), close: () => file.close() };
}

/**
 * Standard input, kept in a file that has no name any more: addresses are in it, and nothing of it is left when the process
 * has ended, in whatever way. The journal's name is made from the content, so that the same input goes on where it was.
 */
async function keepStandardInput(): Promise<Input> {
  const folder = await mkdtemp(join(tmpdir(), 'wme-hubspot-sync-'));
  const path = join(folder, 'input');
  const file = await open(path, 'wx+', 0o600);
  await rm(folder, { recursive: true });
  const hash = createHash('sha256');
  let first = '';
  for await (const chunk of process.stdin) {
    const bytes = Buffer.from(chunk);
    hash.update(bytes);
    first ||= bytes.toString('utf8').trimStart().slice(0, 1);
    await file.appendFile(bytes);
  }
  return {
    // A header of CSV begins with a letter or a quotation mark.
    format: first === '{' ? 'jsonl' : 'csv',
    journal: `standard-input-${hash.digest('hex').slice(0, 12)}.sent`,
    chunks: () => chunksOf(file),
    close: () => file.close(),
  };
}

/** @param path `-` for standard input */
export const openInput = (path: string): Promise<Input> =>
  path === '-' ? keepStandardInput() : openFile(path);
