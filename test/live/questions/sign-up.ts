import assert from 'node:assert/strict';
import * as z from 'zod/mini';
import { syncContact } from '../../../lib/contact-sync.ts';
import { NOTE_BODY } from '../../../lib/hubspot/ticket.ts';
import { contactIn, existing, notesListed, signUpOf } from '../objects.ts';
import type { Question } from '../question.ts';

/** The ticket's 99 %. */
export const newUser: Question = {
  title: 'a new user costs one request',
  async ask(stage) {
    const person = stage.person();
    const signUp = signUpOf(person, { createdAt: new Date().toISOString() });
    const { result, exchanges } = await stage.watch(['contact-created'], () =>
      syncContact(signUp, stage.crm),
    );
    assert.equal(result.outcome, 'created');
    assert.equal(exchanges.length, 1, `it took ${exchanges.length} requests`);
    return `answered ${exchanges[0]?.status}`;
  },
};

const noteRead = z.object({
  results: z.array(
    z.object({ properties: z.object({ hs_note_body: z.string(), hs_timestamp: z.string() }) }),
  ),
});

/** The ticket's 1 %: a note is written with the credential at hand. */
export const existingContact: Question = {
  title: 'an existing contact costs three requests, and its note is dated as the update',
  async ask(stage) {
    const contact = await existing(stage);
    const signUp = {
      ...signUpOf(contact, contact),
      username: stage.person().username,
      // A contact that is younger is looked at first.
      verifiedAt: new Date(Date.parse(contact.createdAt) + 2 * 3_600_000),
    };
    const { result, exchanges } = await stage.watch(['conflict', 'contact-updated', 'note-created'], () =>
      syncContact(signUp, stage.crm),
    );
    const update = exchanges[1];
    assert.ok(result.outcome === 'updated', `the outcome is ${result.outcome}`);
    assert.equal(result.contactId, contact.id, 'the conflict names another contact');
    assert.ok(update && result.noteId, 'there is no note');
    assert.equal(exchanges.length, 3, `it took ${exchanges.length} requests`);

    const read = await stage.call('POST', 'notes/batch/read', {
      inputs: [{ id: result.noteId }],
      properties: ['hs_note_body', 'hs_timestamp'],
      propertiesWithHistory: [],
    });
    stage.record('notes-read', read);
    const [found] = noteRead.parse(read.body).results;
    assert.ok(found, 'the note cannot be read');
    const { hs_timestamp: timestamp, hs_note_body: body } = found.properties;
    assert.equal(Date.parse(timestamp), Date.parse(contactIn(update).updatedAt), 'the note has another date');
    assert.ok(body.includes(NOTE_BODY), "the note does not hold the ticket's words as they are");
    return body === NOTE_BODY ? 'the note comes back as text' : 'the note comes back with markup';
  },
};

/** How often a read is tried until it lists a note: paced as all calls are, ten seconds and more. */
const READS = 20;

/** Whether the read-back of a repeated delivery sees what the delivery before it has done. */
export const deliveredTwice: Question = {
  title: 'what was delivered twice is seen to be done',
  async ask(stage) {
    const contact = await existing(stage);
    const signUp = { ...signUpOf(contact, contact), username: stage.person().username };
    const first = await syncContact(signUp, stage.crm);
    assert.ok(first.outcome === 'updated' && first.noteId, `the first delivery ended as ${first.outcome}`);
    const writtenAt = performance.now();
    let reads = 0;
    let notes: string[] = [];
    while (reads < READS && !notes.includes(first.noteId)) {
      reads += 1;
      notes = await notesListed(stage, contact.id);
    }
    const seconds = ((performance.now() - writtenAt) / 1_000).toFixed(1);
    assert.ok(notes.includes(first.noteId), `the note is not listed after ${seconds} seconds`);

    const second = await syncContact({ ...signUp, doubted: true }, stage.crm);
    stage.record('contact-read', stage.exchanges.filter(({ method }) => method === 'GET').at(-1));
    assert.equal(second.outcome, 'unchanged', `the second delivery ended as ${second.outcome}`);
    return reads === 1
      ? 'the note is listed by the first read'
      : `the note is listed after ${seconds} seconds`;
  },
};
