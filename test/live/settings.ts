import * as z from 'zod/mini';
import { newContact, updateNote } from '../../lib/hubspot/ticket.ts';
import { API_VERSIONS, type ApiVersion } from '../../sandbox/hubspot/versions.ts';

/** What a run against a test account is told. */
export interface LiveSettings {
  accessToken: string;
  /** The account that the token has to be for. */
  portalId: string;
  baseUrl: string;
  versions: readonly ApiVersion[];
  /** Of the addresses that are made. Nobody may have one there. */
  domain: string;
  /** The account's owners, in the places of the ticket's. */
  owners: { contact: string; note: string };
  /** Folder that the recordings go to. */
  recordings: string;
}

/** Owners that only the CRM's own account has. */
export const TICKET_OWNERS = {
  contact: newContact({ email: '', username: '' }).properties.hubspot_owner_id,
  note: updateNote('', new Date(0)).properties.hubspot_owner_id,
};

const HUBSPOT = 'https://api.hubapi.com';

const digits = z.string().check(z.regex(/^\d{1,20}$/, 'is not a number'));

const environmentSchema = z.object({
  HUBSPOT_ACCESS_TOKEN: z
    .string()
    .check(z.regex(/^\s*[\x21-\x7e]+\s*$/, 'holds characters that no token has')),
  HUBSPOT_PORTAL_ID: digits,
  HUBSPOT_BASE_URL: z._default(z.url({ protocol: /^https?$/, error: 'is not an http(s) URL' }), HUBSPOT),
  HUBSPOT_API_VERSION: z._default(z.enum(API_VERSIONS, `is none of ${API_VERSIONS.join(', ')}`), 'v3'),
  LIVE_TEST_DOMAIN: z._default(
    z.string().check(z.regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'is not a domain in lower case')),
    'example.org',
  ),
  LIVE_TEST_CONTACT_OWNER_ID: z._default(digits, TICKET_OWNERS.contact),
  LIVE_TEST_NOTE_OWNER_ID: z._default(digits, TICKET_OWNERS.note),
  LIVE_TEST_RECORDINGS: z.optional(z.string()),
});

/** @throws Error with one message that names all that is missing or wrong, and quotes no value. */
export function readSettings(environment: NodeJS.ProcessEnv, args: readonly string[]): LiveSettings {
  // An empty variable is one that nobody set.
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value));
  const { success, data: env, error } = environmentSchema.safeParse(set);
  const problems = (error?.issues ?? []).map(({ path: [name], message }) => {
    const missing = typeof name === 'string' && !(name in set);
    return `${String(name)} ${missing ? 'is not set' : message}`;
  });
  const everyVersion = args.includes('--all-versions');
  if (args.some((arg) => arg !== '--all-versions')) problems.push('the only option is --all-versions');
  // What something else than HubSpot has answered must never pass for HubSpot's.
  if (set.HUBSPOT_BASE_URL && set.HUBSPOT_BASE_URL !== HUBSPOT && !set.LIVE_TEST_RECORDINGS) {
    problems.push('LIVE_TEST_RECORDINGS has to name a folder where HUBSPOT_BASE_URL is not HubSpot itself');
  }
  if (!success || problems.length > 0) throw new Error(`Cannot start: ${problems.join('; ')}.`);
  return {
    accessToken: env.HUBSPOT_ACCESS_TOKEN.trim(),
    portalId: env.HUBSPOT_PORTAL_ID,
    baseUrl: env.HUBSPOT_BASE_URL.replace(/\/+$/, ''),
    versions: everyVersion ? API_VERSIONS : [env.HUBSPOT_API_VERSION],
    domain: env.LIVE_TEST_DOMAIN,
    owners: { contact: env.LIVE_TEST_CONTACT_OWNER_ID, note: env.LIVE_TEST_NOTE_OWNER_ID },
    recordings: env.LIVE_TEST_RECORDINGS ?? 'test/recordings',
  };
}
