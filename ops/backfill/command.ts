import { machineClock } from '../../lib/clock.ts';
import { openQueue, type Queue } from '../aws/queue.ts';
import { EXIT, type ExitCode, OperatorError } from '../exit.ts';
import { evenly, rateOf, rateText } from '../pace.ts';
import type { GlobalOptions } from '../program.ts';
import { agreed } from '../terminal/confirm.ts';
import { stopOnInterrupt } from '../terminal/interrupt.ts';
import { showProgress } from '../terminal/progress.ts';
import { count, endNow, printReport } from '../terminal/report.ts';
import { duration } from '../terminal/text.ts';
import { type CheckedFile, checkFile } from './check-file.ts';
import { type Input, openInput } from './input.ts';
import { type Journal, openJournal, previewJournal } from './journal.ts';
import { emptySend, type SendReport } from './report.ts';
import { readRows } from './rows.ts';
import { sendFile } from './send-file.ts';

/** A backfill, as the command line describes it. */
export interface SendFileOptions extends GlobalOptions {
  file: string;
  journal?: string;
  again?: boolean;
  dryRun?: boolean;
  rate?: string;
  yes?: boolean;
}

/** Whoever waits so long may want to know. */
const LONG_MS = 60_000;

/** A report but for its end. */
type Counts = Omit<SendReport, 'outcome' | 'message'>;

const onQueue = ({ sent, queue }: Counts): string => `On the queue: ${count(sent)}. Sent to ${queue}.`;

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
  return { ...counts, outcome: 'incomplete', exitCode: EXIT.notDone, message };
}

async function sendRemaining(
  input: Input,
  { file, queue, journal, where }: { file: CheckedFile; queue: Queue; journal: Journal; where: string },
  { again = false, json = false, ratePerSecond }: SendFileOptions & { ratePerSecond: number },
): Promise<SendReport> {
  const sentBefore = journal.count('sent');
  const sentAgain = journal.count('sending');
  const report = { ...emptySend, queue: where, people: file.people, sentBefore };
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
  const progress = showProgress(file.people, sentBefore, 'lines');
  // The journal knows what is uncertain.
  const stop = stopOnInterrupt({
    after: 'the batches under way',
    say: progress.say,
    endAtOnce() {
      progress.stop();
      endNow(interrupted(soFar(), again), json);
    },
  });
  const rows = readRows(input.chunks(), input.format);
  const turn = evenly(ratePerSecond, machineClock, stop);
  const { problems, stopped } = await sendFile(rows, {
    queue,
    journal,
    turn,
    stop,
    onSent: progress.advance,
  });
  progress.stop();
  return summary({ ...soFar(), problems }, { stopped, stop, again });
}

/** Where people go, how fast, and for how long. */
function announcement(people: number, ratePerSecond: number, where: string): string {
  const ms = (people / ratePerSecond) * 1_000;
  const long = ms > LONG_MS ? `, for ${duration(ms)}` : '';
  return `Sending ${count(people)} to ${where}, ${rateText(ratePerSecond)}${long}.`;
}

async function send(input: Input, options: SendFileOptions): Promise<SendReport> {
  const file = await checkFile(input.chunks(), input.format);
  const { people, problems, sha256, lastLine } = file;
  if (people === 0) throw new OperatorError('The file holds nobody.');
  const report = { ...emptySend, people, problems, remaining: people };
  if (problems.length > 0) {
    const lines = new Set(problems.map(({ line }) => line)).size;
    const message = `Nothing was sent: ${lines} of ${people} lines cannot be.`;
    return { ...report, outcome: 'invalid', exitCode: EXIT.badInput, message };
  }
  const journalPath = options.journal ?? input.journal;
  const subject = { sha256, lastLine, again: options.again === true };
  if (options.dryRun) {
    const before = await previewJournal(journalPath, { ...subject, queueUrl: options.queueUrl });
    const sentBefore = before.count('sent');
    const remaining = people - sentBefore;
    const already = sentBefore > 0 ? ` ${count(sentBefore)} went out before.` : '';
    const message = `${count(remaining)} would be sent.${already} Nothing was: this was a dry run.`;
    return { ...report, outcome: 'dry-run', sentBefore, remaining, message };
  }
  const { queue, where, requestsPer10s } = await openQueue(options);
  const ratePerSecond = rateOf(options.rate, requestsPer10s / 10 / 2);
  try {
    const before = await previewJournal(journalPath, { ...subject, queueUrl: queue.url });
    const remaining = people - before.count('sent');
    if (remaining > 0) {
      process.stderr.write(`${announcement(remaining, ratePerSecond, where)}\n`);
      if (!(await mayGo(options))) {
        return {
          ...report,
          queue: where,
          outcome: 'declined',
          exitCode: EXIT.notDone,
          message: 'Nothing was sent.',
        };
      }
    }
    const journal = await openJournal(journalPath, { ...subject, queueUrl: queue.url });
    try {
      return await sendRemaining(input, { file, queue, journal, where }, { ...options, ratePerSecond });
    } finally {
      await journal.close();
    }
  } finally {
    queue.sqs.destroy();
  }
}

/** Somebody at a terminal is asked; a script has been written by somebody who knew. */
async function mayGo({ file, yes }: SendFileOptions): Promise<boolean> {
  if (yes) return true;
  if (file === '-' && process.stderr.isTTY) {
    throw new OperatorError(
      'Standard input holds the people, so nobody can be asked. Nothing was sent: --yes answers beforehand.',
    );
  }
  return process.stdin.isTTY ? agreed('Send them?', yes) : true;
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
