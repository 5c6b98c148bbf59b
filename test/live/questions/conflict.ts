import assert from 'node:assert/strict';
import * as z from 'zod/mini';
import { newContact } from '../../../lib/hubspot/ticket.ts';
import { existing } from '../objects.ts';
import type { Question } from '../question.ts';

const refusal = z.object({ category: z.optional(z.string()), message: z.string() });

/** The words of the 409 that everything else follows from. */
export const conflict: Question = {
  title: 'an address that is taken, in other letters, is a conflict that names its contact',
  async ask(stage) {
    const contact = await existing(stage);
    const again = { ...contact, email: contact.email.toUpperCase() };
    const answer = await stage.call('POST', 'contacts', newContact(again));
    stage.record('conflict-in-other-letters', answer);
    assert.equal(answer.status, 409, `it was answered ${answer.status}`);
    const { category, message } = refusal.parse(answer.body);
    assert.match(
      message,
      new RegExp(`Existing ID: ${contact.id}\\b`),
      'the message does not name it as expected: each conflict costs a look-up more',
    );
    return `category ${category}`;
  },
};
