import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import * as z from 'zod/mini';
import { readLines } from '../backfill/lines.ts';
import { EXIT, OperatorError } from '../exit.ts';
import type { Content, Letter } from './letter.ts';

const attribute = z.object({
  DataType: z.string(),
  StringValue: z.optional(z.string()),
  /** In base64. */
  BinaryValue: z.optional(z.string()),
});

const savedLetter = z.object({
  deadLetter: z.literal(1),
  id: z.string(),
  sentAt: z.iso.datetime(),
  groupId: z.optional(z.string()),
  attributes: z.record(z.string(), attribute),
  body: z.string(),
});

/** A letter as a file keeps it. */
export interface SavedLetter extends Content {
  id: string;
  sentAtMs: number;
}

/** One line of the file: all that it takes to bring the letter back. */
export function writeLetter({ id, sentAtMs, groupId, attributes, body }: Letter): string {
  const saved: z.infer<typeof savedLetter> = {
    deadLetter: 1,
    id,
    sentAt: new Date(sentAtMs).toISOString(),
    ...(groupId !== undefined && { groupId }),
    attributes: Object.fromEntries(
      Object.entries(attributes).map(([name, { DataType = 'String', StringValue, BinaryValue }]) => [
        name,
        {
          DataType,
          ...(StringValue !== undefined && { StringValue }),
          ...(BinaryValue !== undefined && { BinaryValue: Buffer.from(BinaryValue).toString('base64') }),
        },
      ]),
    ),
    body,
  };
  return JSON.stringify(saved);
}

/** What {@link writeLetter} has written; nothing where it has not. */
export function readLetter(line: string): SavedLetter | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return undefined;
  }
  const saved = savedLetter.safeParse(parsed).data;
  if (saved === undefined) return undefined;
  const { id, sentAt, groupId, attributes, body } = saved;
  return {
    id,
    sentAtMs: Date.parse(sentAt),
    groupId,
    body,
    attributes: Object.fromEntries(
      Object.entries(attributes).map(([name, { BinaryValue, ...others }]) => [
        name,
        { ...others, ...(BinaryValue !== undefined && { BinaryValue: Buffer.from(BinaryValue, 'base64') }) },
      ]),
    ),
  };
}

const reasonOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unexpected';

/** A file that letters are saved in, for the operator's eyes alone. */
export interface LetterFile {
  path: string;
  /** Resolves when the letter is on the disk. @throws OperatorError when the disk does not take it */
  save(letter: Letter): Promise<void>;
  close(): Promise<void>;
}

/** @throws OperatorError when it cannot be written, or is there already. */
export async function createLetterFile(path: string): Promise<LetterFile> {
  let file: FileHandle;
  try {
    file = await open(path, 'wx', 0o600);
  } catch (error) {
    throw new OperatorError(
      reasonOf(error) === 'EEXIST'
        ? 'There is a file of that name, and it is not written over. Nothing was done. Give another name.'
        : `The file that is to keep the letters cannot be written (${reasonOf(error)}). Nothing was done. Give another name.`,
    );
  }
  return {
    path,
    async save(letter) {
      try {
        await file.appendFile(`${writeLetter(letter)}\n`);
        await file.datasync();
      } catch (error) {
        throw new OperatorError(
          `The file that is to keep the letters cannot be written (${reasonOf(error)}). --file puts it elsewhere.`,
          EXIT.notDone,
        );
      }
    },
    close: () => file.close(),
  };
}

/** A name for such a file, in the folder where the command was given. */
export const letterFileName = (now: Date): string =>
  `dead-letters-${now.toISOString().replace(/[-:.]/g, '')}.jsonl`;

/** A file of letters, read whole once. */
export interface ReadLetters {
  sha256: string;
  lastLine: number;
  letters: { line: number; letter: SavedLetter }[];
}

/** A letter may be as large as SQS takes it, and more in JSON. */
const LETTER_MAX_BYTES = 8 * 1_048_576;

/** @throws OperatorError when it cannot be read, or holds something else. */
export async function readLetterFile(path: string): Promise<ReadLetters> {
  const read: ReadLetters = { sha256: '', lastLine: 0, letters: [] };
  const hash = createHash('sha256');
  let file: FileHandle;
  try {
    file = await open(path);
  } catch (error) {
    throw new OperatorError(`The file cannot be read (${reasonOf(error)}). Nothing was loaded.`);
  }
  async function* hashed() {
    try {
      for await (const chunk of file.createReadStream()) {
        hash.update(chunk);
        yield Buffer.from(chunk);
      }
    } catch (error) {
      throw new OperatorError(`The file cannot be read (${reasonOf(error)}). Nothing was loaded.`);
    }
  }
  let torn: number | undefined;
  for await (const { number, text } of readLines(hashed(), LETTER_MAX_BYTES)) {
    if (text?.trim() === '') continue;
    const letter = text === undefined ? undefined : readLetter(text);
    // Only the last line can be torn, by a death while it was written: that letter was not deleted yet.
    if (torn !== undefined) {
      throw new OperatorError(`Line ${torn} is no letter that this command has saved. Nothing was loaded.`);
    }
    if (letter === undefined) torn = number;
    else read.letters.push({ line: number, letter });
    read.lastLine = number;
  }
  if (read.letters.length === 0) {
    throw new OperatorError('The file holds no letter that this command has saved. Nothing was loaded.');
  }
  return { ...read, sha256: hash.digest('hex') };
}
