import { complete, connectSdk, orNobody, type SdkOptions } from './sdk.ts';
import type { Caller } from './transport.ts';

/** HubSpot reads so many contacts at once (HubSpot docs, contacts, limits). */
export const CONTACTS_PER_READ = 100;

/** A contact as a look-up by address finds it. */
export interface Found {
  id: string;
  /** As HubSpot has it: the address that was asked for may be one of its others. */
  email: string | undefined;
  /** Undefined where it has none. */
  username: string | undefined;
}

/** Reads contacts by their addresses, which stand in the body of the request and never in its URL. */
export function openLookUp({ caller, ...options }: SdkOptions & { caller: Caller }) {
  const { objects } = connectSdk(options);

  const read = (emails: readonly string[]): Promise<Found[]> => {
    const wanted = {
      inputs: emails.map((id) => ({ id })),
      idProperty: 'email',
      properties: ['email', 'username'],
      propertiesWithHistory: [],
    };
    // What is left out for another reason than that it is not there would pass for missing.
    return objects
      .readBatch(caller, ['contacts', wanted], (answer) =>
        complete(answer, 'leaves out a contact').map(({ id, properties }) => ({
          id,
          email: properties.email ?? undefined,
          username: properties.username || undefined,
        })),
      )
      .catch(orNobody);
  };

  /**
   * The contact that holds each address, by the address in lower case.
   *
   * @param emails at most {@link CONTACTS_PER_READ}
   * @throws DeliveryError when HubSpot cannot be asked
   */
  async function cardsOf(emails: readonly string[]): Promise<Map<string, Found>> {
    const wanted = new Set(emails.map((email) => email.toLowerCase()));
    const cards = new Map<string, Found>();
    if (wanted.size === 0) return cards;
    const found = await read([...wanted]);
    for (const card of found) {
      const email = card.email?.toLowerCase();
      if (email !== undefined && wanted.has(email)) cards.set(email, card);
    }
    if (cards.size === found.length) return cards;
    // Found by another address of theirs: nothing says by which, so the rest is asked for one by one.
    for (const email of [...wanted].filter((each) => !cards.has(each))) {
      const [holder] = await read([email]);
      if (holder !== undefined) cards.set(email, holder);
    }
    return cards;
  }

  return {
    cardsOf,
    /** As {@link cardsOf}, but the contacts' IDs only. */
    async holdersOf(emails: readonly string[]): Promise<Map<string, string>> {
      return new Map([...(await cardsOf(emails))].map(([email, { id }]) => [email, id]));
    },
  };
}
