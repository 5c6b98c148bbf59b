import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { AwsFailure } from '../aws/aws-call.ts';
import { EXIT, OperatorError } from '../exit.ts';
import { agreed } from '../terminal/confirm.ts';
import { onInterrupt } from '../terminal/interrupt.ts';
import { endNow, type Problem } from '../terminal/report.ts';
import { explain, type PoolState, readPool, setMfa, updatePool } from './cognito.ts';
import { emptyTriggerReport, type TriggerReport } from './report.ts';
import { savedFileName, savePool } from './saved-file.ts';
import { differences, mfaOf, obstacles, triggerOf, updateOf } from './settings.ts';

const CHECKS = 3;
const PAUSE_BETWEEN_CHECKS_MS = 500;

/** How a pool is changed. */
export interface ChangeOptions {
  userPoolId: string;
  /** Where the pool's settings from before are saved. */
  save?: string;
  yes?: boolean;
  json?: boolean;
}

/** What a change is to bring, and what to say of it. */
export interface Change {
  before: PoolState;
  wanted: PoolState;
  /** What changes, for a person. */
  lines: readonly string[];
  done: string;
  /** How to put back what the change has broken. */
  undo: (savedTo: string) => string;
}

const tell = (lines: readonly string[]): unknown => process.stderr.write(`${lines.join('\n')}\n`);

const problemsOf = (paths: readonly string[], reason: string): Problem[] =>
  paths.map((field) => ({ field, reason }));

/** A path as it can be pasted into a shell. */
export const quoted = (path: string): string =>
  /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;

/** Whether the operator agrees, having seen what changes. */
async function agreedTo(
  { before, lines }: Change,
  savedTo: string,
  { userPoolId, yes }: ChangeOptions,
): Promise<boolean> {
  tell([
    `User pool ${userPoolId}:`,
    ...lines.map((line) => `  ${line}`),
    ...obstacles(before),
    `Everything else stays as it is. The settings of before are saved in ${savedTo} first.`,
  ]);
  return agreed('Change the pool that people log in with?', yes);
}

/** Sends the change. Whether it came to anything, only the pool can say. */
async function write({ before, wanted }: Change, userPoolId: string): Promise<AwsFailure | undefined> {
  try {
    // First, because an update cannot switch on MFA (UpdateUserPool: "Cannot turn MFA functionality ON, once …").
    if (!isDeepStrictEqual(before.mfa, wanted.mfa)) await setMfa(userPoolId, mfaOf(wanted));
    await updatePool(userPoolId, updateOf(wanted.userPool));
    return undefined;
  } catch (error) {
    if (error instanceof AwsFailure) return error;
    throw error;
  }
}

/** Reads the pool until it is as wanted; Cognito may take a moment to show what it was told. */
async function readBack(wanted: PoolState, userPoolId: string): Promise<PoolState> {
  for (let check = 1; ; check += 1) {
    const after = await readPool(userPoolId);
    if (check === CHECKS || differences(wanted, after).length === 0) return after;
    await sleep(PAUSE_BETWEEN_CHECKS_MS);
  }
}

/** What has become of a change, by what the pool says. */
async function verdict(
  { before, wanted, done, undo }: Change,
  {
    failure,
    report,
  }: { failure: AwsFailure | undefined; report: Omit<TriggerReport, 'outcome' | 'message'> },
  { userPoolId, savedTo }: { userPoolId: string; savedTo: string },
): Promise<TriggerReport> {
  const why = failure && explain(failure, 'change the pool').message;
  let after: PoolState;
  try {
    after = await readBack(wanted, userPoolId);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    const message = `The change was sent${why === undefined ? '' : ` (${why})`}, and cannot be checked: ${error.message} Look with "trigger status". The settings of before are in ${savedTo}.`;
    return { ...report, outcome: 'unconfirmed', exitCode: EXIT.notDone, message };
  }
  const now = { ...report, postConfirmation: triggerOf(after) ?? null };
  const missed = differences(wanted, after);
  if (missed.length === 0) {
    const heard = why === undefined ? '' : " Cognito's answer was lost; the pool itself says so.";
    return { ...now, outcome: 'changed', message: `${done}${heard}` };
  }
  if (differences(before, after).length === 0) {
    const message = `Nothing has changed. ${why ?? 'Cognito took the change, and does not show it: look again in a minute with "trigger status".'}`;
    return { ...now, outcome: 'not-changed', exitCode: EXIT.notDone, message };
  }
  const problems = problemsOf(missed, 'is not as it should be');
  const message = `The pool is not as it should be.${why === undefined ? '' : ` ${why}`} ${undo(savedTo)} What differs:`;
  return { ...now, outcome: 'differs', exitCode: EXIT.notDone, problems, message };
}

/**
 * Changes a pool that people log in with: shows what, saves what is there, asks, sees that nobody else has changed it
 * meanwhile, writes once, and reads the pool to see what has become of it.
 */
export async function changePool(change: Change, options: ChangeOptions): Promise<TriggerReport> {
  const { before, wanted, undo } = change;
  const { userPoolId, json = false } = options;
  for (const { userPool } of [before, wanted]) updateOf(userPool);
  const savedTo = options.save ?? savedFileName(userPoolId, new Date());
  const report = { ...emptyTriggerReport, userPoolId, postConfirmation: triggerOf(before) ?? null };

  if (!(await agreedTo(change, savedTo, options))) {
    return { ...report, outcome: 'declined', exitCode: EXIT.notDone, message: 'Nothing was changed.' };
  }
  await savePool(savedTo, userPoolId, before);
  const saved = { ...report, savedTo };
  const meanwhile = differences(before, await readPool(userPoolId));
  if (meanwhile.length > 0) {
    const problems = problemsOf(meanwhile, 'has changed');
    const message =
      'Nothing was changed: somebody else has just changed the pool. Give the command again when they are done.';
    return { ...saved, outcome: 'not-changed', exitCode: EXIT.notDone, problems, message };
  }
  onInterrupt(() => {
    const message = `Interrupted while Cognito was at work: the pool may have changed. Look with "trigger status". ${undo(savedTo)}`;
    endNow({ ...saved, outcome: 'interrupted', exitCode: EXIT.interrupted, message }, json);
  });
  const failure = await write(change, userPoolId);
  return verdict(change, { failure, report: saved }, { userPoolId, savedTo });
}
