import * as z from 'zod/mini';
import { usableKey } from '../../lib/person.ts';
import { AwsFailure } from '../aws/aws-call.ts';
import type { Alarm } from '../aws/cloudwatch.ts';
import { subscribersOf } from '../aws/topic.ts';
import { invokePermission } from '../user-pool/invoke-permission.ts';
import { isSameFunction } from '../user-pool/settings.ts';
import { ALARMS, type KnownAlarm } from './alarms.ts';
import { type Check, failed, ok, skipped } from './check.ts';
import type { Examined } from './examined.ts';

const RETENTION_SECONDS = 14 * 24 * 60 * 60;
/** So many times the function's timeout (AWS Lambda developer guide, using Lambda with Amazon SQS). */
const VISIBILITY_TIMES = 6;

const DEPLOY = 'Deploy the stack again: infrastructure/ has it right.';

/** What only a deployed stage has. */
const deployedOnly =
  (what: string) =>
  ({ stage }: Examined): string | undefined => {
    if (stage.name === 'local') return `npm run dev has no ${what}`;
    return stage.name === undefined ? `only --stage tells which ${what} it is` : undefined;
  };

/** What differs from what infrastructure/ deploys, as sentences; nothing where all is as it should be. */
const differing = (...problems: (string | false)[]): string | undefined => {
  const found = problems.filter((problem) => problem !== false);
  return found.length === 0 ? undefined : found.join('; ');
};

const asDeployed = (problem: string | undefined, detail?: string) =>
  problem === undefined ? ok(detail) : failed(problem);

const variable = (
  { Environment }: Awaited<ReturnType<Examined['syncContact']>>,
  name: string,
): string | undefined => Environment?.Variables?.[name];

/** A function's settings, for what is only compared with them; nothing where they cannot be read. */
const settingsOf = (of: Examined): Promise<Awaited<ReturnType<Examined['syncContact']>> | undefined> =>
  of.stage.functionNames.syncContact === undefined
    ? Promise.resolve(undefined)
    : of.syncContact().catch(() => undefined);

const queue: Check = {
  title: 'The queue is there, and keeps a sign-up for 14 days',
  advice: DEPLOY,
  right: 'sqs:GetQueueAttributes on the queue',
  async run(of) {
    const found = await of.queue();
    const { Timeout: timeout } = (await settingsOf(of)) ?? {};
    const visibility = Number(found.VisibilityTimeout);
    return asDeployed(
      differing(
        found.FifoQueue !== 'true' && 'it is no FIFO queue',
        Number(found.MessageRetentionPeriod) < RETENTION_SECONDS &&
          `it keeps messages for ${Number(found.MessageRetentionPeriod) / 86_400} days: longer outages of HubSpot lose people`,
        found.DeduplicationScope !== undefined &&
          found.DeduplicationScope !== 'messageGroup' &&
          'its deduplication is not by message group',
        timeout !== undefined &&
          visibility < VISIBILITY_TIMES * timeout &&
          `its visibility timeout of ${visibility} s is less than six times the function's ${timeout} s`,
      ),
    );
  },
};

const deadLetters: Check = {
  title: 'The dead-letter queue is there, and keeps a letter for 14 days',
  advice: DEPLOY,
  right: 'sqs:GetQueueAttributes on the dead-letter queue',
  async run(of) {
    const found = await of.deadLetters();
    return asDeployed(
      differing(
        found.FifoQueue !== 'true' && 'it is no FIFO queue',
        Number(found.MessageRetentionPeriod) < RETENTION_SECONDS &&
          `it keeps letters for ${Number(found.MessageRetentionPeriod) / 86_400} days`,
      ),
    );
  },
};

const redrivePolicy = z.object({
  deadLetterTargetArn: z.string(),
  maxReceiveCount: z.union([z.number(), z.string()]),
});

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

const redrive: Check = {
  title: 'What the function cannot give up itself, SQS moves to the dead-letter queue',
  advice: DEPLOY,
  right: 'sqs:GetQueueAttributes on both queues',
  async run(of) {
    const policy = redrivePolicy.safeParse(parsed((await of.queue()).RedrivePolicy)).data;
    if (policy === undefined) {
      return failed(
        'The queue has no redrive policy: a message that kills the function comes back for 14 days',
      );
    }
    const { QueueArn } = await of.deadLetters();
    const settings = await settingsOf(of);
    const told = settings && variable(settings, 'MAX_RECEIVE_COUNT');
    return asDeployed(
      differing(
        policy.deadLetterTargetArn !== QueueArn && 'its target is another queue than the dead-letter queue',
        told !== undefined &&
          String(policy.maxReceiveCount) !== told &&
          `it moves a message after ${policy.maxReceiveCount} deliveries, and the function counts to ${told}: letters arrive without a reason`,
      ),
      `after ${policy.maxReceiveCount} deliveries`,
    );
  },
};

const isEncrypted = ({ SqsManagedSseEnabled, KmsMasterKeyId }: Record<string, string | undefined>) =>
  SqsManagedSseEnabled === 'true' || Boolean(KmsMasterKeyId);

const encryption: Check = {
  title: 'Both queues are encrypted at rest',
  advice: DEPLOY,
  right: 'sqs:GetQueueAttributes on both queues',
  skip: ({ stage }) => (stage.name === 'local' ? 'the SQS of npm run dev encrypts nothing' : undefined),
  async run(of) {
    const [first, second] = [await of.queue(), await of.deadLetters()];
    return asDeployed(
      differing(
        !isEncrypted(first) && 'the queue is not encrypted',
        !isEncrypted(second) && 'the dead-letter queue is not encrypted',
      ),
    );
  },
};

const functions: Check = {
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

const mapping: Check = {
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

const concurrency: Check = {
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

const tokenParameter: Check = {
  title: 'The HubSpot token can be read from SSM',
  advice:
    'Store it: `aws ssm put-parameter --type SecureString --name NAME --value "$TOKEN"` (README, Deploy).',
  right: 'ssm:GetParameters on it',
  skip: ({ stage }) =>
    stage.parameters.hubspotToken === undefined
      ? stage.name === 'local'
        ? 'npm run dev has a token of its own'
        : 'only --stage tells where it is'
      : undefined,
  async run(of) {
    const name = of.stage.parameters.hubspotToken ?? '';
    const token = (await of.parameters()).get(name);
    if (token === undefined) return failed(`There is no parameter ${name}`);
    return /^[\x21-\x7e]+$/.test(token.trim())
      ? ok()
      : failed(`${name} is empty, or holds characters that no token has`);
  },
};

const logKeyParameter: Check = {
  title: 'The key of the logs can be read from SSM',
  advice:
    'Store one: `aws ssm put-parameter --type SecureString --name NAME --value "$(openssl rand -base64 32)"` (README, Deploy). Until then, no log line can be found by a person.',
  right: 'ssm:GetParameters on it',
  skip: ({ stage }) =>
    stage.parameters.logKey === undefined
      ? stage.name === 'local'
        ? 'npm run dev has a key of its own'
        : 'only --stage tells where it is'
      : undefined,
  async run(of) {
    const name = of.stage.parameters.logKey ?? '';
    const stored = (await of.parameters()).get(name);
    if (stored === undefined) return failed(`There is no parameter ${name}`);
    return usableKey(stored) === undefined ? failed(`${name} has fewer than 32 characters`) : ok();
  },
};

/** CloudFormation names an alarm after the stack, the resource, and something of its own. */
const isNamed = (name: string, stage: string | undefined, logical: string): boolean =>
  name === `wme-hubspot-sync-${stage}-${logical}` || name.startsWith(`wme-hubspot-sync-${stage}-${logical}-`);

/** The alarms that the stage has to have, each as it is deployed. */
async function knownAlarms(of: Examined): Promise<{ known: KnownAlarm; deployed: Alarm | undefined }[]> {
  const found = await of.alarms();
  return ALARMS.filter(({ onlyWithPool }) => !onlyWithPool || of.stage.userPoolId !== undefined).map(
    (known) => ({
      known,
      deployed: found.find(({ AlarmName }) => isNamed(AlarmName, of.stage.name, known.name)),
    }),
  );
}

const alarms: Check = {
  title: 'All alarms are there and switched on',
  advice: DEPLOY,
  right: 'cloudwatch:DescribeAlarms',
  skip: deployedOnly('alarms'),
  async run(of) {
    const all = await knownAlarms(of);
    const those = (isMeant: (deployed: Alarm | undefined) => boolean) =>
      all.filter(({ deployed }) => isMeant(deployed)).map(({ known }) => known);
    const names = (some: readonly KnownAlarm[], between = ', ') => some.map(({ name }) => name).join(between);
    const missing = those((deployed) => deployed === undefined);
    if (missing.length > 0) return failed(`There is no ${names(missing, ', no ')}`);
    const silent = those((deployed) => deployed?.ActionsEnabled === false);
    if (silent.length > 0) {
      return failed(
        `Switched off: ${names(silent)}`,
        'Switch them on: `aws cloudwatch enable-alarm-actions --alarm-names …`',
      );
    }
    const ringing = those((deployed) => deployed?.StateValue === 'ALARM').map(
      ({ name, section }) => `${name} (runbook: “${section}”)`,
    );
    return ok(`${all.length} alarms${ringing.length > 0 ? `; ringing now: ${ringing.join(', ')}` : ''}`);
  },
};

const subscribers: Check = {
  title: 'Somebody hears the alarms',
  advice:
    'Subscribe somebody to the topic: `aws sns subscribe --topic-arn ARN --protocol email --notification-endpoint …`, and have them confirm it.',
  right: 'cloudwatch:DescribeAlarms and sns:ListSubscriptionsByTopic',
  skip: deployedOnly('alarms'),
  async run(of) {
    const ours = (await knownAlarms(of)).flatMap(({ deployed }) => deployed ?? []);
    if (ours.length === 0) return skipped('there are no alarms');
    const mute = ours.filter(({ AlarmActions = [] }) => AlarmActions.length === 0);
    if (mute.length > 0) {
      return failed(
        `${mute.length} of ${ours.length} alarms tell nobody`,
        'Name an SNS topic in serverless.yml (alarmTopicArn), and deploy.',
      );
    }
    const actions = [...new Set(ours.flatMap(({ AlarmActions = [] }) => AlarmActions))];
    const topics = actions.filter((arn) => /^arn:aws[a-z-]*:sns:/.test(arn));
    const others = actions.length - topics.length;
    let confirmed = 0;
    for (const topic of topics) {
      try {
        const found = await subscribersOf(topic);
        if (found.confirmed === 0) {
          return failed(
            found.pending > 0
              ? `${found.pending} were asked to subscribe to ${topic}, and nobody has confirmed`
              : `Nobody is subscribed to ${topic}`,
          );
        }
        confirmed += found.confirmed;
      } catch (error) {
        if (!(error instanceof AwsFailure) || !/^NotFound/.test(error.code)) throw error;
        return failed(`The topic ${topic} does not exist`, 'Make it, or name another in serverless.yml.');
      }
    }
    if (topics.length === 0) return skipped('the alarms call something else than an SNS topic');
    return ok(`${confirmed} subscribed${others > 0 ? `; ${others} other actions` : ''}`);
  },
};

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

const trigger: Check = {
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

const permission: Check = {
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

/** What has to be so in AWS, in the order in which a sign-up meets it. */
export const awsChecks: readonly Check[] = [
  trigger,
  permission,
  functions,
  queue,
  encryption,
  mapping,
  concurrency,
  redrive,
  deadLetters,
  tokenParameter,
  logKeyParameter,
  alarms,
  subscribers,
];
