import { setMaxListeners } from 'node:events';
import { machineClock } from '../../lib/clock.ts';
import { explain, openQueue } from '../aws/queue.ts';
import { resolveStage, type Stage } from '../aws/stage.ts';
import { EXIT, OperatorError } from '../exit.ts';
import { hubSpotProblem, openHubSpot, Stopped } from '../hubspot.ts';
import { evenly, rateOf, rateText } from '../pace.ts';
import type { Ended, GlobalOptions } from '../program.ts';
import { agreed } from '../terminal/confirm.ts';
import { stopOnInterrupt } from '../terminal/interrupt.ts';
import { showProgress } from '../terminal/progress.ts';
import { count, endNow } from '../terminal/report.ts';
import { type OpenPool, openPool, poolProblem } from './pool.ts';
import { type Reconciled, reconcile } from './reconcile.ts';
import { type Counts, emptyReconcile, type ReconcileReport } from './report.ts';
import { sinceOf } from './since.ts';
import { fresh, readState, removeState, type State, saveState, stateFileOf } from './state-file.ts';

export interface ReconcileCommandOptions extends GlobalOptions {
  since: string;
  userPoolId?: string;
  send?: boolean;
  rate?: string;
  yes?: boolean;
  state?: string;
  again?: boolean;
}

/** Where people are sent, and how fast. */
type Target = Awaited<ReturnType<typeof openQueue>> & { ratePerSecond: number };

async function openTarget(options: ReconcileCommandOptions): Promise<Target | undefined> {
  if (options.send !== true) {
    if (options.rate !== undefined) throw new OperatorError('--rate goes with --send. Nothing was done.');
    return undefined;
  }
  const target = await openQueue(options);
  return { ...target, ratePerSecond: rateOf(options.rate, target.requestsPer10s / 10 / 2) };
}

const found = ({ checked, missing, withoutUsername, unusable }: State['counts']): string => {
  const lacking = [
    missing > 0 && `${missing} missing in HubSpot`,
    withoutUsername > 0 && `${withoutUsername} there without the username`,
  ].filter((part) => part !== false);
  const wrong =
    unusable > 0 ? ` ${unusable} more cannot be sent: no message can carry their address or name.` : '';
  return `Checked ${count(checked)}: ${lacking.length === 0 ? 'all are in HubSpot' : lacking.join(', ')}.${wrong}`;
};

const GOES_ON = 'The same command goes on.';

function verdict(
  counts: Counts,
  { state, refused, sqsError }: Reconciled,
  target: Target | undefined,
): ReconcileReport {
  const { missing, withoutUsername, sent } = counts;
  const said = found(state.counts);
  const lacking = missing + withoutUsername;
  if (sqsError !== undefined) {
    const message = `${said} On the queue: ${count(sent)}. Stopped: ${explain(sqsError).message}. ${GOES_ON}`;
    return { ...counts, outcome: 'incomplete', exitCode: EXIT.notDone, message };
  }
  const done = { ...counts, stateFile: null };
  if (lacking === 0) return { ...done, outcome: 'in-order', message: said };
  if (target === undefined) {
    const message = `${said} Nobody was sent; --send does it.`;
    return { ...done, outcome: 'missing', exitCode: EXIT.notDone, message };
  }
  const message = `${said} On the queue: ${count(sent)}. Sent to ${target.where}.`;
  if (refused.length === 0) return { ...done, outcome: 'sent', message };
  const problems = [...new Set(refused)].map((code) => ({
    field: 'line',
    reason: `SQS did not take ${count(refused.filter((each) => each === code).length)}: ${code}`,
  }));
  return { ...done, problems, outcome: 'incomplete', exitCode: EXIT.notDone, message };
}

async function goOn(
  options: ReconcileCommandOptions,
  { stage, pool, target, since }: { stage: Stage; pool: OpenPool; target: Target | undefined; since: Date },
): Promise<Ended> {
  const subject = { userPoolId: pool.id, since: since.toISOString(), queueUrl: target?.queue.url ?? null };
  const stateFile = options.state ?? stateFileOf(subject);
  const before = options.again ? undefined : await readState(stateFile, subject);
  let state = before ?? fresh(subject);
  const counts = (): Counts => {
    const { seen: _seen, ...rest } = state.counts;
    const { userPoolId, since: sinceText } = subject;
    return {
      ...emptyReconcile,
      ...rest,
      queue: target?.where ?? null,
      userPoolId,
      since: sinceText,
      stateFile,
    };
  };
  if (target !== undefined) {
    process.stderr.write(`Whoever is missing goes to ${target.where}, ${rateText(target.ratePerSecond)}.\n`);
    // Somebody at a terminal is asked; a script has been written by somebody who knew.
    const mayGo = options.yes || !process.stdin.isTTY || (await agreed('Send them?', options.yes));
    if (!mayGo) {
      const message = 'Nobody was sent.';
      return {
        report: {
          ...counts(),
          stateFile: null,
          outcome: 'declined',
          exitCode: EXIT.notDone,
          message,
        } satisfies ReconcileReport,
      };
    }
  }
  await saveState(stateFile, state, EXIT.badInput);
  if (before !== undefined && before.counts.seen > 0) {
    process.stderr.write(`Going on after ${before.counts.seen} accounts of the pool.\n`);
  }
  const { estimatedUsers } = await pool.describe().catch(() => ({ estimatedUsers: 0 }));
  const progress = showProgress(Math.max(estimatedUsers, state.counts.seen), state.counts.seen, 'accounts');
  const interrupted = (): ReconcileReport => ({
    ...counts(),
    outcome: 'interrupted',
    exitCode: EXIT.interrupted,
    message: `Interrupted. ${found(state.counts)}${target === undefined ? '' : ` On the queue: ${count(state.counts.sent)}.`} ${GOES_ON}`,
  });
  const stop = stopOnInterrupt({
    after: 'the question under way',
    say: progress.say,
    endAtOnce() {
      progress.stop();
      endNow(interrupted(), options.json === true);
    },
  });
  setMaxListeners(0, stop);
  try {
    const ended = await reconcile({
      pool,
      cards: openHubSpot(stage, stop),
      to: target && { queue: target.queue, turn: evenly(target.ratePerSecond, machineClock, stop) },
      state,
      stateFile,
      stop,
      onBatch(after, { seen }) {
        state = after;
        progress.advance(seen);
      },
      onLostPlace() {
        progress.say('Cognito does not know any more where the last run was: beginning anew.');
      },
    });
    progress.stop();
    state = ended.state;
    const report = verdict(counts(), ended, target);
    if (report.stateFile === null) await removeState(stateFile);
    return { report };
  } catch (error) {
    progress.stop();
    if (stop.aborted && (error instanceof Stopped || error === stop.reason)) return { report: interrupted() };
    const problem = hubSpotProblem(poolProblem(error));
    if (!(problem instanceof OperatorError)) throw problem;
    const message = `${state.counts.seen === 0 ? '' : `${found(state.counts)} `}Stopped: ${problem.message} ${GOES_ON}`;
    return {
      report: {
        ...counts(),
        outcome: 'incomplete',
        exitCode: EXIT.notDone,
        message,
      } satisfies ReconcileReport,
    };
  }
}

/** Compares the user pool with HubSpot, and with --send puts on the queue whoever is missing. */
export async function runReconcile(options: ReconcileCommandOptions): Promise<Ended> {
  const since = sinceOf(options.since, new Date());
  const target = await openTarget(options);
  try {
    const stage = await resolveStage(options);
    const pool = await openPool(options.userPoolId, stage);
    try {
      return await goOn(options, { stage, pool, target, since });
    } finally {
      pool.close();
    }
  } finally {
    target?.queue.sqs.destroy();
  }
}
