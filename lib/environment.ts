import * as z from 'zod/mini';
import { API_VERSION } from './hubspot/api-version.ts';

/* What the environments of the functions have in common. */

// zod would compile each schema into a function. For the few that a cold start parses, that takes longer than it saves.
z.config({ jitless: true });

export const url = z.url({ protocol: /^https?$/, error: 'is not an http(s) URL' });

/** HubSpot's address and nothing else: its calls are appended to it. */
const baseUrl = url.check(
  z.refine((value) => {
    if (!URL.canParse(value)) return true;
    const { username, password, search, hash } = new URL(value);
    return `${username}${password}${search}${hash}` === '';
  }, 'holds more than scheme, host, port and path'),
);

const token = z.string().check(z.regex(/^\s*[\x21-\x7e]+\s*$/, 'holds characters that no token has'));

export const integer = (min: number, max: number) =>
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

/**
 * Puts a copy in the place of Node's own environment, which asks the operating system at every look: Powertools looks some
 * forty times a message. What is set later is set in the copy.
 */
export function keepEnvironmentInMemory(): void {
  process.env = { ...process.env };
}

/** How HubSpot is reached, in every environment. */
export const hubspotVariables = {
  HUBSPOT_ACCESS_TOKEN: z.optional(token),
  HUBSPOT_TOKEN_PARAMETER: z.optional(z.string()),
  HUBSPOT_API_VERSION: z._default(
    z.string().check(z.regex(API_VERSION, 'is neither v3 nor a date such as 2026-09')),
    'v3',
  ),
  HUBSPOT_BASE_URL: z._default(baseUrl, 'https://api.hubapi.com'),
  // An invocation of sync-contact has 60 seconds: a longer time-out would leave little of it in which a call may start.
  HUBSPOT_TIMEOUT_MS: z._default(integer(1, 30_000), 10_000),
  HUBSPOT_REQUESTS_PER_10S: z._default(integer(1, 1_000_000), 190),
};

/** How HubSpot is reached. */
export interface HubSpotSettings {
  token: TokenLocation;
  baseUrl: string;
  /** `v3`, or a date. */
  apiVersion: string;
  /** For one request, connection to last byte. */
  timeoutMs: number;
  /** This instance's share of the account's limit. */
  requestsPer10s: number;
}

/** What the variables say of it, but for the share of the limit. */
export const hubspotOf = (
  env: z.infer<z.ZodMiniObject<typeof hubspotVariables>>,
  token: TokenLocation,
  requestsPer10s: number,
): HubSpotSettings => ({
  token,
  // The SDK asks for small letters in the scheme.
  baseUrl: new URL(env.HUBSPOT_BASE_URL).href.replace(/\/+$/, ''),
  apiVersion: env.HUBSPOT_API_VERSION,
  timeoutMs: env.HUBSPOT_TIMEOUT_MS,
  requestsPer10s,
});

/** Where the HubSpot token is: here, or in the SSM parameter of that name, and the key of the logs beside it. */
export type TokenLocation =
  | { accessToken: string }
  | { parameter: string; logKeyParameter: string | undefined };

/**
 * Reads an environment: an empty variable is one that nobody set.
 *
 * @param moreProblems what is wrong with it beside the single variables; gets them as the schema has read them, where it
 * could
 * @throws Error with one message that names every bad variable at once and quotes no value.
 */
export function readEnvironment<Schema extends z.ZodMiniObject>(
  schema: Schema,
  environment: NodeJS.ProcessEnv,
  moreProblems: (set: NodeJS.ProcessEnv, read: z.infer<Schema> | undefined) => string[] = () => [],
): { env: z.infer<Schema>; token: TokenLocation } {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value));
  const { success, data: env, error } = schema.safeParse(set);

  const problems = success
    ? []
    : error.issues.map(({ path: [name], message }) => {
        const missing = typeof name === 'string' && !(name in set);
        return `${String(name)} ${missing ? 'is not set' : message}`;
      });
  const token = tokenLocation(set);
  if (token === undefined)
    problems.push('set one of HUBSPOT_ACCESS_TOKEN and HUBSPOT_TOKEN_PARAMETER, and not both');
  problems.push(...moreProblems(set, env));
  if (!success || token === undefined || problems.length > 0) {
    throw new Error(`The configuration is not complete: ${problems.join('; ')}.`);
  }
  return { env, token };
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
