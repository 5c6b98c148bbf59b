import { requireVerification } from '../../lib/verification.ts';
import { resolveStage, whereIs } from '../aws/stage.ts';
import { EXIT, OperatorError } from '../exit.ts';
import { Stopped } from '../hubspot.ts';
import type { Ended, GlobalOptions } from '../program.ts';
import { agreed } from '../terminal/confirm.ts';
import { stopOnInterrupt } from '../terminal/interrupt.ts';
import { showProgress } from '../terminal/progress.ts';
import { endNow } from '../terminal/report.ts';
import { counted, widthOf, wrapped } from '../terminal/text.ts';
import { checkPoolId } from '../user-pool/cognito.ts';
import { awsChecks } from './aws.ts';
import { type Check, type Checked, runCheck } from './check.ts';
import { examine } from './examined.ts';
import { hubSpotChecks } from './hubspot.ts';
import { probe } from './probe.ts';
import { type DoctorReport, emptyDoctor } from './reports.ts';
import { checkLines } from './text.ts';

export interface DoctorOptions extends GlobalOptions {
  userPoolId?: string;
  probe?: string;
  yes?: boolean;
}

const QUESTION =
  'This makes a contact and a note in HubSpot under the test address, and removes them again. Do it?';

/** @throws OperatorError when it is no address that a sign-up could have. */
function checkAddress(email: string): string {
  try {
    return requireVerification({ email, username: 'probe' }).email;
  } catch {
    throw new OperatorError('--probe wants a test address, such as probe@example.org. Nothing was done.');
  }
}

/** Runs all checks, one after another, and says what is wrong and what to do about it. */
export async function runDoctor(options: DoctorOptions): Promise<Ended> {
  const { json = false, yes } = options;
  const userPoolId = options.userPoolId === undefined ? undefined : checkPoolId(options.userPoolId);
  const email = options.probe === undefined ? undefined : checkAddress(options.probe);
  const stage = await resolveStage(options);
  const stopping = new AbortController();
  const examined = await examine(stage, { userPoolId, stop: stopping.signal });
  const where = whereIs(stage.queueUrl ?? '', stage, examined.region);
  const empty = { ...emptyDoctor, queue: where };
  if (email !== undefined && !(await agreed(QUESTION, yes))) {
    const message = 'Declined. Nothing was done.';
    return {
      report: { ...empty, outcome: 'declined', exitCode: EXIT.notDone, message } satisfies DoctorReport,
    };
  }
  const checks: readonly Check[] = [
    ...awsChecks,
    ...hubSpotChecks,
    ...(email === undefined ? [] : [probe(email)]),
  ];
  const progress = showProgress(checks.length, 0, 'checks');
  const interrupted = 'Interrupted. Nothing was changed.';
  const stop = stopOnInterrupt({
    after: email === undefined ? 'this check' : 'this check; what was made in HubSpot is removed',
    say: progress.say,
    endAtOnce() {
      progress.stop();
      const message =
        email === undefined
          ? interrupted
          : 'Interrupted. If the probe was under way, look in HubSpot for the test address.';
      endNow({ ...empty, outcome: 'interrupted', exitCode: EXIT.interrupted, message }, json);
    },
  });
  stop.addEventListener('abort', () => stopping.abort());
  const done: Checked[] = [];
  try {
    for (const check of checks) {
      if (stop.aborted) break;
      done.push(await runCheck(check, examined));
      progress.advance(1);
    }
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
  } finally {
    progress.stop();
    examined.close();
  }
  const failures = done.filter(({ state }) => state === 'failed').length;
  const skips = done.filter(({ state }) => state === 'skipped').length;
  const report = { ...empty, checks: done, failed: failures };
  if (done.length < checks.length) {
    return {
      report: {
        ...report,
        outcome: 'interrupted',
        exitCode: EXIT.interrupted,
        message: interrupted,
      } satisfies DoctorReport,
    };
  }
  const notTold = skips > 0 ? ` ${counted(skips, 'check')} could not be asked.` : '';
  const message =
    failures === 0
      ? `Nothing wrong was found with ${where}.${notTold}`
      : `${counted(failures, 'thing')} wrong with ${where}.${notTold}`;
  return {
    report: {
      ...report,
      outcome: failures === 0 ? 'healthy' : 'unwell',
      exitCode: failures === 0 ? EXIT.ok : EXIT.notDone,
      message,
    } satisfies DoctorReport,
    body: [...done.flatMap(checkLines), '', ...wrapped(message, widthOf(process.stdout))].join('\n'),
  };
}
