import * as z from 'zod/mini';
import { type HubSpotSettings, hubspotOf, hubspotVariables, readEnvironment, url } from '../environment.ts';

/** Of HubSpot's limit. The rest is for the sign-ups of this minute; where they need it all, HubSpot's header slows this down. */
const SHARE = 1 / 5;

const environmentSchema = z.object({
  ...hubspotVariables,
  QUEUE_URL: url,
  USER_POOL_ID: z.string().check(z.regex(/^[\w-]+_[0-9a-zA-Z]+$/, 'is not the ID of a user pool')),
  TRIGGER_FUNCTION_ARN: z.string().check(z.regex(/^arn:/, 'is not an ARN')),
});

/** The environment of reconcile, read once at start. */
export interface ReconcileConfig {
  hubspot: HubSpotSettings;
  queueUrl: string;
  userPoolId: string;
  /** The function that the pool is to call after a confirmation. */
  triggerFunctionArn: string;
}

/** @throws Error with one message that names every bad variable at once and quotes no value. */
export function readReconcileConfig(environment: NodeJS.ProcessEnv): ReconcileConfig {
  const { env, token } = readEnvironment(environmentSchema, environment);
  return {
    hubspot: hubspotOf(env, token, Math.max(env.HUBSPOT_REQUESTS_PER_10S * SHARE, 1)),
    queueUrl: env.QUEUE_URL,
    userPoolId: env.USER_POOL_ID,
    triggerFunctionArn: env.TRIGGER_FUNCTION_ARN,
  };
}
