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
  { state, sqsError }: Reconciled,
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
  if (counts.problems.length === 0) return { ...done, outcome: 'sent', message };
  return { ...done, outcome: 'incomplete', exitCode: EXIT.notDone, message };
}

/** One run of the command. */
interface Job {
  options: ReconcileCommandOptions;
  stage: Stage;
  pool: OpenPool;
  target: Target | undefined;
  stateFile: string;
}

const countsOf = ({ userPoolId, since, counts, refused = {} }: State, { target, stateFile }: Job): Counts => {
  const { seen: _seen, ...rest } = counts;
  const problems = Object.entries(refused).map(([code, people]) => ({
    field: 'line',
    reason: `SQS did not take ${count(people)}: ${code}`,
  }));
  return { ...emptyReconcile, ...rest, problems, queue: target?.where ?? null, userPoolId, since, stateFile };
};

function interrupted(state: State, job: Job): ReconcileReport {
  const onQueue = job.target === undefined ? '' : ` On the queue: ${count(state.counts.sent)}.`;
  return {
    ...countsOf(state, job),
    outcome: 'interrupted',
    exitCode: EXIT.interrupted,
    message: `Interrupted. ${found(state.counts)}${onQueue} ${GOES_ON}`,
  };
}

/** Says where people go, and asks somebody at a terminal; a script has been written by somebody who knew. */
async function mayGo({ options, target }: Job): Promise<boolean> {
  if (target === undefined) return true;
  process.stderr.write(`Whoever is missing goes to ${target.where}, ${rateText(target.ratePerSecond)}.\n`);
  return options.yes || !process.stdin.isTTY || agreed('Send them?', options.yes);
}

async function work(job: Job, begin: State): Promise<ReconcileReport> {
  const { options, stage, pool, target, stateFile } = job;
  let state = begin;
  const { estimatedUsers } = await pool.describe().catch(() => ({ estimatedUsers: 0 }));
  const { seen } = state.counts;
  const progress = showProgress(Math.max(estimatedUsers, seen), seen, 'accounts');
  const stop = stopOnInterrupt({
    after: 'the question under way',
    say: progress.say,
    endAtOnce() {
      progress.stop();
      endNow(interrupted(state, job), options.json === true);
    },
  });
  try {
    const ended = await reconcile({
      pool,
      cards: openHubSpot(stage, stop),
      to: target && { queue: target.queue, turn: evenly(target.ratePerSecond, machineClock, stop) },
      state,
      save: (after) => saveState(stateFile, after),
      clock: machineClock,
      random: Math.random,
      stop,
      onState(after) {
        progress.advance(after.counts.seen - state.counts.seen);
        state = after;
      },
      onLostPlace() {
        progress.say('Cognito does not know any more where the last run was: beginning anew.');
      },
    });
    const report = verdict(countsOf(ended.state, job), ended, target);
    if (report.stateFile === null) await removeState(stateFile);
    return report;
  } catch (error) {
    if (stop.aborted && (error instanceof Stopped || error === stop.reason)) return interrupted(state, job);
    const problem = hubSpotProblem(poolProblem(error));
    if (state.counts.seen === 0) await removeState(stateFile);
    if (!(problem instanceof OperatorError) || state.counts.seen === 0) throw problem;
    const message = `${found(state.counts)} Stopped: ${problem.message} ${GOES_ON}`;
    return { ...countsOf(state, job), outcome: 'incomplete', exitCode: EXIT.notDone, message };
  } finally {
    progress.stop();
  }
}

async function goOn(job: Omit<Job, 'stateFile'>, since: Date): Promise<ReconcileReport> {
  const { options, pool, target } = job;
  const queueUrl = target?.queue.url ?? null;
  const subject = { userPoolId: pool.id, since: since.toISOString(), queueUrl };
  const stateFile = options.state ?? stateFileOf(subject);
  const before = options.again ? undefined : await readState(stateFile, subject);
  const state = before ?? fresh(subject);
  const run = { ...job, stateFile };
  if (!(await mayGo(run))) {
    const counts = { ...countsOf(state, run), stateFile: before === undefined ? null : stateFile };
    return { ...counts, outcome: 'declined', exitCode: EXIT.notDone, message: 'Nobody was sent.' };
  }
  await saveState(stateFile, state, EXIT.badInput);
  if (state.counts.seen > 0) {
    process.stderr.write(`Going on after ${state.counts.seen} accounts of the pool.\n`);
  }
  return work(run, state);
}

/** Compares the user pool with HubSpot, and with --send puts on the queue whoever is missing. */
export async function runReconcile(options: ReconcileCommandOptions): Promise<Ended> {
  const since = sinceOf(options.since, new Date());
  const target = await openTarget(options);
  try {
    const stage = await resolveStage(options);
    const pool = await openPool(options.userPoolId, stage);
    try {
      return { report: await goOn({ options, stage, pool, target }, since) };
    } finally {
      pool.close();
    }
  } finally {
    target?.queue.sqs.destroy();
  }
}
