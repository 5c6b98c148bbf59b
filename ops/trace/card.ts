import * as z from 'zod/mini';
import type { ExistingContact, ExistingNote } from '../../lib/contact-sync.ts';
import type { Stage } from '../aws/stage.ts';
import { apiPath, openAccount, openHubSpot } from '../hubspot.ts';

/** A person's card, with the notes that are on it. */
export interface Card {
  contact: ExistingContact;
  notes: ExistingNote[];
}

const withEmail = z.object({ properties: z.object({ email: z.nullish(z.string()) }) });

/**
 * The address on a contact's card; nothing where there is no such contact.
 *
 * @throws DeliveryError when HubSpot does not answer
 */
export async function emailOf(
  contactId: string,
  stage: Stage,
  stop: AbortSignal,
): Promise<{ email: string | undefined } | undefined> {
  const path = apiPath(stage.hubspot.apiVersion, 'objects', `contacts/${contactId}?properties=email`);
  const { status, body } = await openAccount(stage, stop).ask('GET', path);
  if (status !== 200) return undefined;
  return { email: withEmail.parse(JSON.parse(body)).properties.email ?? undefined };
}

/** The card of an address. @throws DeliveryError when HubSpot cannot be asked */
export async function cardOf(email: string, stage: Stage, stop: AbortSignal): Promise<Card | undefined> {
  const { crm, holdersOf } = openHubSpot(stage, stop);
  const contactId = (await holdersOf([email])).get(email.toLowerCase());
  if (contactId === undefined) return undefined;
  const contact = await crm.readContact(contactId);
  return { contact, notes: await crm.readNotes(contact, new Date(0)) };
}
