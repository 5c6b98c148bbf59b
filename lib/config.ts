import * as z from 'zod/mini';
import {
  type HubSpotSettings,
  hubspotOf,
  hubspotVariables,
  integer,
  readEnvironment,
  url,
} from './environment.ts';

/** The longest time that SQS hides a message: 12 hours. */
const VISIBILITY_MAX_SECONDS = 43_200;

const environmentSchema = z.object({
  ...hubspotVariables,
  LOG_KEY_PARAMETER: z.optional(z.string()),
  MAX_CONCURRENCY: z._default(integer(1, 1_000), 2),
  QUEUE_URL: url,
  DLQ_URL: url,
  MAX_RECEIVE_COUNT: integer(1, 1_000),
  RETRY_BASE_SECONDS: z._default(integer(0, VISIBILITY_MAX_SECONDS), 15),
  RETRY_MAX_SECONDS: z._default(integer(0, VISIBILITY_MAX_SECONDS), 7_200),
});

/** The environment of sync-contact, read once at start. */
export interface Config {
  hubspot: HubSpotSettings;
  queueUrl: string;
  dlqUrl: string;
  maxReceiveCount: number;
  retryBaseSeconds: number;
  retryMaxSeconds: number;
}

/** @throws Error with one message that names every bad variable at once and quotes no value. */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  const { env, token } = readEnvironment(environmentSchema, environment, (set, read) => [
    ...(set.LOG_KEY_PARAMETER && !set.HUBSPOT_TOKEN_PARAMETER
      ? ['LOG_KEY_PARAMETER goes with HUBSPOT_TOKEN_PARAMETER: both are read in one call']
      : []),
    ...(read !== undefined && read.HUBSPOT_REQUESTS_PER_10S < read.MAX_CONCURRENCY
      ? ['HUBSPOT_REQUESTS_PER_10S is smaller than MAX_CONCURRENCY: an instance would have no share of it']
      : []),
  ]);

  return {
    hubspot: hubspotOf(env, token, env.HUBSPOT_REQUESTS_PER_10S / env.MAX_CONCURRENCY),
    queueUrl: env.QUEUE_URL,
    dlqUrl: env.DLQ_URL,
    maxReceiveCount: env.MAX_RECEIVE_COUNT,
    retryBaseSeconds: env.RETRY_BASE_SECONDS,
    retryMaxSeconds: env.RETRY_MAX_SECONDS,
  };
}
