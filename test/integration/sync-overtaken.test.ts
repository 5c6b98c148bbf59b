import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { invalidProperties } from '../../sandbox/hubspot/answers.ts';
import { cardOf, LONG_AGO } from './support/card.ts';
import { known, type Person, person } from './support/people.ts';
import { type Delivered, type Instance, message, type Sync, startSync } from './support/sync.ts';

/*
 * Messages that come too late, or once too often: what HubSpot holds by then is not spoilt.
 */

let sync: Sync;
let instance: Instance;

beforeAll(async () => {
  sync = await startSync();
  instance = sync.instance();
});
beforeEach(() => sync.reset());
afterAll(() => sync.stop());

const MINUTE_MS = 60_000;
const minutesAgo = (minutes: number): string => new Date(Date.now() - minutes * MINUTE_MS).toISOString();

const existing = (): Person => {
  const someone = person();
  sync.hubspot.portal.createContact({ email: someone.email }, { createdAt: LONG_AGO });
  return someone;
};

/** A dead letter of a sign-up that HubSpot has refused for its username. */
async function refused(someone: Person, verifiedAt: string): Promise<NonNullable<Delivered['deadLetter']>> {
  const problems = [{ name: 'username', code: 'TOO_LONG', message: 'too long' } as const];
  sync.hubspot.faults.add({ do: { type: 'status', ...invalidProperties(problems) } });
  const { deadLetter } = await instance.deliver(message(someone, { verifiedAt }));
  if (deadLetter === undefined) throw new Error('There is no dead letter');
  return deadLetter;
}

/** The dead letter once more, as a redrive brings it. */
const redriven = ({ body, messageAttributes }: NonNullable<Delivered['deadLetter']>) => ({
  body,
  attributes: Object.fromEntries(
    Object.entries(messageAttributes).map(
      ([name, { DataType, StringValue = '' }]): [string, MessageAttributeValue] => [
        name,
        { DataType, StringValue },
      ],
    ),
  ),
});

describe('a dead letter that is redriven', () => {
  it.each([
    ['new to the CRM', person],
    ['an existing contact', existing],
  ])(
    'after the person has signed up anew writes neither its older username nor a note: %s',
    async (_, someone) => {
      const first = someone();
      const letter = await refused(first, minutesAgo(60));
      const second = known({ email: first.email, username: `${first.username} II` });
      await instance.deliver(message(second, { verifiedAt: minutesAgo(30) }));
      const before = cardOf(sync.hubspot, second);
      const requests = sync.hubspot.journal.entries().length;

      const late = await instance.deliver(redriven(letter));
      expect(late).toMatchObject({ failed: false, deadLetter: undefined });
      expect(late.line).toMatchObject({ outcome: 'superseded', hubspotRequests: 2 });
      expect(late.line).toHaveProperty('contactId');
      expect(
        sync.hubspot.journal
          .entries()
          .slice(requests)
          .map(({ method }) => method),
      ).toEqual(['POST', 'GET']);
      expect(cardOf(sync.hubspot, second)).toEqual(before);
      expect(before.username).toBe(second.username);
    },
  );

  it('after support has corrected the username leaves the correction', async () => {
    const someone = existing();
    const letter = await refused(someone, minutesAgo(60));
    const { id } = sync.hubspot.portal.contactByEmail(someone.email) ?? { id: '' };
    sync.hubspot.portal.updateContact(id, { username: 'by hand' });

    expect((await instance.deliver(redriven(letter))).line).toMatchObject({ outcome: 'superseded' });
    expect(cardOf(sync.hubspot, someone)).toMatchObject({ username: 'by hand', notes: 0 });
  });

  it('while the card has a username from before the verification writes its own, and the note', async () => {
    const someone = existing();
    const { id } = sync.hubspot.portal.contactByEmail(someone.email) ?? { id: '' };
    sync.hubspot.settings.clockOffsetMs = -120 * MINUTE_MS;
    sync.hubspot.portal.updateContact(id, { username: 'of last year' });
    sync.hubspot.settings.clockOffsetMs = 0;
    const letter = await refused(someone, minutesAgo(60));

    expect((await instance.deliver(redriven(letter))).line).toMatchObject({ outcome: 'updated' });
    expect(cardOf(sync.hubspot, someone)).toMatchObject({ username: someone.username, notes: 1 });
  });

  it('together with a later one of the same person leaves the later username', async () => {
    const first = existing();
    const second = known({ email: first.email, username: `${first.username} II` });
    const letters = [await refused(first, minutesAgo(60)), await refused(second, minutesAgo(30))];

    const delivered = await instance.deliverAll(letters.map(redriven));
    expect(delivered.map(({ line }) => line.outcome)).toEqual(['updated', 'updated']);
    expect(cardOf(sync.hubspot, second)).toMatchObject({ username: second.username });
  });
});

describe('two sign-ups of one person that wait out an outage together', () => {
  it('leave the later username, also when they come back in two batches', async () => {
    const first = existing();
    const second = known({ email: first.email, username: `${first.username} II` });
    const waiting = (minutes: number) => ({
      verifiedAt: minutesAgo(minutes),
      groupId: 'one-person',
      deliveries: 7,
      record: (record: SQSRecord) => ({
        ...record,
        attributes: { ...record.attributes, SentTimestamp: String(Date.now() - minutes * MINUTE_MS) },
      }),
    });
    await sync.instance().deliver(message(first, waiting(60)));
    const late = await sync.instance().deliver(message(second, waiting(30)));
    expect(late.line.outcome).toBe('updated');
    expect(cardOf(sync.hubspot, second)).toMatchObject({ username: second.username });
  });
});

describe('one receive that is handed over twice', () => {
  it.each([
    ['new to the CRM', person, 'unchanged', 0],
    ['an existing contact', existing, 'unchanged', 1],
  ])('brings no second note, although SQS counts it once: %s', async (_, someone, outcome, notes) => {
    const { email, username } = someone();
    const { record } = await instance.deliver(message({ email, username }));
    expect(record.attributes.ApproximateReceiveCount).toBe('1');

    const before = instance.lines.length;
    expect(await instance.invoke({ Records: [record] })).toEqual(new Set());
    const line = instance.lines.slice(before).find((printed) => printed.includes('Sign-up synced'));
    expect(JSON.parse(line ?? '{}')).toMatchObject({ outcome, deliveries: 1 });
    expect(cardOf(sync.hubspot, { email, username })).toEqual({ cards: 1, username, notes });
  });
});
