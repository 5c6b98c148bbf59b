import { SQSClient } from '@aws-sdk/client-sqs';
import { OperatorError } from '../exit.ts';
import { LOCAL_STAGE } from './local-stage.ts';
import { readStackOutputs, type StackOutputs } from './stack-outputs.ts';

/** The options that say which stage, or where its parts are. Each address given singly wins over the stage's. */
export interface StageOptions {
  stage?: string;
  queueUrl?: string;
  dlqUrl?: string;
}

/** Our functions, and something of each. `reconcile` is deployed only where the stage names a user pool. */
export type OfFunctions = Record<'syncContact' | 'publishVerification' | 'reconcile', string | undefined>;

/** Where the parts of a stage are. What is not known is undefined: without `--stage`, that is most of it. */
export interface Stage {
  /** As `--stage` names it. */
  name: string | undefined;
  /** Where clients connect; without a region, where the AWS SDK's own settings say. */
  aws: {
    region: string | undefined;
    sqsEndpoint: string | undefined;
    credentials: { accessKeyId: string; secretAccessKey: string } | undefined;
  };
  queueUrl: string | undefined;
  dlqUrl: string | undefined;
  functionNames: OfFunctions;
  logGroups: OfFunctions;
  /** Names of SSM SecureStrings. */
  parameters: { hubspotToken: string | undefined; logKey: string | undefined };
  userPoolId: string | undefined;
  /** The ARN of what the pool is to call after a confirmation: the publisher, or whatever calls it. */
  triggerFunctionArn: string | undefined;
  /** What `npm run dev` has in the place of CloudWatch Logs and SSM. */
  local: { logUrl: string; logKey: string } | undefined;
  hubspot: {
    baseUrl: string;
    apiVersion: string;
    requestsPer10s: number;
    /** Where it is known without asking SSM. */
    accessToken: string | undefined;
  };
}

/** As in serverless.yml. A test compares them. */
export const DEFAULT_REGION = 'us-east-1';
export const DEFAULT_REQUESTS_PER_10S = 190;

/** The region that a queue's URL names, in each of AWS's forms; nothing for one of another host. */
export function regionOfQueueUrl(url: string | undefined): string | undefined {
  if (url === undefined || !URL.canParse(url)) return undefined;
  const { hostname } = new URL(url);
  return /^(?:sqs(?:-fips)?\.([a-z0-9-]+)|([a-z0-9-]+)\.queue)\.amazonaws\.(?:com(?:\.cn)?|eu)$/
    .exec(hostname)
    ?.slice(1)
    .find((region) => region !== undefined);
}

/** The region of environment and profile, as the AWS SDK finds it. */
async function configuredRegion(): Promise<string | undefined> {
  const client = new SQSClient({});
  try {
    return await client.config.region();
  } catch {
    return undefined;
  } finally {
    client.destroy();
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

const hubspotOf = (environment: Environment) => ({
  baseUrl: (environment.HUBSPOT_BASE_URL || 'https://api.hubapi.com').replace(/\/+$/, ''),
  apiVersion: environment.HUBSPOT_API_VERSION || 'v3',
  requestsPer10s: Number(environment.HUBSPOT_REQUESTS_PER_10S) || DEFAULT_REQUESTS_PER_10S,
  accessToken: environment.HUBSPOT_ACCESS_TOKEN || undefined,
});

const none: OfFunctions = { syncContact: undefined, publishVerification: undefined, reconcile: undefined };

const unnamed = (environment: Environment): Stage => ({
  name: undefined,
  aws: { region: undefined, sqsEndpoint: undefined, credentials: undefined },
  queueUrl: environment.QUEUE_URL || undefined,
  dlqUrl: environment.DLQ_URL || undefined,
  functionNames: none,
  logGroups: none,
  parameters: { hubspotToken: environment.HUBSPOT_TOKEN_PARAMETER || undefined, logKey: undefined },
  userPoolId: undefined,
  triggerFunctionArn: undefined,
  local: undefined,
  hubspot: hubspotOf(environment),
});

/** `npm run dev` on this machine, with nothing to export. */
function localStage(environment: Environment): Stage {
  const sqsEndpoint =
    environment.AWS_ENDPOINT_URL_SQS || environment.AWS_ENDPOINT_URL || LOCAL_STAGE.sqsEndpoint;
  const hubspot = hubspotOf({
    ...environment,
    HUBSPOT_BASE_URL: environment.HUBSPOT_BASE_URL || LOCAL_STAGE.hubspotBaseUrl,
  });
  return {
    ...unnamed({}),
    name: 'local',
    aws: { region: LOCAL_STAGE.region, sqsEndpoint, credentials: LOCAL_STAGE.credentials },
    queueUrl: new URL(LOCAL_STAGE.queuePath, sqsEndpoint).href,
    dlqUrl: new URL(LOCAL_STAGE.dlqPath, sqsEndpoint).href,
    local: { logUrl: `${hubspot.baseUrl}${LOCAL_STAGE.logPath}`, logKey: LOCAL_STAGE.logKey },
    hubspot: { ...hubspot, accessToken: hubspot.accessToken ?? LOCAL_STAGE.hubspotToken },
  };
}

function deployedStage(name: string, region: string, outputs: StackOutputs, environment: Environment): Stage {
  const ofEnvironment = hubspotOf(environment);
  return {
    name,
    aws: { region: outputs.get('Region') ?? region, sqsEndpoint: undefined, credentials: undefined },
    queueUrl: outputs.get('QueueUrl'),
    dlqUrl: outputs.get('DeadLetterQueueUrl'),
    functionNames: {
      syncContact: outputs.get('SyncContactFunctionName'),
      publishVerification: outputs.get('PublishVerificationFunctionName'),
      reconcile: outputs.get('ReconcileFunctionName'),
    },
    logGroups: {
      syncContact: outputs.get('SyncContactLogGroupName'),
      publishVerification: outputs.get('PublishVerificationLogGroupName'),
      reconcile: outputs.get('ReconcileLogGroupName'),
    },
    parameters: {
      hubspotToken: outputs.get('HubSpotTokenParameter'),
      logKey: outputs.get('LogKeyParameter'),
    },
    userPoolId: outputs.get('UserPoolId'),
    triggerFunctionArn: outputs.get('TriggerFunctionArn'),
    local: undefined,
    hubspot: {
      ...ofEnvironment,
      apiVersion: environment.HUBSPOT_API_VERSION || outputs.get('HubSpotApiVersion') || 'v3',
      requestsPer10s:
        Number.parseInt(outputs.get('HubSpotRequestsPer10s') ?? '', 10) || ofEnvironment.requestsPer10s,
    },
  };
}

/**
 * Finds the parts of a stage: `local` is `npm run dev`'s, any other is asked of its CloudFormation stack. Without a stage
 * there is what the environment names (`QUEUE_URL`, `DLQ_URL`, `HUBSPOT_…`).
 *
 * @throws OperatorError when there is no such stage, or it cannot be asked.
 */
export async function resolveStage(
  { stage, queueUrl, dlqUrl }: StageOptions,
  environment: Environment = process.env,
): Promise<Stage> {
  const given = regionOfQueueUrl(queueUrl) ?? regionOfQueueUrl(dlqUrl);
  const found = await (async () => {
    if (stage === undefined) return unnamed(environment);
    if (stage === 'local') return localStage(environment);
    if (!/^[a-zA-Z][a-zA-Z0-9-]{0,60}$/.test(stage)) {
      throw new OperatorError(
        '--stage is not the name of a stage. It looks like prod, or local for npm run dev.',
      );
    }
    const region = given ?? (await configuredRegion()) ?? DEFAULT_REGION;
    return deployedStage(stage, region, await readStackOutputs(stage, region), environment);
  })();
  const all = { ...found, queueUrl: queueUrl || found.queueUrl, dlqUrl: dlqUrl || found.dlqUrl };
  const region = regionOfQueueUrl(all.queueUrl) ?? regionOfQueueUrl(all.dlqUrl) ?? found.aws.region;
  return { ...all, aws: { ...found.aws, region } };
}

/** Where a queue is, for a person: name, stage, account and region, all of them from the queue's own URL where it has them. */
export function whereIs(url: string, { name, aws }: Pick<Stage, 'name' | 'aws'>, region: string): string {
  const { pathname, origin } = new URL(url);
  const [, account, queue] = /^\/(\d{12})\/([\w-]+(?:\.fifo)?)$/.exec(pathname) ?? [];
  const endpoint =
    aws.sqsEndpoint ?? (process.env.AWS_ENDPOINT_URL_SQS || process.env.AWS_ENDPOINT_URL || undefined);
  const place = [
    name !== undefined && `stage ${name}`,
    account !== undefined && `account ${account}`,
    regionOfQueueUrl(url) ?? region,
    endpoint !== undefined
      ? `at ${URL.canParse(endpoint) ? new URL(endpoint).origin : 'AWS_ENDPOINT_URL'}`
      : false,
  ].filter((part) => part !== false);
  return `${queue ?? origin} (${place.join(', ')})`;
}
