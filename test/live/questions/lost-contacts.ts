import assert from 'node:assert/strict';
import { DeliveryError } from '../../../lib/failure.ts';
import { newContact, updateNote, usernameUpdate } from '../../../lib/hubspot/ticket.ts';
import { contactIn, existing } from '../objects.ts';
import type { Question } from '../question.ts';
import type { Exchange } from '../wire.ts';
import { holderOf } from './addresses.ts';

const outcomeOf = async (calling: Promise<unknown>): Promise<string> =>
  await calling.then(
    () => 'a success',
    (error: unknown) => {
      if (!(error instanceof DeliveryError)) throw error;
      return error.failure.class;
    },
  );

/** Support merges cards while messages wait. */
export const merged: Question = {
  title: 'a contact that was merged away: its old ID, and its address',
  async ask(stage) {
    const [survivor, gone] = [await existing(stage), await existing(stage)];
    const merge = await stage.call('POST', 'contacts/merge', {
      primaryObjectId: survivor.id,
      objectIdToMerge: gone.id,
    });
    stage.record('contacts-merged', merge);
    assert.ok(merge.status < 300, `the merge was answered ${merge.status}`);
    const left = contactIn(merge).id;

    const update = await stage.watch(['update-under-a-merged-id'], () =>
      outcomeOf(stage.crm.updateContact(gone.id, usernameUpdate(gone))),
    );
    assert.match(update.result, /^(a success|transient)$/, `the update counts as ${update.result}`);
    const under = update.result === 'a success' ? idIn(update.exchanges[0], left) : '404';

    const again = await stage.watch(['conflict-over-a-second-address'], () =>
      stage.crm.createContact(newContact(gone)),
    );
    const { conflictsWith } = again.result;
    assert.equal(conflictsWith, left, 'its address does not lead to the contact that is left');
    const holder = await holderOf(stage, 'contact-by-second-address', gone.email);
    return [
      `the contact that is left has ${left === survivor.id ? "the survivor's" : 'a new'} ID`,
      `an update under the old one: ${under}`,
      `a look-up by its address ${holder === left ? 'finds it' : 'does not find it'}`,
    ].join('; ');
  },
};

const idIn = (exchange: Exchange | undefined, left: string): string =>
  exchange && contactIn(exchange).id === left ? 'the contact that is left' : 'another contact';

/** Somebody at support deletes the card between two calls. */
export const deleted: Question = {
  title: 'a contact that was deleted a moment ago is no fault of the message',
  async ask(stage) {
    const contact = await existing(stage);
    const deletion = await stage.call('DELETE', `contacts/${contact.id}`);
    assert.ok(deletion.status < 300, `the deletion was answered ${deletion.status}`);
    const update = await stage.watch(['update-of-a-deleted-contact'], () =>
      outcomeOf(stage.crm.updateContact(contact.id, usernameUpdate(contact))),
    );
    const note = await stage.watch(['note-for-a-deleted-contact'], () =>
      outcomeOf(stage.crm.createNote(updateNote(contact.id, new Date(contact.updatedAt)))),
    );
    assert.equal(update.result, 'transient', `the update counts as ${update.result}`);
    assert.equal(note.result, 'transient', `the note counts as ${note.result}`);
    return `the update is answered ${update.exchanges[0]?.status}, the note ${note.exchanges[0]?.status}`;
  },
};
