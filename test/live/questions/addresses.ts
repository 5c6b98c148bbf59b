import assert from 'node:assert/strict';
import * as z from 'zod/mini';
import { DeliveryError } from '../../../lib/failure.ts';
import { newContact } from '../../../lib/hubspot/ticket.ts';
import { existing } from '../objects.ts';
import type { Question, Stage } from '../question.ts';

const found = z.object({ results: z.array(z.object({ id: z.string() })) });

/** Who holds an address, as the client asks where a conflict does not say it. */
export async function holderOf(stage: Stage, name: string, email: string): Promise<string | undefined> {
  const answer = await stage.call('POST', 'contacts/batch/read', {
    inputs: [{ id: email }],
    idProperty: 'email',
    properties: ['email'],
    propertiesWithHistory: [],
  });
  stage.record(name, answer);
  return found.parse(answer.body).results[0]?.id;
}

/** What the client falls back on when a conflict is told in other words. */
export const lookUp: Question = {
  title: 'a contact is found by its address, and nobody by an unknown one',
  async ask(stage) {
    const contact = await existing(stage);
    const id = await holderOf(stage, 'contact-by-address', contact.email.toUpperCase());
    assert.equal(id, contact.id, 'it is not found');
    const nobody = await holderOf(stage, 'contact-by-unknown-address', stage.person().email);
    assert.equal(nobody, undefined, 'somebody is found');
    return 'as expected, in other letters too';
  },
};

/** Whether a refused address becomes a dead letter, and not an alarm about everybody's. */
export const refusedAddress: Question = {
  title: 'an address that HubSpot does not take is refused as this person’s own',
  async ask(stage) {
    const person = stage.person('wme-live.invalid');
    const { result } = await stage.watch(['address-refused'], () =>
      stage.crm.createContact(newContact(person)).then(
        () => undefined,
        (error: unknown) => error,
      ),
    );
    assert.ok(result instanceof DeliveryError, 'it was taken');
    const { failure } = result;
    assert.equal(failure.class, 'rejected', `it counts as ${failure.class}`);
    assert.ok(!failure.detail.includes(person.email), 'the reason quotes the address');
    return failure.detail;
  },
};
