import assert from 'node:assert/strict';
import * as z from 'zod/mini';
import { updateNote } from '../../../lib/hubspot/ticket.ts';
import { pathOf } from '../../../sandbox/hubspot/versions.ts';
import { existing } from '../objects.ts';
import type { Question, Stage } from '../question.ts';

const associations = z.object({
  results: z.array(z.object({ to: z.array(z.record(z.string(), z.unknown())) })),
});

const readAssociations = (stage: Stage, input: { id: string; after?: string }) =>
  stage.callPath('POST', pathOf(stage.version, 'associations', 'contacts/notes/batch/read'), {
    inputs: [input],
  });

/** How contacts with more notes than one read lists are read. */
export const associationPages: Question = {
  title: 'the batch read of associations lists all notes; what "after" does',
  async ask(stage) {
    const contact = await existing(stage);
    const bare = await readAssociations(stage, { id: contact.id });
    stage.record('associations-of-a-contact-without-notes', bare);
    const ids: string[] = [];
    for (const day of [1, 2]) {
      const { noteId } = await stage.crm.createNote(updateNote(contact.id, new Date(Date.UTC(2026, 0, day))));
      if (noteId) ids.push(noteId);
    }
    const full = await readAssociations(stage, { id: contact.id });
    stage.record('associations', full);
    const [first] = associations.parse(full.body).results;
    const notes = await stage.crm.readNotes(
      { ...(await stage.crm.readContact(contact.id)), noteIds: { listed: [], complete: false } },
      new Date(0),
    );
    assert.equal(notes.length, ids.length, `${notes.length} of ${ids.length} notes were read`);

    const later = await readAssociations(stage, { id: contact.id, after: ids[0] ?? '' });
    stage.record('associations-after', later);
    const rest = associations.safeParse(later.body).data?.results[0]?.to.length ?? 0;
    const keys = Object.keys(first?.to[0] ?? {}).join(', ');
    const honoured =
      later.status > 299 ? `refused (${later.status})` : rest < ids.length ? 'honoured' : 'ignored';
    return `a note has the keys ${keys}; "after" is ${honoured}; without notes ${bare.status}`;
  },
};
