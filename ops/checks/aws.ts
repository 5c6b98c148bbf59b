import * as z from 'zod/mini';
import { usableKey } from '../../lib/person.ts';
import { AwsFailure } from '../aws/aws-call.ts';
import { subscribersOf } from '../aws/topic.ts';
import { invokePermission } from '../user-pool/invoke-permission.ts';
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
  title: 'Both functions are there and ready',
  advice: 'Look at the functions in the Lambda console, and deploy the stack again.',
  right: 'lambda:GetFunctionConfiguration on both functions',
  skip: deployedOnly('functions of its own in AWS'),
  async run(of) {
    const problems: string[] = [];
    for (const [name, ask] of [
      ['syncContact', of.syncContact],
      ['publishVerification', of.publishVerification],
    ] as const) {
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

/** As infrastructure/alarms.yml names them. A test compares them. */
export const ALARMS = [
  'DeadLetterAlarm',
  'NewDeadLetterAlarm',
  'DeadLetterAgeAlarm',
  'MessageAgeAlarm',
  'BackOffAlarm',
  'HubSpotAuthFailureAlarm',
  'HubSpotRefusalAlarm',
  'SyncContactErrorsAlarm',
  'PublishFailureAlarm',
  'PublishVerificationThrottlesAlarm',
  'PublishVerificationErrorsAlarm',
] as const;

/** CloudFormation names an alarm after the stack, the resource, and something of its own. */
const isNamed = (name: string, stage: string | undefined, logical: string): boolean =>
  name === `wme-hubspot-sync-${stage}-${logical}` || name.startsWith(`wme-hubspot-sync-${stage}-${logical}-`);

const alarms: Check = {
  title: `All ${ALARMS.length} alarms are there and switched on`,
  advice: DEPLOY,
  right: 'cloudwatch:DescribeAlarms',
  skip: deployedOnly('alarms'),
  async run(of) {
    const found = await of.alarms();
    const ofName = (logical: string) =>
      found.find(({ AlarmName }) => isNamed(AlarmName, of.stage.name, logical));
    const missing = ALARMS.filter((logical) => ofName(logical) === undefined);
    if (missing.length > 0) return failed(`There is no ${missing.join(', no ')}`);
    const silent = ALARMS.filter((logical) => ofName(logical)?.ActionsEnabled === false);
    if (silent.length > 0) {
      return failed(
        `Switched off: ${silent.join(', ')}`,
        'Switch them on: `aws cloudwatch enable-alarm-actions --alarm-names …`',
      );
    }
    const ringing = ALARMS.filter((logical) => ofName(logical)?.StateValue === 'ALARM');
    return ok(ringing.length > 0 ? `ringing now: ${ringing.join(', ')}` : undefined);
  },
};

const subscribers: Check = {
  title: 'Somebody hears the alarms',
  advice:
    'Subscribe somebody to the topic: `aws sns subscribe --topic-arn ARN --protocol email --notification-endpoint …`, and have them confirm it.',
  right: 'cloudwatch:DescribeAlarms and sns:ListSubscriptionsByTopic',
  skip: deployedOnly('alarms'),
  async run(of) {
    const ours = (await of.alarms()).filter(({ AlarmName }) =>
      ALARMS.some((logical) => isNamed(AlarmName, of.stage.name, logical)),
    );
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
    const isOurs = current === FunctionArn || current.startsWith(`${FunctionArn}:`);
    return isOurs ? ok() : failed(`The pool calls another function: ${current}`);
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
    // A version or an alias that the pool names has a policy of its own.
    const called = LambdaConfig?.PostConfirmation?.startsWith(`${FunctionArn}:`)
      ? LambdaConfig.PostConfirmation
      : FunctionArn;
    const found = await invokePermission(called, Arn);
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
