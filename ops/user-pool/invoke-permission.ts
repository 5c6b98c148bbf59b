import * as z from 'zod/mini';
import { AwsFailure, sendRead } from '../aws/aws-call.ts';

/** Whether a pool may call a function: its policy says yes, it does not say so, or it cannot be told. */
export type InvokePermission = 'given' | 'missing' | { unknown: string };

const oneOrMore = z.union([z.string(), z.array(z.string())]);

const statement = z.object({
  Effect: z.string(),
  Principal: z.optional(z.union([z.string(), z.record(z.string(), oneOrMore)])),
  Action: z.optional(oneOrMore),
  Condition: z.optional(z.record(z.string(), z.record(z.string(), oneOrMore))),
});
type Statement = z.infer<typeof statement>;

const policy = z.object({ Statement: z.union([statement, z.array(statement)]) });
const answer = z.object({ Policy: z.string() });

/** As IAM matches: `*` for anything, `?` for one character. */
function matches(pattern: string, value: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`).test(value);
}

const anyMatches = (patterns: string | string[] | undefined, value: string): boolean =>
  [patterns ?? []].flat().some((pattern) => matches(pattern, value));

const COGNITO = 'cognito-idp.amazonaws.com';

function isForCognito({ Principal, Action = [] }: Statement): boolean {
  const principals = typeof Principal === 'string' ? Principal : [Principal?.Service, Principal?.AWS];
  const actions = [Action].flat().map((action) => action.toLowerCase());
  return (
    anyMatches(
      [principals].flat(2).filter((one) => one !== undefined),
      COGNITO,
    ) && anyMatches(actions, 'lambda:invokefunction')
  );
}

const EQUALS = /^(ArnLike|ArnEquals|StringLike|StringEquals)$/;

/** Whether a statement's conditions hold for the pool; `unknown` where they ask for something else. */
function conditionsHold({ Condition = {} }: Statement, poolArn: string): boolean | 'unknown' {
  const values: Record<string, string | undefined> = {
    'aws:sourcearn': poolArn,
    'aws:sourceaccount': poolArn.split(':')[4],
  };
  const results = Object.entries(Condition).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, patterns]) => {
      const value = values[key.toLowerCase()];
      return value === undefined || !EQUALS.test(operator) ? 'unknown' : anyMatches(patterns, value);
    }),
  );
  return results.includes(false) ? false : results.includes('unknown') ? 'unknown' : true;
}

/** Reads a function's resource policy as Lambda does for a call by the pool, as far as it is plain. */
function judge(statements: readonly Statement[], poolArn: string): InvokePermission {
  const results = statements
    .filter(isForCognito)
    .map((one) => ({ effect: one.Effect, holds: conditionsHold(one, poolArn) }))
    .filter(({ holds }) => holds !== false);
  if (!results.some(({ effect }) => effect === 'Allow')) return 'missing';
  const allowed = results.some(({ effect, holds }) => effect === 'Allow' && holds === true);
  if (allowed && results.every(({ effect }) => effect === 'Allow')) return 'given';
  return { unknown: 'its policy has conditions that this command cannot judge' };
}

/** Asks Lambda whether the pool may call the function: if not, a trigger fails every sign-up. */
export async function invokePermission(functionArn: string, poolArn: string): Promise<InvokePermission> {
  const region = functionArn.split(':')[3] ?? '';
  try {
    const { Policy } = answer.parse(
      await sendRead({
        service: 'lambda',
        region,
        method: 'GET',
        path: `/2015-03-31/functions/${encodeURIComponent(functionArn)}/policy`,
      }),
    );
    return judge([policy.parse(JSON.parse(Policy)).Statement].flat(), poolArn);
  } catch (error) {
    if (!(error instanceof AwsFailure)) return { unknown: 'its policy could not be understood' };
    // Lambda says so of a function that has no policy, and of one that does not exist.
    if (error.code === 'ResourceNotFoundException') return 'missing';
    return { unknown: `its policy could not be read (${error.code})` };
  }
}
