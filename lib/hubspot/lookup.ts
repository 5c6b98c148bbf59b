import { DeliveryError } from '../failure.ts';
import { failureOf } from './answers.ts';
import { connectSdk, Refusal, type SdkOptions, Unreadable } from './sdk.ts';

/** HubSpot reads so many contacts at once (HubSpot docs, contacts, limits). */
export const CONTACTS_PER_READ = 100;

/** A contact as a look-up by address finds it. */
export interface Found {
  id: string;
  /** As HubSpot has it: the address that was asked for may be one of its others. */
  email: string | undefined;
}

/** Reads contacts by their addresses, which stand in the body of the request and never in its URL. */
export function openLookUp(options: SdkOptions) {
  const { objects, latestCall } = connectSdk(options);

  async function read(emails: readonly string[]): Promise<Found[]> {
    try {
      const { results } = await objects.readBatch('contacts', {
        inputs: emails.map((id) => ({ id })),
        idProperty: 'email',
        properties: ['email'],
        propertiesWithHistory: [],
      });
      return results.map(({ id, properties }) => ({ id, email: properties.email ?? undefined }));
    } catch (error) {
      if (error instanceof Refusal) throw new DeliveryError(failureOf(error.answer, error.callName, false));
      if (error instanceof DeliveryError || !(error instanceof Unreadable)) throw error;
      const detail = `${latestCall()} answered with a success that cannot be read.`;
      throw new DeliveryError({ class: 'transient', reason: 'UnreadableAnswer', detail });
    }
  }

  return {
    /**
     * Who holds each address, in lower case: the contact's ID.
     *
     * @param emails at most {@link CONTACTS_PER_READ}
     * @throws DeliveryError when HubSpot cannot be asked
     */
    async holdersOf(emails: readonly string[]): Promise<Map<string, string>> {
      const wanted = new Set(emails.map((email) => email.toLowerCase()));
      const holders = new Map<string, string>();
      if (wanted.size === 0) return holders;
      const found = await read([...wanted]);
      for (const { id, email } of found) {
        if (email !== undefined && wanted.has(email.toLowerCase())) holders.set(email.toLowerCase(), id);
      }
      if (holders.size === found.length) return holders;
      // Found by another address of theirs: nothing says by which, so the rest is asked for one by one.
      for (const email of [...wanted].filter((each) => !holders.has(each))) {
        const [holder] = await read([email]);
        if (holder !== undefined) holders.set(email, holder.id);
      }
      return holders;
    },
  };
}
