import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Parameters } from '../../lib/parameters.ts';
import { type Alarm, alarmsNamed } from '../aws/cloudwatch.ts';
import {
  type EventSourceMapping,
  eventSourceMappings,
  type FunctionConfiguration,
  functionConfiguration,
} from '../aws/lambda.ts';
import { readParameters } from '../aws/parameters.ts';
import { checkQueueUrl, connectSqs } from '../aws/queue.ts';
import { stackName } from '../aws/stack-outputs.ts';
import type { Stage } from '../aws/stage.ts';
import { apiPath, type HubSpotAccount, openAccount } from '../hubspot.ts';
import { describePool, type Settings } from '../user-pool/cognito.ts';

type Attributes = Readonly<Record<string, string | undefined>>;

/** A stage under examination. Each fact is asked for once, when the first check wants it. */
export interface Examined {
  stage: Stage;
  region: string;
  userPoolId: string | undefined;
  /** Since 1970. */
  nowMs: number;
  queue: () => Promise<Attributes>;
  deadLetters: () => Promise<Attributes>;
  syncContact: () => Promise<FunctionConfiguration>;
  publishVerification: () => Promise<FunctionConfiguration>;
  reconcile: () => Promise<FunctionConfiguration>;
  mappings: () => Promise<EventSourceMapping[]>;
  alarms: () => Promise<Alarm[]>;
  pool: () => Promise<Settings>;
  /** Token and key as SSM has them. */
  parameters: () => Promise<Parameters>;
  account: () => HubSpotAccount;
  /** HubSpot's answer to a question that every token of the sync may ask, and that names nobody. */
  firstAnswer: () => ReturnType<HubSpotAccount['ask']>;
  /** What a private app's token is good for; HubSpot answers for those only. */
  tokenInfo: () => ReturnType<HubSpotAccount['ask']>;
}

function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | undefined;
  return () => {
    asked ??= ask();
    return asked;
  };
}

const attributesOf = async (sqs: SQSClient, QueueUrl: string): Promise<Attributes> => {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
  );
  return Attributes;
};

/** Connects to a stage, and asks nothing yet. @throws OperatorError when it is not known where it is */
export async function examine(
  stage: Stage,
  { userPoolId = stage.userPoolId, stop }: { userPoolId?: string | undefined; stop: AbortSignal },
): Promise<Examined & { close: () => void }> {
  const queueUrl = checkQueueUrl(stage.queueUrl);
  const dlqUrl = checkQueueUrl(stage.dlqUrl, 'deadLetters');
  const { sqs, region } = await connectSqs(stage);
  const { functionNames, hubspot, parameters } = stage;
  let opened: HubSpotAccount | undefined;
  const account = () => {
    opened ??= openAccount(stage, stop);
    return opened;
  };
  return {
    stage,
    region,
    userPoolId,
    nowMs: Date.now(),
    queue: once(() => attributesOf(sqs, queueUrl)),
    deadLetters: once(() => attributesOf(sqs, dlqUrl)),
    syncContact: once(() => functionConfiguration(region, functionNames.syncContact ?? '')),
    publishVerification: once(() => functionConfiguration(region, functionNames.publishVerification ?? '')),
    reconcile: once(() => functionConfiguration(region, functionNames.reconcile ?? '')),
    mappings: once(() => eventSourceMappings(region, functionNames.syncContact ?? '')),
    alarms: once(() => alarmsNamed(region, `${stackName(stage.name ?? '')}-`)),
    pool: once(() => describePool(userPoolId ?? '')),
    parameters: once(() =>
      readParameters(
        [parameters.hubspotToken, parameters.logKey].filter((name) => name !== undefined),
        region,
      ),
    ),
    account,
    firstAnswer: once(async () =>
      account().ask('GET', apiPath(hubspot.apiVersion, 'properties', 'contacts/email')),
    ),
    tokenInfo: once(async () =>
      account().ask('POST', '/oauth/v2/private-apps/get/access-token-info', {
        tokenKey: await account().token(),
      }),
    ),
    close: () => sqs.destroy(),
  };
}
