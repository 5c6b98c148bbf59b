import { type Crm, whatIsDue } from '../contact-sync.ts';
import { openCrm } from '../hubspot/crm.ts';
import { type Found, openLookUp } from '../hubspot/lookup.ts';
import type { SdkOptions } from '../hubspot/sdk.ts';
import type { Caller } from '../hubspot/transport.ts';
import type { Account } from './account.ts';

/** HubSpot, as far as people are compared with it: read, never written. */
export interface Cards {
  crm: Pick<Crm, 'readContact' | 'readNotes'>;
  /** The contact of each address, in lower case. @throws DeliveryError */
  cardsOf(emails: readonly string[]): Promise<ReadonlyMap<string, Found>>;
}

export const openCards = ({ caller, ...options }: SdkOptions & { caller: Caller }): Cards => ({
  crm: openCrm(options)(caller),
  ...openLookUp({ ...options, caller }),
});

/** Whom HubSpot lacks. */
export interface Lacking {
  /** Under no address that the batch read knows: it may still be another address of somebody, which the sync finds out. */
  missing: Account[];
  /** There, without the username, or with an older one. */
  withoutUsername: Account[];
}

/**
 * Compares accounts with HubSpot.
 *
 * @param accounts as many as one batch read takes
 * @throws DeliveryError when HubSpot cannot be asked
 */
export async function compare(accounts: readonly Account[], { crm, cardsOf }: Cards): Promise<Lacking> {
  const cards = await cardsOf(accounts.map(({ verification }) => verification.email));
  const lacking: Lacking = { missing: [], withoutUsername: [] };
  for (const account of accounts) {
    const { email, username } = account.verification;
    const card = cards.get(email.toLowerCase());
    if (card === undefined) lacking.missing.push(account);
    else if (card.username === username) continue;
    else if (card.username === undefined || (await isOlder(account, card, crm)))
      lacking.withoutUsername.push(account);
  }
  return lacking;
}

/** Another username that was set after this account was made stays: by the very rule of the sync, as for any replay. */
async function isOlder({ verification }: Account, { id }: Found, crm: Cards['crm']): Promise<boolean> {
  const signUp = {
    ...verification,
    verifiedAt: new Date(verification.verifiedAt),
    doubted: true,
    overtaken: true,
  };
  const due = await whatIsDue(signUp, await crm.readContact(id), crm);
  return due === 'username' || due === 'username-and-note';
}
