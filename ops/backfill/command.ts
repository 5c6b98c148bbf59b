import { type FileHandle, open, stat } from 'node:fs/promises';
import { connect, type Queue } from '../aws/queue.ts';
import { EXIT, type ExitCode, OperatorError } from '../exit.ts';
import type { GlobalOptions } from '../program.ts';
import { onInterrupt } from '../terminal/interrupt.ts';
import { showProgress } from '../terminal/progress.ts';
import { count, emptyReport, endNow, printReport, type SendReport } from '../terminal/report.ts';
import { type CheckedFile, checkFile } from './check-file.ts';
import { type Journal, openJournal, previewJournal } from './journal.ts';
import { type Format, formatOf, readRows } from './rows.ts';
import { sendFile } from './send-file.ts';

/** A backfill, as the command line describes it. */
export interface SendFileOptions extends GlobalOptions {
  file: string;
  journal?: string;
  again?: boolean;
  dryRun?: boolean;
}

const unreadable = (error: unknown): never => {
  const reason = error instanceof Error && 'code' in error ? error.code : 'unexpected';
  throw new OperatorError(`The file cannot be read (${reason}).`);
};

async function openInput(path: string): Promise<FileHandle> {
  if (path === '-') {
    throw new OperatorError(
      'Standard input cannot be sent: it is read twice, once to check it. Save it to a file.',
    );
  }
  // Before it is opened: to open a pipe waits for somebody who writes to it.
  const found = await stat(path).catch(unreadable);
  if (!found.isFile()) {
    throw new OperatorError(
      'What --file names is not a regular file. It is read twice, once to check it: save it to one.',
    );
  }
  return open(path).catch(unreadable);
}

/** Both passes read one handle: a file that is replaced meanwhile does not matter. */
async function* chunksOf(input: FileHandle): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield* input.createReadStream({ start: 0, autoClose: false, highWaterMark: 262_144 });
  } catch (error) {
    unreadable(error);
  }
}

/** Ctrl-C once: finish what is under way. Twice: end now, the journal knows what is uncertain. */
function stopOnInterrupt(endAtOnce: () => never): AbortSignal {
  const stop = new AbortController();
  onInterrupt(() => {
    if (stop.signal.aborted) endAtOnce();
    stop.abort();
    process.stderr.write('\nStopping after the batches under way. Press Ctrl-C again to stop now.\n');
  });
  return stop.signal;
}

/** A report but for its end. */
type Counts = Omit<SendReport, 'outcome' | 'message'>;

const onQueue = ({ sent }: Counts): string => `On the queue: ${count(sent)}.`;

/** `--again` begins anew each time, also after an interruption. */
const stillToSend = ({ remaining }: Counts, again: boolean): string =>
  `Still to be sent: ${remaining}. Give the ${again ? 'command again, without --again,' : 'same command again'} to go on.`;

const interrupted = (counts: Counts, again: boolean): SendReport => ({
  ...counts,
  outcome: 'interrupted',
  exitCode: EXIT.interrupted,
  message: `Interrupted. ${onQueue(counts)} ${stillToSend(counts, again)}`,
});

function summary(
  counts: Counts,
  { stopped, stop, again }: { stopped: OperatorError | undefined; stop: AbortSignal; again: boolean },
): SendReport {
  const { remaining, problems } = counts;
  if (remaining === 0) return { ...counts, outcome: 'sent', message: onQueue(counts) };
  if (stop.aborted && stopped === undefined) return interrupted(counts, again);
  // Lines that the second pass did not find, or found anew.
  const changed = remaining !== problems.length ? 'the file was changed while it was being sent' : undefined;
  const why = (stopped?.message ?? changed)?.replace(/\.$/, '');
  const end = `${onQueue(counts)} ${stillToSend(counts, again)}`;
  const message = why === undefined ? `${end} SQS did not take these:` : `Stopped: ${why}.\n${end}`;
  return { ...counts, outcome: 'incomplete', exitCode: EXIT.notSent, message };
}

async function sendRemaining(
  input: FileHandle,
  { format, file, queue, journal }: { format: Format; file: CheckedFile; queue: Queue; journal: Journal },
  { again = false, json = false }: SendFileOptions,
): Promise<SendReport> {
  const sentBefore = journal.count('sent');
  const sentAgain = journal.count('sending');
  const report = { ...emptyReport, people: file.people, sentBefore };
  if (sentBefore === file.people) {
    const message = `${count(file.people)} of this file went out before. Nothing was sent; --again sends them once more.`;
    return { ...report, outcome: 'already-sent', message };
  }
  if (sentBefore > 0) process.stderr.write(`${count(sentBefore)} went out before; going on with the rest.\n`);
  if (sentAgain > 0) {
    process.stderr.write(
      `${count(sentAgain)} were under way when the last run ended, and go out again: harmless.\n`,
    );
  }
  const soFar = () => {
    const sent = journal.count('sent') - sentBefore;
    return { ...report, sentAgain, sent, remaining: file.people - sentBefore - sent };
  };
  const progress = showProgress(file.people, sentBefore);
  const stop = stopOnInterrupt(() => {
    progress.stop();
    endNow(interrupted(soFar(), again), json);
  });
  const rows = readRows(chunksOf(input), format);
  const { problems, stopped } = await sendFile(rows, { queue, journal, stop, onSent: progress.advance });
  progress.stop();
  return summary({ ...soFar(), problems }, { stopped, stop, again });
}

async function send(input: FileHandle, options: SendFileOptions): Promise<SendReport> {
  const format = formatOf(options.file);
  const file = await checkFile(chunksOf(input), format);
  const { people, problems, sha256, lastLine } = file;
  if (people === 0) throw new OperatorError('The file holds nobody.');
  const report = { ...emptyReport, people, problems, remaining: people };
  if (problems.length > 0) {
    const lines = new Set(problems.map(({ line }) => line)).size;
    const message = `Nothing was sent: ${lines} of ${people} lines cannot be.`;
    return { ...report, outcome: 'invalid', exitCode: EXIT.badInput, message };
  }
  const journalPath = options.journal ?? `${options.file}.sent`;
  const subject = { sha256, lastLine, again: options.again === true };
  if (options.dryRun) {
    const before = await previewJournal(journalPath, { ...subject, queueUrl: options.queueUrl });
    const sentBefore = before.count('sent');
    const remaining = people - sentBefore;
    const already = sentBefore > 0 ? ` ${count(sentBefore)} went out before.` : '';
    const message = `${count(remaining)} would be sent.${already} Nothing was: this was a dry run.`;
    return { ...report, outcome: 'dry-run', sentBefore, remaining, message };
  }
  const queue = await connect(options.queueUrl);
  try {
    const journal = await openJournal(journalPath, { ...subject, queueUrl: queue.url });
    try {
      return await sendRemaining(input, { format, file, queue, journal }, options);
    } finally {
      await journal.close();
    }
  } finally {
    queue.sqs.destroy();
  }
}

/** Checks a file, and sends what of it has not been sent yet. */
export async function sendFileCommand(options: SendFileOptions): Promise<ExitCode> {
  const input = await openInput(options.file);
  try {
    const report = await send(input, options);
    printReport(report, options.json === true);
    return report.exitCode;
  } finally {
    await input.close();
  }
}
