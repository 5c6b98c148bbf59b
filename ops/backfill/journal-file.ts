import { randomUUID } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import * as z from 'zod/mini';
import { OperatorError } from '../exit.ts';

const lineNumbers = z.array(z.int().check(z.nonnegative()));
const header = z.object({
  journal: z.literal(1),
  sha256: z.string(),
  queueUrl: z.string(),
  startedAt: z.iso.datetime(),
  run: z.optional(z.string().check(z.minLength(1))),
});
const entry = z.object({ state: z.enum(['sending', 'sent', 'failed']), lines: lineNumbers });

/** One step of a batch, as line numbers of the input. */
export type JournalEntry = z.infer<typeof entry>;

/** What the journal knows of a line. `sending`: the process died before it heard what became of it. */
export type LineState = JournalEntry['state'] | undefined;

/** Which lines have been sent. */
export interface JournalView {
  /**
   * When the file was first sent, in ISO 8601: stands in for a `verifiedAt` that a line does not have. So a line that
   * goes out for the second time is the same message again, and the sync knows its own work.
   */
  startedAt: string;
  /**
   * Names the run that the journal is of, however often it is interrupted: what goes out a second time because nobody
   * knows whether SQS has it is the same to SQS, and what is sent `--again` is not.
   */
  run: string;
  stateOf(line: number): LineState;
  count(state: LineState): number;
}

/** What a journal belongs to: one content of one file, sent to one queue. */
export interface JournalSubject {
  sha256: string;
  queueUrl: string;
}

/** What {@link readJournal} needs to know of the input. */
export interface JournalOptions extends JournalSubject {
  /** The input's last line. */
  lastLine: number;
  /** Begins anew, whatever the journal says. */
  again: boolean;
}

/** Whoever only looks may leave the queue open. */
export type JournalReading = Omit<JournalOptions, 'queueUrl'> & { queueUrl: string | undefined };

const STATES: readonly LineState[] = [undefined, 'sending', 'sent', 'failed'];

/** One byte for each line of the input, however long the journal is. */
function lineStates(lastLine: number, { startedAt, run }: Pick<JournalView, 'startedAt' | 'run'>) {
  const states = new Uint8Array(lastLine + 1);
  return {
    startedAt,
    run,
    record({ state, lines }: JournalEntry): void {
      for (const line of lines) states[line] = STATES.indexOf(state);
    },
    stateOf: (line: number): LineState => STATES[states[line] ?? 0],
    count(state: LineState): number {
      const code = STATES.indexOf(state);
      return states.reduce((total, each) => (each === code ? total + 1 : total), 0);
    },
  };
}

function parseLine<Schema extends z.ZodMiniType>(schema: Schema, line: string): z.infer<Schema> | undefined {
  try {
    return schema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

function checkSubject(found: JournalSubject, wanted: { sha256: string; queueUrl: string | undefined }): void {
  if (found.sha256 !== wanted.sha256) {
    throw new OperatorError(
      'The file has changed since its journal was written: the line numbers in it mean nothing any more. Nothing was sent. To send all of the file as it is now, give --again.',
    );
  }
  if (wanted.queueUrl !== undefined && found.queueUrl !== wanted.queueUrl) {
    throw new OperatorError(
      'The journal says that this file went to another queue. Nothing was sent. For this queue, give --journal another name.',
    );
  }
}

function unreadable({ code }: NodeJS.ErrnoException): '' {
  if (code === 'ENOENT') return '';
  throw new OperatorError(`The journal cannot be read (${code}).`);
}

/**
 * A device would forget what has been sent, and a pipe would wait for a reader.
 *
 * @throws OperatorError when there is something at the path, and it is no file.
 */
export async function checkRegularFile(path: string): Promise<void> {
  const found = await stat(path).catch(unreadable);
  if (found === '' || found.isFile()) return;
  throw new OperatorError(
    "What has the journal's name is not a regular file, so it cannot be the journal, which notes what has been sent. Nothing was sent. Give --journal another name.",
  );
}

async function readIfThere(path: string): Promise<string> {
  await checkRegularFile(path);
  return readFile(path, 'utf8').catch(unreadable);
}

/** What a journal says so far, and how many of its bytes are whole lines. */
export interface JournalContent {
  lines: JournalView & { record(entry: JournalEntry): void };
  wholeBytes: number;
}

/** @throws OperatorError when the file is no journal, or that of another input. */
export async function readJournal(path: string, options: JournalReading): Promise<JournalContent> {
  const { lastLine, again, ...subject } = options;
  const text = await readIfThere(path);
  const fresh = { startedAt: new Date().toISOString(), run: randomUUID() };
  if (text === '') return { lines: lineStates(lastLine, fresh), wholeBytes: 0 };
  // The last line may be torn, when the process died while it wrote it. The lines before it say enough: a batch is
  // sent only after its `sending` is whole.
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  const [first = '', ...steps] = whole.split('\n').slice(0, -1);
  const found = parseLine(header, first);
  if (found === undefined) {
    throw new OperatorError(
      "What has the journal's name is not a journal of this command. Give --journal another name.",
    );
  }
  const { startedAt, run } = found;
  if (again) {
    // Another content holds people whom that run never sent: for them its time means nothing.
    const begun = found.sha256 === subject.sha256 ? { ...fresh, startedAt } : fresh;
    return { lines: lineStates(lastLine, begun), wholeBytes: 0 };
  }
  checkSubject(found, subject);
  // Old journals name no run. Their time is as good a name: no other run has it.
  const lines = lineStates(lastLine, { startedAt, run: run ?? startedAt });
  for (const [i, step] of steps.entries()) {
    const known = parseLine(entry, step);
    if (known === undefined)
      throw new OperatorError(`Line ${i + 2} of the journal is damaged. Nothing was sent.`);
    lines.record(known);
  }
  return { lines, wholeBytes: Buffer.byteLength(whole) };
}
