import * as z from 'zod/mini';
import { newContact } from '../../lib/hubspot/ticket.ts';
import { type ApiVersion, pathOf } from '../../sandbox/hubspot/versions.ts';
import type { LiveSettings } from './settings.ts';
import type { Wire } from './wire.ts';

const details = z.object({ portalId: z.number(), accountType: z.optional(z.string()) });
const tokenInfo = z.object({ hubId: z.number() });

/**
 * Which account the token is for, asked before anything is written. The account's details are open to Service Keys and
 * apps alike (HubSpot docs, account information); a private app's token can also be looked up.
 *
 * @throws Error where it is another account than the one expected, or one that people work in
 */
export async function expectAccount(
  wire: Wire,
  { portalId: expected, accessToken, versions: [version = 'v3'] }: LiveSettings,
): Promise<string> {
  const told = await wire.call('GET', `/account-info/${version}/details`);
  const known = details.safeParse(told.body);
  let portalId = known.data && String(known.data.portalId);
  if (told.status !== 200 || portalId === undefined) {
    const looked = await wire.call('POST', '/oauth/v2/private-apps/get/access-token-info', {
      tokenKey: accessToken,
    });
    const info = tokenInfo.safeParse(looked.body);
    if (looked.status !== 200 || !info.success) {
      throw new Error(
        `HubSpot does not say which account the token is for (${told.status} to its details, ${looked.status} to the token).`,
      );
    }
    portalId = String(info.data.hubId);
  }
  if (portalId !== expected) {
    throw new Error(`The token is for account ${portalId}, and HUBSPOT_PORTAL_ID says ${expected}.`);
  }
  const accountType = known.data?.accountType;
  if (accountType === 'STANDARD') {
    throw new Error(`Account ${portalId} is a STANDARD one: this is for test accounts and sandboxes.`);
  }
  return `account ${portalId}, ${accountType ?? 'of a kind that HubSpot does not tell'}`;
}

const property = z.object({
  hasUniqueValue: z.optional(z.boolean()),
  options: z.optional(z.array(z.object({ value: z.string() }))),
});

/** What the ticket's bodies need and the account does not have. */
export async function missingIn(
  wire: Wire,
  version: ApiVersion,
  { owners }: LiveSettings,
): Promise<{ missing: string[]; unknown: string[] }> {
  const missing: string[] = [];
  const unknown: string[] = [];
  const { properties } = newContact({ email: '', username: '' });

  for (const [name, value] of Object.entries(properties)) {
    const { status, body } = await wire.call('GET', pathOf(version, 'properties', `contacts/${name}`));
    const { data } = property.safeParse(body);
    if (status === 404) missing.push(`the contact property ${name}`);
    else if (status !== 200 || !data) unknown.push(`the contact property ${name} (${status})`);
    else if (name !== 'hubspot_owner_id' && data.options && data.options.length > 0) {
      const has = data.options.some((option) => option.value === value);
      if (!has) missing.push(`the option "${value}" of the contact property ${name}`);
    }
  }
  for (const [of, id] of Object.entries(owners)) {
    const { status } = await wire.call('GET', pathOf(version, 'owners', id));
    const setting = `LIVE_TEST_${of.toUpperCase()}_OWNER_ID`;
    if (status === 404) missing.push(`the owner ${id}: name one of this account in ${setting}`);
    else if (status !== 200) unknown.push(`the owner ${id} (${status})`);
  }
  return { missing, unknown };
}
