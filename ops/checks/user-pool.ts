import * as z from 'zod/mini';
import { invokePermission } from '../user-pool/invoke-permission.ts';
import { isSameFunction } from '../user-pool/settings.ts';
import { type Check, failed, ok, skipped } from './check.ts';
import type { Examined } from './examined.ts';

const lambdaConfig = z.object({
  Arn: z.string(),
  LambdaConfig: z.optional(z.object({ PostConfirmation: z.optional(z.string()) })),
});

const noPool = ({ stage, userPoolId }: Examined): string | undefined => {
  if (stage.name === 'local') return 'npm run dev has no user pool';
  if (userPoolId === undefined) {
    return 'serverless.yml names no pool (userPoolId) for this stage; --user-pool-id names one';
  }
  return stage.functionNames.publishVerification === undefined
    ? 'only --stage tells the function'
    : undefined;
};

export const trigger: Check = {
  title: 'The user pool calls the publisher that is deployed',
  advice: 'Attach it where the pool is managed, or by `wme-hubspot-sync trigger attach`.',
  right: 'cognito-idp:DescribeUserPool and lambda:GetFunctionConfiguration',
  skip: noPool,
  async run(of) {
    const { LambdaConfig } = lambdaConfig.parse(await of.pool());
    const { FunctionArn } = await of.publishVerification();
    const current = LambdaConfig?.PostConfirmation;
    if (current === undefined) return failed('The pool has no PostConfirmation trigger: no sign-up is sent');
    if (isSameFunction(current, FunctionArn)) return ok();
    const { triggerFunctionArn: relay } = of.stage;
    return relay !== undefined && isSameFunction(current, relay)
      ? ok(`by ${current}, as triggerFunctionArn in serverless.yml says`)
      : failed(`The pool calls another function: ${current}`);
  },
};

export const permission: Check = {
  title: 'The user pool may call the publisher',
  advice:
    'Name the pool in serverless.yml (userPoolId) and deploy, or add the permission where the pool is managed. A pool that calls without it fails every sign-up.',
  right: 'cognito-idp:DescribeUserPool and lambda:GetPolicy',
  skip: noPool,
  async run(of) {
    const { Arn, LambdaConfig } = lambdaConfig.parse(await of.pool());
    const { FunctionArn } = await of.publishVerification();
    // A version or an alias that the pool names has a policy of its own, and so has a function in between.
    const current = LambdaConfig?.PostConfirmation;
    const ours = [FunctionArn, of.stage.triggerFunctionArn].filter((arn) => arn !== undefined);
    const called = ours.some((arn) => isSameFunction(current, arn)) ? current : FunctionArn;
    const found = await invokePermission(called ?? FunctionArn, Arn);
    if (found === 'given') return ok();
    return found === 'missing'
      ? failed('The function’s policy does not let the pool call it')
      : skipped(found.unknown);
  },
};
