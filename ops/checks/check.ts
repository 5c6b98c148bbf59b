import * as z from 'zod/mini';
import { DeliveryError } from '../../lib/failure.ts';
import { AwsFailure } from '../aws/aws-call.ts';
import { ParametersNotRead } from '../aws/parameters.ts';
import { explain } from '../aws/queue.ts';
import { OperatorError } from '../exit.ts';
import { Stopped } from '../hubspot.ts';
import type { Examined } from './examined.ts';

/** What a check has found. */
export type Finding =
  | { state: 'ok'; detail?: string }
  /** Something is wrong. `advice` where there is a more exact one than the check's own. */
  | { state: 'failed'; detail: string; advice?: string }
  /** It cannot be told, and why. */
  | { state: 'skipped'; detail: string };

/** One thing that has to be right. It reads, and changes nothing. */
export interface Check {
  /** What is so if all is well. */
  title: string;
  /** Why it cannot be asked of this stage; nothing where it can. */
  skip?: (of: Examined) => string | undefined;
  run: (of: Examined) => Promise<Finding>;
  /** What to do when it is not so. */
  advice: string;
  /** What it takes of AWS. */
  right?: string;
}

export const ok = (detail?: string): Finding => ({ state: 'ok', ...(detail !== undefined && { detail }) });
export const failed = (detail: string, advice?: string): Finding => ({
  state: 'failed',
  detail,
  ...(advice !== undefined && { advice }),
});
export const skipped = (detail: string): Finding => ({ state: 'skipped', detail });

/** What a check came to, for a person and for scripts. */
export interface Checked {
  title: string;
  state: Finding['state'];
  detail: string | null;
  /** What to do, where it failed. */
  advice: string | null;
}

const DENIED = /AccessDenied|Unauthorized|NotAuthorized|AuthorizationError/;

const ofSdk = z.object({ name: z.string(), $metadata: z.unknown() });

/** A question that brought no answer says nothing about the stage but for that. */
function unanswered(error: unknown, right: string | undefined): Finding {
  const mayNot = (code: string) =>
    skipped(`these credentials may not ask (${code})${right === undefined ? '' : `: it takes ${right}`}`);
  if (error instanceof ParametersNotRead && DENIED.test(error.code)) return mayNot(error.code);
  if (error instanceof AwsFailure) {
    const { kind, code, message } = error;
    if (DENIED.test(code)) return mayNot(code);
    if (kind === 'refused')
      return failed(`AWS refuses to tell (${[code, message].filter(Boolean).join(': ')})`);
    return skipped(`AWS ${kind === 'throttled' ? 'throttles' : 'does not answer'} (${code}): try again`);
  }
  if (error instanceof DeliveryError) return skipped(`HubSpot could not be asked: ${error.failure.detail}`);
  if (error instanceof OperatorError) return failed(error.message);
  const sdk = ofSdk.safeParse(error).data;
  if (sdk !== undefined && DENIED.test(sdk.name)) return mayNot(sdk.name);
  if (sdk !== undefined || (error instanceof Error && 'code' in error)) return failed(explain(error).message);
  if (error instanceof z.core.$ZodError) return skipped('the answer is none that this version can read');
  throw error;
}

/** Runs one check. */
export async function runCheck(check: Check, of: Examined): Promise<Checked> {
  const { title, advice, right } = check;
  const told = ({ state, ...found }: Finding): Checked => ({
    title,
    state,
    detail: found.detail ?? null,
    advice: state === 'failed' ? (('advice' in found ? found.advice : undefined) ?? advice) : null,
  });
  const reason = check.skip?.(of);
  if (reason !== undefined) return told(skipped(reason));
  try {
    return told(await check.run(of));
  } catch (error) {
    if (error instanceof Stopped) throw error;
    return told(unanswered(error, right));
  }
}
