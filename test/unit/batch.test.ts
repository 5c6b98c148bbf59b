import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { personHash } from '../../lib/person.ts';
import { aboutContact, batch, record } from './support/batch.ts';
import { sqsRecord, stringAttribute } from './support/records.ts';

const VERIFIED = '2026-11-23T18:00:00.000Z';
const created = { status: 201 };

describe('when no more calls may start', () => {
  it.each([15_000, 14_999, 0])(
    'nothing is begun with %i ms left: 10 s for a call, 5 s for SQS',
    async (remainingMs) => {
      const { handle, calls, putBack, lines } = batch({ remainingMs });

      expect(await handle(record('ada@x'), record('bob@x'))).toEqual(['again', 'again']);
      expect(calls).toEqual([]);
      expect(putBack().map(({ VisibilityTimeout }) => VisibilityTimeout)).toEqual([0, 0]);
      expect(lines[0]).toMatchObject({
        failure: 'not-started',
        detail: 'No time was left for another call.',
      });
    },
  );

  it('a sequence is not begun that cannot be finished, and one that is under way stops before its next call', async () => {
    const { handle, calls, lines } = batch({
      remainingMs: 15_060,
      answer: async (call) => {
        await sleep(120);
        return aboutContact()(call);
      },
    });
    expect(await handle(record('ada@x'))).toEqual(['again']);
    expect(calls).toHaveLength(1);
    expect(lines[0]).toMatchObject({ failure: 'not-started', hubspotRequests: 1 });
  });

  it('throttling stops the rest of the batch, which backs off likewise', async () => {
    const { handle, calls, putBack, counts } = batch({
      answer: async (_, email) => (email === 'ada@x' ? { status: 429 } : sleep(20, created)),
    });
    const records = [record('ada@x'), record('bob@x', 'first'), record('bob@x', 'second')];

    expect(await handle(...records)).toEqual(['again', 'done', 'again']);
    expect(calls.map(({ email }) => email)).toEqual(['ada@x', 'bob@x']);
    for (const { VisibilityTimeout = 0 } of putBack()) {
      expect(VisibilityTimeout).toBeGreaterThanOrEqual(10);
      expect(VisibilityTimeout).toBeLessThanOrEqual(25);
    }
    expect(counts.filter(([metric]) => metric === 'DeliveryRetried')).toEqual([
      ['DeliveryRetried', { class: 'throttled' }],
      ['DeliveryRetried', { class: 'throttled' }],
    ]);
  });

  it.each([500, 400, 401])('another failure stops nobody else: %i', async (status) => {
    const { handle } = batch({
      answer: async (_, email) => (email === 'ada@x' ? { status } : sleep(20, created)),
    });
    expect((await handle(record('ada@x'), record('bob@x'), record('bob@x'))).slice(1)).toEqual([
      'done',
      'done',
    ]);
  });
});

describe('the line of a message that was put aside', () => {
  it.each([
    [400, 'dead-letter'],
    [503, 'retry'],
  ])('names the contact, once the conflict has: %i for the note', async (status, outcome) => {
    const { handle, lines } = batch({
      answer: async (call) => (call.url.endsWith('/notes') ? { status } : aboutContact()(call)),
    });
    await handle(record('ada@x'));
    expect(lines).toMatchObject([{ outcome, contactId: '12', hubspotRequests: 3 }]);
  });

  it('names none before', async () => {
    const { handle, lines } = batch({ answer: async () => ({ status: 400 }) });
    await handle(record('ada@x'));
    expect(lines).toMatchObject([{ outcome: 'dead-letter' }]);
    expect(lines[0]).not.toHaveProperty('contactId');
  });
});

describe('the moment of verification', () => {
  /** What the note-or-not question is asked with: read back when the contact is not older than this. */
  const isReadBack = async (
    body: object,
    createdAt: string,
    changed: Parameters<typeof sqsRecord>[0] = {},
  ) => {
    const { handle, calls } = batch({ answer: aboutContact(createdAt) });
    await handle(sqsRecord({ body: { email: 'ada@x', username: 'AdaL', ...body }, ...changed }));
    return calls.some(({ call }) => call.method === 'GET');
  };
  const sentAt = new Date('2026-11-23T18:00:01.000Z');

  it("is the message's own, else when it was sent", async () => {
    expect(await isReadBack({ verifiedAt: VERIFIED }, VERIFIED)).toBe(true);
    expect(await isReadBack({ verifiedAt: VERIFIED }, '2026-11-23T17:59:59.999Z')).toBe(false);
    expect(await isReadBack({}, '2026-11-23T18:00:01.000Z', { sentAt })).toBe(true);
    expect(await isReadBack({}, '2026-11-23T18:00:00.999Z', { sentAt })).toBe(false);
  });

  it("is never later than the sending, however fast the publisher's clock is", async () => {
    const verifiedAt = '2026-11-23T18:09:00.000Z';
    expect(await isReadBack({ verifiedAt }, '2026-11-23T18:00:01.000Z', { sentAt })).toBe(true);
    expect(await isReadBack({ verifiedAt }, '2026-11-23T18:00:00.999Z', { sentAt })).toBe(false);
  });

  it.each([
    { deliveries: 2 },
    { attributes: { ErrorCode: stringAttribute('x') } },
    { attributes: { Replay: stringAttribute('true') } },
  ])('does not matter where there is doubt already: %o', async (changed) => {
    expect(await isReadBack({ verifiedAt: VERIFIED }, '2020-01-01T00:00:00Z', changed)).toBe(true);
  });
});

describe("a record's log line", () => {
  it('says what became of it, and names nobody', async () => {
    const { handle, lines, counts, latencies } = batch({ answer: aboutContact() });
    await handle(record('Ada@Example.org', 'AdaL', 'message-1'));

    expect(lines).toEqual([
      {
        level: 'info',
        message: 'Sign-up synced',
        correlation_id: 'message-1',
        person: personHash('ada@example.org').slice(0, 12),
        deliveries: 1,
        hubspotRequests: 3,
        outcome: 'updated',
        contactId: '12',
        noteId: '34',
        durationMs: expect.any(Number),
      },
    ]);
    expect(counts).toEqual([['ContactUpdated'], ['NoteCreated']]);
    expect(latencies.mock.calls).toEqual(Array(3).fill(['HubSpotLatency', 'Milliseconds', 1]));
  });

  it('of a mistake of ours quotes nothing, and the message is delivered again', async () => {
    const { handle, lines } = batch({
      onCount(metric) {
        if (metric === 'ContactCreated') throw new RangeError('ada@example.org');
      },
    });

    expect(await handle(record('ada@example.org', 'AdaL', 'message-1'))).toEqual(['again']);
    expect(lines).toMatchObject([
      { message: 'Unexpected error', error: { name: 'RangeError' } },
      { failure: 'transient', detail: 'An unexpected RangeError was thrown.', outcome: 'retry' },
    ]);
    expect(JSON.stringify(lines)).not.toContain('ada@example.org');
  });
});
