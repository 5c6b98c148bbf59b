import { checkVerification } from '../lib/verification.ts';
import { EXIT, type ExitCode } from './exit.ts';
import type { GlobalOptions } from './program.ts';
import { connect, explain } from './queue.ts';
import { emptyReport, printReport, type SendReport } from './report.ts';
import { sendBatch } from './send-batch.ts';

/** One person, as the command line names them. */
export interface SendOneOptions extends GlobalOptions {
  email: string;
  username: string;
  verifiedAt?: string;
  dryRun?: boolean;
}

async function send(options: SendOneOptions): Promise<SendReport> {
  const { email, username, verifiedAt, dryRun, queueUrl } = options;
  const report = { ...emptyReport, people: 1, remaining: 1 };
  const checked = checkVerification({ email, username, ...(verifiedAt !== undefined && { verifiedAt }) });
  if ('problems' in checked) {
    const problems = checked.problems.map((problem) => {
      const [field = '', reason = ''] = problem.split(/: (.*)/s);
      return { field, reason };
    });
    return {
      ...report,
      outcome: 'invalid',
      exitCode: EXIT.badInput,
      problems,
      message: 'This cannot be sent, and nothing was:',
    };
  }
  if (dryRun) {
    return { ...report, outcome: 'dry-run', message: 'This could be sent. Nothing was: this was a dry run.' };
  }
  const queue = await connect(queueUrl);
  try {
    const { failed, error } = await sendBatch(queue, [{ line: 1, ...checked }]);
    if (error !== undefined) throw explain(error);
    const [failure] = failed;
    if (failure === undefined) {
      return { ...report, outcome: 'sent', sent: 1, remaining: 0, message: 'On the queue: 1 person.' };
    }
    const message = `SQS did not take the message: ${failure.code}.`;
    return { ...report, outcome: 'incomplete', exitCode: EXIT.notSent, message };
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
