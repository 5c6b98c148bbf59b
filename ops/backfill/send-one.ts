import { randomUUID } from 'node:crypto';
import { sendBatch } from '../../lib/queue/send-batch.ts';
import { checkVerification, type Verification } from '../../lib/verification.ts';
import { explain, openQueue, type Queue } from '../aws/queue.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { GlobalOptions } from '../program.ts';
import { onInterrupt } from '../terminal/interrupt.ts';
import { endNow, printReport } from '../terminal/report.ts';
import { problemsOf } from './problems.ts';
import { emptySend, type SendReport } from './report.ts';

/** Somebody is waiting at a terminal. */
const LIMIT_MS = 15_000;
const SILENCE_MS = 3_000;

/** One person, as the command line names them. */
export interface SendOneOptions extends GlobalOptions {
  email: string;
  username: string;
  verifiedAt?: string;
  dryRun?: boolean;
}

const nobodyYet = { ...emptySend, people: 1, remaining: 1 };

async function putOnQueue(
  queue: Queue,
  verification: Verification & { verifiedAt: string },
  { where, json }: { where: string; json: boolean },
): Promise<SendReport> {
  const before = { ...nobodyYet, queue: where };
  // With the same time, the sync knows its own work.
  const uncertain = `It may be on the queue all the same. To send it again does no harm, with --verified-at ${verification.verifiedAt}.`;
  onInterrupt(() => {
    const message = `Interrupted. ${uncertain}`;
    endNow({ ...before, outcome: 'interrupted', exitCode: EXIT.interrupted, message }, json);
  });
  const limit = AbortSignal.timeout(LIMIT_MS);
  const patience = setTimeout(() => {
    process.stderr.write(`SQS has not answered yet. Giving up after ${LIMIT_MS / 1_000} seconds.\n`);
  }, SILENCE_MS);
  const entries = [{ line: 1, verification }];
  const { sent, failed, error } = await sendBatch(queue, entries, {
    run: randomUUID(),
    stop: limit,
    abortSignal: limit,
  });
  clearTimeout(patience);
  if (sent.length > 0) {
    return {
      ...before,
      outcome: 'sent',
      sent: 1,
      remaining: 0,
      message: `On the queue: 1 person. Sent to ${where}.`,
    };
  }
  // What SQS says of an entry is what it says of a call.
  const refusal = { name: failed[0]?.code, $metadata: { httpStatusCode: 400 } };
  const message = limit.aborted
    ? `SQS has not taken the message within ${LIMIT_MS / 1_000} seconds. ${uncertain}`
    : `Not sent: ${explain(error ?? refusal).message}.`;
  return { ...before, outcome: 'incomplete', exitCode: EXIT.notDone, message };
}

async function send(options: SendOneOptions): Promise<SendReport> {
  const { email, username, verifiedAt, dryRun, json = false } = options;
  const checked = checkVerification({ email, username, ...(verifiedAt !== undefined && { verifiedAt }) });
  if ('problems' in checked) {
    const problems = problemsOf(checked.problems);
    const message = 'This cannot be sent, and nothing was:';
    return { ...nobodyYet, outcome: 'invalid', exitCode: EXIT.badInput, problems, message };
  }
  if (dryRun) {
    return {
      ...nobodyYet,
      outcome: 'dry-run',
      message: 'This could be sent. Nothing was: this was a dry run.',
    };
  }
  const { queue, where } = await openQueue(options);
  process.stderr.write(`Sending 1 person to ${where}.\n`);
  // Here and not by SQS, so that the message that promises nothing can name the time.
  const { verifiedAt: when = new Date().toISOString() } = checked.verification;
  try {
    return await putOnQueue(queue, { ...checked.verification, verifiedAt: when }, { where, json });
  } finally {
    queue.sqs.destroy();
  }
}

/** Sends one person. */
export async function sendOne(options: SendOneOptions): Promise<ExitCode> {
  const report = await send(options);
  printReport(report, options.json === true);
  return report.exitCode;
}
