import assert from 'node:assert/strict';
import * as z from 'zod/mini';
import { newContact } from '../../lib/hubspot/ticket.ts';
import type { Person } from './made.ts';
import type { Stage } from './question.ts';

const contactSchema = z.object({ id: z.string(), createdAt: z.string(), updatedAt: z.string() });

/** A contact as an answer has it. */
export type LiveContact = Person & z.infer<typeof contactSchema>;

/** The contact in an answer. */
export function contactIn(exchange: { status: number; body: unknown }): z.infer<typeof contactSchema> {
  const { data } = contactSchema.safeParse(exchange.body);
  assert.ok(data, `an answer ${exchange.status} names no contact`);
  return data;
}

/** A contact that is there before anybody signs up. */
export async function existing(stage: Stage): Promise<LiveContact> {
  const person = stage.person();
  const created = await stage.call('POST', 'contacts', newContact(person));
  assert.ok(created.status < 300, `a new contact was answered ${created.status}`);
  return { ...person, ...contactIn(created) };
}

/** A sign-up that is verified after everything there is. */
export const signUpOf = ({ email, username }: Person, contact: { createdAt: string }) => ({
  email,
  username,
  verifiedAt: new Date(Date.parse(contact.createdAt) + 1_000),
  doubted: false,
  overtaken: false,
});

const listed = z.object({
  associations: z.optional(
    z.object({ notes: z.optional(z.object({ results: z.array(z.object({ id: z.string() })) })) }),
  ),
});

/** The notes that the read of a contact lists. */
export async function notesListed(stage: Stage, contactId: string): Promise<string[]> {
  const { body } = await stage.call('GET', `contacts/${contactId}?associations=notes`);
  return listed.parse(body).associations?.notes?.results.map(({ id }) => id) ?? [];
}
