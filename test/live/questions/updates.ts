import assert from 'node:assert/strict';
import * as z from 'zod/mini';
import { usernameUpdate } from '../../../lib/hubspot/ticket.ts';
import { contactIn, existing } from '../objects.ts';
import type { Question } from '../question.ts';

/** A second delivery that writes once more dates its note by it. */
export const unchangedUpdate: Question = {
  title: 'updatedAt after an update that changes nothing',
  async ask(stage) {
    const contact = await existing(stage);
    const update = () => stage.call('PATCH', `contacts/${contact.id}`, usernameUpdate(contact));
    const first = contactIn(await update());
    const second = await update();
    stage.record('contact-updated-without-a-change', second);
    return contactIn(second).updatedAt === first.updatedAt ? 'stays as it was' : 'is a later one';
  },
};

const version = z.object({ value: z.string(), timestamp: z.string(), sourceType: z.string() });
const withHistory = z.object({
  propertiesWithHistory: z.object({ username: z.array(version).check(z.minLength(1)) }),
});

/** Whether a username that this service has set could be taken for one that somebody at support has set. */
export const history: Question = {
  title: 'the history of a username does not take this service for a person',
  async ask(stage) {
    const contact = await existing(stage);
    const { username } = stage.person();
    await stage.crm.updateContact(contact.id, usernameUpdate({ username }));
    const { result, exchanges } = await stage.watch(['contact-with-history'], () =>
      stage.crm.readContact(contact.id),
    );
    assert.ok(result.username.value === username && result.username.setAt, 'the latest value has no date');
    assert.equal(result.username.setByPeople, false, 'it looks like a change by hand');
    const { username: values } = withHistory.parse(exchanges[0]?.body).propertiesWithHistory;
    return `${values.length} values, set by ${[...new Set(values.map(({ sourceType }) => sourceType))].join(', ')}`;
  },
};

/** The read-back compares the one, where HubSpot gives it, with the other. */
export const createDate: Question = {
  title: 'createdate is the moment that createdAt says, to the millisecond',
  async ask(stage) {
    const contact = await existing(stage);
    const { createdAt } = await stage.crm.readContact(contact.id);
    assert.equal(createdAt.getTime(), Date.parse(contact.createdAt), 'it is another moment');
    return 'it is';
  },
};
