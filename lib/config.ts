import * as z from 'zod/mini';
import { API_VERSION } from './hubspot/api-version.ts';

// zod would compile each schema into a function. For the few that a cold start parses, that takes longer than it saves.
z.config({ jitless: true });

const url = z.url({ protocol: /^https?$/, error: 'is not an http(s) URL' });

/** HubSpot's address and nothing else: its calls are appended to it. */
const baseUrl = url.check(
  z.refine((value) => {
    if (!URL.canParse(value)) return true;
    const { username, password, search, hash } = new URL(value);
    return `${username}${password}${search}${hash}` === '';
  }, 'holds more than scheme, host, port and path'),
);

const token = z.string().check(z.regex(/^\s*[\x21-\x7e]+\s*$/, 'holds characters that no token has'));

const integer = (min: number, max: number) =>
  z.pipe(
    z
      .string()
      .check(
        z.refine(
          (value) => /^\d{1,9}$/.test(value) && Number(value) >= min && Number(value) <= max,
          `is not a whole number from ${min} to ${max}`,
        ),
      ),
    z.transform(Number),
  );

/** The longest time that SQS hides a message: 12 hours. */
const VISIBILITY_MAX_SECONDS = 43_200;

const environmentSchema = z.object({
  HUBSPOT_ACCESS_TOKEN: z.optional(token),
  HUBSPOT_TOKEN_PARAMETER: z.optional(z.string()),
  LOG_KEY_PARAMETER: z.optional(z.string()),
  HUBSPOT_API_VERSION: z._default(
    z.string().check(z.regex(API_VERSION, 'is neither v3 nor a date such as 2026-09')),
    'v3',
  ),
  HUBSPOT_BASE_URL: z._default(baseUrl, 'https://api.hubapi.com'),
  // An invocation has 60 seconds: a longer time-out would leave little of it in which a call may start.
  HUBSPOT_TIMEOUT_MS: z._default(integer(1, 30_000), 10_000),
  HUBSPOT_REQUESTS_PER_10S: z._default(integer(1, 1_000_000), 190),
  MAX_CONCURRENCY: z._default(integer(1, 1_000), 2),
  QUEUE_URL: url,
  DLQ_URL: url,
  MAX_RECEIVE_COUNT: integer(1, 1_000),
  RETRY_BASE_SECONDS: z._default(integer(0, VISIBILITY_MAX_SECONDS), 15),
  RETRY_MAX_SECONDS: z._default(integer(0, VISIBILITY_MAX_SECONDS), 7_200),
});

/** Where the HubSpot token is: here, or in the SSM parameter of that name, and the key of the logs beside it. */
export type TokenLocation =
  | { accessToken: string }
  | { parameter: string; logKeyParameter: string | undefined };

/** The environment of sync-contact, read once at start. */
export interface Config {
  hubspot: {
    token: TokenLocation;
    baseUrl: string;
    /** `v3`, or a date. */
    apiVersion: string;
    /** For one request, connection to last byte. */
    timeoutMs: number;
    /** This instance's share of the account's limit. */
    requestsPer10s: number;
  };
  queueUrl: string;
  dlqUrl: string;
  maxReceiveCount: number;
  retryBaseSeconds: number;
  retryMaxSeconds: number;
}

/** @throws Error with one message that names every bad variable at once and quotes no value. */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  // An empty variable is one that nobody set.
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value));
  const { success, data: env, error } = environmentSchema.safeParse(set);

  const problems = success
    ? []
    : error.issues.map(({ path: [name], message }) => {
        const missing = typeof name === 'string' && !(name in set);
        return `${String(name)} ${missing ? 'is not set' : message}`;
      });
  const token = tokenLocation(set);
  if (token === undefined)
    problems.push('set one of HUBSPOT_ACCESS_TOKEN and HUBSPOT_TOKEN_PARAMETER, and not both');
  if (set.LOG_KEY_PARAMETER && !set.HUBSPOT_TOKEN_PARAMETER) {
    problems.push('LOG_KEY_PARAMETER goes with HUBSPOT_TOKEN_PARAMETER: both are read in one call');
  }
  if (success && env.HUBSPOT_REQUESTS_PER_10S < env.MAX_CONCURRENCY) {
    problems.push(
      'HUBSPOT_REQUESTS_PER_10S is smaller than MAX_CONCURRENCY: an instance would have no share of it',
    );
  }
  if (!success || token === undefined || problems.length > 0) {
    throw new Error(`The configuration is not complete: ${problems.join('; ')}.`);
  }

  return {
    hubspot: {
      token,
      baseUrl: env.HUBSPOT_BASE_URL.replace(/\/+$/, ''),
      apiVersion: env.HUBSPOT_API_VERSION,
      timeoutMs: env.HUBSPOT_TIMEOUT_MS,
      requestsPer10s: env.HUBSPOT_REQUESTS_PER_10S / env.MAX_CONCURRENCY,
    },
    queueUrl: env.QUEUE_URL,
    dlqUrl: env.DLQ_URL,
    maxReceiveCount: env.MAX_RECEIVE_COUNT,
    retryBaseSeconds: env.RETRY_BASE_SECONDS,
    retryMaxSeconds: env.RETRY_MAX_SECONDS,
  };
}

function tokenLocation({
  HUBSPOT_ACCESS_TOKEN: accessToken,
  HUBSPOT_TOKEN_PARAMETER: parameter,
  LOG_KEY_PARAMETER: logKeyParameter,
}: NodeJS.ProcessEnv): TokenLocation | undefined {
  if (accessToken && !parameter) return { accessToken };
  if (parameter && !accessToken) return { parameter, logKeyParameter };
  return undefined;
}
