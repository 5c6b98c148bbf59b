import { AwsFailure } from '../aws/aws-call.ts';
import { type Check, failed, ok, skipped } from './check.ts';
import { asDeployed, DEPLOY, deployedOnly, differing, variable } from './deployed.ts';

export const functions: Check = {
  title: 'The functions are there and ready',
  advice: 'Look at the functions in the Lambda console, and deploy the stack again.',
  right: 'lambda:GetFunctionConfiguration on the functions',
  skip: deployedOnly('functions of its own in AWS'),
  async run(of) {
    const problems: string[] = [];
    const { userPoolId, functionNames } = of.stage;
    for (const [name, ask] of [
      ['syncContact', of.syncContact],
      ['publishVerification', of.publishVerification],
      // Deployed where the stage names a pool.
      ...(userPoolId === undefined ? [] : ([['reconcile', of.reconcile]] as const)),
    ] as const) {
      if (functionNames[name] === undefined) {
        problems.push(`the stack names no function ${name}`);
        continue;
      }
      try {
        const { State, LastUpdateStatus } = await ask();
        if (State !== undefined && !/^(Active|Inactive|Pending)$/.test(State))
          problems.push(`${name} is ${State}`);
        if (LastUpdateStatus === 'Failed') problems.push(`the latest update of ${name} has failed`);
      } catch (error) {
        if (!(error instanceof AwsFailure) || error.code !== 'ResourceNotFoundException') throw error;
        problems.push(`${name} does not exist`);
      }
    }
    return asDeployed(differing(...problems));
  },
};

export const mapping: Check = {
  title: 'The event source mapping hands messages to the function',
  advice:
    'Switch it on: `aws lambda update-event-source-mapping --uuid UUID --enabled`, or deploy the stack again.',
  right: 'lambda:ListEventSourceMappings',
  skip: deployedOnly('event source mapping'),
  async run(of) {
    const { QueueArn } = await of.queue();
    const found = (await of.mappings()).find(({ EventSourceArn }) => EventSourceArn === QueueArn);
    if (found === undefined) return failed('No mapping leads from the queue to the function', DEPLOY);
    const { State, BatchSize, FunctionResponseTypes, UUID } = found;
    if (!/^(Enabled|Creating|Enabling|Updating)$/.test(State)) {
      return failed(
        `It is ${State}: sign-ups wait in the queue`,
        `If nobody stopped it on purpose: \`aws lambda update-event-source-mapping --uuid ${UUID} --enabled\``,
      );
    }
    const reports = FunctionResponseTypes?.includes('ReportBatchItemFailures') === true;
    if (!reports) {
      return failed('It does not take ReportBatchItemFailures: one failure repeats its whole batch', DEPLOY);
    }
    return ok(`${State}, batches of ${BatchSize ?? 10}`);
  },
};

export const concurrency: Check = {
  title: 'As many instances run at once as share HubSpot’s limit',
  advice:
    'Change maxConcurrency in serverless.yml, and deploy: the mapping and the function read the one value.',
  right: 'lambda:ListEventSourceMappings and lambda:GetFunctionConfiguration',
  skip: deployedOnly('event source mapping'),
  async run(of) {
    const { QueueArn } = await of.queue();
    const found = (await of.mappings()).find(({ EventSourceArn }) => EventSourceArn === QueueArn);
    if (found === undefined) return skipped('there is no mapping');
    let share: string;
    try {
      share = variable(await of.syncContact(), 'MAX_CONCURRENCY') ?? '2';
    } catch (error) {
      if (!(error instanceof AwsFailure) || error.code !== 'ResourceNotFoundException') throw error;
      return skipped('there is no function');
    }
    const deployed = found.ScalingConfig?.MaximumConcurrency;
    if (deployed === undefined) {
      return failed(`The mapping has no maximum, and each instance takes 1/${share} of the limit`);
    }
    return String(deployed) === share
      ? ok(`${deployed} at once`)
      : failed(`The mapping starts ${deployed} at once, and each instance takes 1/${share} of the limit`);
  },
};
