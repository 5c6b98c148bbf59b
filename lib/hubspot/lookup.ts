import { DeliveryError } from '../failure.ts';
import { failureOf } from './answers.ts';
import { connectSdk, Lack, Refusal, type SdkOptions } from './sdk.ts';
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

/** What a batch read says of an address that no contact has. */
const NOBODY = 'OBJECT_NOT_FOUND';

/** Reads contacts by their addresses, which stand in the body of the request and never in its URL. */
export function openLookUp({ caller, ...options }: SdkOptions & { caller: Caller }) {
  const { objects } = connectSdk(options);

  async function read(emails: readonly string[]): Promise<Found[]> {
    const wanted = {
      inputs: emails.map((id) => ({ id })),
      idProperty: 'email',
      properties: ['email', 'username'],
      propertiesWithHistory: [],
    };
    try {
      return await objects.readBatch(caller, ['contacts', wanted], (answer) => {
        // What is left out for another reason than that it is not there would pass for missing.
        const errors = 'errors' in answer ? answer.errors : undefined;
        if (errors?.some(({ category }) => category !== NOBODY)) throw new Lack('leaves out a contact');
        return answer.results.map(({ id, properties }) => ({
          id,
          email: properties.email ?? undefined,
          username: properties.username || undefined,
        }));
      });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw new DeliveryError(failureOf(error.answer, error.callName, false));
    }
  }

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
