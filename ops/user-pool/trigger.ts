import * as z from 'zod/mini';
import { resolveStage, type StageOptions } from '../aws/stage.ts';
import { EXIT, OperatorError } from '../exit.ts';
import { type ChangeOptions, changePool, quoted } from './change.ts';
import { checkPoolId, type PoolState, readPool, regionOf } from './cognito.ts';
import { type InvokePermission, invokePermission } from './invoke-permission.ts';
import { emptyTriggerReport, type TriggerReport } from './report.ts';
import { readSavedPool } from './saved-file.ts';
import { differences, isSameFunction, restored, triggerOf, withTrigger } from './settings.ts';

/** A pool, and the function that it is to call or not to call: both the stage's, where they are not named. */
export interface TriggerOptions extends Omit<ChangeOptions, 'userPoolId'>, StageOptions {
  userPoolId?: string;
  function?: string;
}

interface Named {
  userPoolId: string;
  function: string;
}

/** @throws OperatorError when neither the options nor the stage say which pool and which function. */
async function named(options: TriggerOptions): Promise<Named> {
  if (options.stage === undefined && (options.userPoolId === undefined || options.function === undefined)) {
    throw new OperatorError(
      'Which pool and function? Give --stage, or --user-pool-id and --function. Nothing was changed.',
    );
  }
  const stage = options.stage === undefined ? undefined : await resolveStage(options);
  const userPoolId = options.userPoolId ?? stage?.userPoolId;
  const ofStage = stage?.triggerFunctionArn ?? stage?.functionNames.publishVerification;
  const functionName = options.function ?? ofStage;
  if (userPoolId === undefined || functionName === undefined) {
    throw new OperatorError(
      stage?.name === 'local'
        ? 'npm run dev has no user pool: --user-pool-id and --function name one of an endpoint of your own. Nothing was changed.'
        : `The stage names no ${userPoolId === undefined ? 'user pool (userPoolId in serverless.yml): --user-pool-id' : 'publisher: --function'} does. Nothing was changed.`,
    );
  }
  return { userPoolId: checkPoolId(userPoolId), function: functionName };
}

const ARN = /^arn:aws[a-z-]*:lambda:([a-z0-9-]+):\d{12}:function:[\w-]{1,64}(:[\w$-]+)?$/;
const NAME = /^[\w-]{1,64}$/;

const poolArn = z.string().check(z.regex(/^arn:aws[a-z-]*:cognito-idp:[a-z0-9-]+:\d{12}:userpool\//));

/** The ARN as Cognito stores it. A name stands for a function beside the pool: in its account and region. */
function functionArnOf(given: string, ofPool: string, userPoolId: string): string {
  if (NAME.test(given)) {
    const [arn, partition, , region, account] = ofPool.split(':');
    return [arn, partition, 'lambda', region, account, 'function', given].join(':');
  }
  const region = ARN.exec(given)?.[1];
  if (region === undefined) {
    throw new OperatorError(
      '--function is neither the name nor the ARN of a Lambda function. Nothing was changed.',
    );
  }
  if (region !== regionOf(userPoolId)) {
    throw new OperatorError('The function and the pool are not in one region. Nothing was changed.');
  }
  return given;
}

interface Found {
  state: PoolState;
  poolArn: string;
  functionArn: string;
  current: string | undefined;
  change: ChangeOptions;
  report: Omit<TriggerReport, 'outcome' | 'message'>;
}

async function look(options: TriggerOptions): Promise<Found> {
  const { userPoolId, function: given } = await named(options);
  const state = await readPool(userPoolId);
  const current = triggerOf(state);
  const ofPool = poolArn.parse(state.userPool.Arn);
  return {
    state,
    poolArn: ofPool,
    functionArn: functionArnOf(given, ofPool, userPoolId),
    current,
    change: { ...options, userPoolId },
    report: { ...emptyTriggerReport, userPoolId, postConfirmation: current ?? null },
  };
}

const LACKS =
  'the function does not exist, or its policy does not let this pool call it. Attached, it fails every sign-up. Name the pool in serverless.yml (userPoolId) and deploy, or add the permission where the pool is managed.';

const cannotTell = (permission: InvokePermission): string | undefined =>
  typeof permission === 'object'
    ? `It cannot be told whether the pool may call the function: ${permission.unknown}.`
    : undefined;

/** Says which function the pool calls after a confirmation, whether it is ours, and whether the pool may call it. */
export async function status(options: TriggerOptions): Promise<TriggerReport> {
  const { poolArn, functionArn, current, report } = await look(options);
  if (current === undefined) {
    return { ...report, outcome: 'none', message: 'The pool has no PostConfirmation trigger.' };
  }
  if (!isSameFunction(current, functionArn)) {
    const message = `The pool's PostConfirmation trigger is another function: ${current}. It does not call ${functionArn}.`;
    return { ...report, outcome: 'other', message };
  }
  const ours = { ...report, outcome: 'ours' } as const;
  const attached = `The pool's PostConfirmation trigger is ours: ${current}.`;
  const permission = await invokePermission(current, poolArn);
  if (permission === 'missing') {
    return { ...ours, exitCode: EXIT.notDone, message: `${attached} But ${LACKS}` };
  }
  return { ...ours, message: [attached, cannotTell(permission)].filter(Boolean).join(' ') };
}

const undo = (savedTo: string): string =>
  `To put the pool back as it was: npx wme-hubspot-sync trigger restore --file ${quoted(savedTo)}`;

/** Makes the pool call the function after a confirmation. Never takes another function's place. */
export async function attach(options: TriggerOptions): Promise<TriggerReport> {
  const { state, poolArn, functionArn, current, change, report } = await look(options);
  if (isSameFunction(current, functionArn)) {
    return { ...report, outcome: 'unchanged', message: `Attached already: ${current}. Nothing was changed.` };
  }
  const refused = { ...report, outcome: 'not-changed', exitCode: EXIT.notDone } as const;
  if (current !== undefined) {
    const message = `Nothing was changed: the pool has a PostConfirmation trigger already, ${current}. It is never replaced: one of the two functions has to call the other.`;
    return { ...refused, message };
  }
  const permission = await invokePermission(functionArn, poolArn);
  if (permission === 'missing') return { ...refused, message: `Nothing was changed: ${LACKS}` };
  const warning = cannotTell(permission);
  return changePool(
    {
      before: state,
      wanted: withTrigger(state, functionArn),
      lines: [
        `LambdaConfig.PostConfirmation: none → ${functionArn}`,
        ...(warning === undefined ? [] : [`${warning} If it may not, every sign-up fails.`]),
      ],
      done: `Attached: the pool calls ${functionArn} after each confirmation. Everything else is as it was.`,
      undo,
    },
    change,
  );
}

/** Makes the pool call no function after a confirmation, if it calls ours. */
export async function detach(options: TriggerOptions): Promise<TriggerReport> {
  const { state, functionArn, current, change, report } = await look(options);
  if (!isSameFunction(current, functionArn)) {
    const has = current === undefined ? 'no PostConfirmation trigger' : `another one, ${current}`;
    const message = `Not attached: the pool has ${has}. Nothing was changed.`;
    return { ...report, outcome: 'unchanged', message };
  }
  return changePool(
    {
      before: state,
      wanted: withTrigger(state, undefined),
      lines: [`LambdaConfig.PostConfirmation: ${current} → none`],
      done: `Detached: the pool calls no function after a confirmation. Everything else is as it was.`,
      undo,
    },
    change,
  );
}

/** Puts a pool's settings back as a file has them that an earlier change has saved. */
export async function restore(
  file: string,
  options: Omit<ChangeOptions, 'userPoolId'> & StageOptions,
): Promise<TriggerReport> {
  const { userPoolId, ...saved } = await readSavedPool(file);
  if (options.stage !== undefined && (await resolveStage(options)).userPoolId !== userPoolId) {
    throw new OperatorError('The file is of another user pool than the stage has. Nothing was changed.');
  }
  const before = await readPool(userPoolId);
  const wanted = restored(before, saved);
  const paths = differences(before, wanted);
  if (paths.length === 0) {
    const report = { ...emptyTriggerReport, userPoolId, postConfirmation: triggerOf(before) ?? null };
    const message = `The pool is as ${file} has it. Nothing was changed.`;
    return { ...report, outcome: 'unchanged', message };
  }
  const trigger = triggerOf(wanted);
  const attaches = trigger !== undefined && trigger !== triggerOf(before);
  const permission = attaches ? await invokePermission(trigger, poolArn.parse(before.userPool.Arn)) : 'given';
  if (permission === 'missing') {
    const report = { ...emptyTriggerReport, userPoolId, postConfirmation: triggerOf(before) ?? null };
    const message = `Nothing was changed: the file attaches ${trigger}, and ${LACKS}`;
    return { ...report, outcome: 'not-changed', exitCode: EXIT.notDone, message };
  }
  const warning = cannotTell(permission);
  return changePool(
    {
      before,
      wanted,
      lines: [...paths.map((path) => `${path}: as in ${file}`), ...(warning === undefined ? [] : [warning])],
      done: `The pool is as ${file} has it.`,
      undo: () => `What it should be stands in ${file}.`,
    },
    { ...options, userPoolId },
  );
}
