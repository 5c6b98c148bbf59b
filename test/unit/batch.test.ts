import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Call } from '../../lib/hubspot/transport.ts';
import { workedOn } from '../../lib/worked-on.ts';
import { aboutContact, batch, record } from './support/batch.ts';
import { sqsRecord, stringAttribute } from './support/records.ts';

const VERIFIED = '2026-11-23T18:00:00.000Z';
const created = { status: 201, body: { id: '12' } };

describe('when no more calls may start', () => {
  it.each([15_000, 14_999, 1])(
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

  it.each([0, -60_000, 180_000])(
    'the clock is wrong, and not the time up, where %i ms are said to be left at the beginning',
    async (remainingMs) => {
      const { handle } = batch({ remainingMs });
      expect(await handle(record('ada@x'))).toEqual(['done']);
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

  it('the daily limit stops the rest of the batch, which backs off likewise', async () => {
    const { handle, calls, putBack, counts, lines } = batch({
      answer: async (_, email) =>
        email === 'ada@x' ? { status: 429, body: { policyName: 'DAILY' } } : sleep(20, created),
    });
    const records = [record('ada@x'), record('bob@x', 'first'), record('bob@x', 'second')];

    expect(await handle(...records)).toEqual(['again', 'done', 'again']);
    expect(calls.map(({ email }) => email)).toEqual(['ada@x', 'bob@x']);
    for (const { VisibilityTimeout = 0 } of putBack()) {
      expect(VisibilityTimeout).toBeGreaterThanOrEqual(3_600);
      expect(VisibilityTimeout).toBeLessThanOrEqual(7_200);
    }
    expect(lines.map(({ detail }) => detail)).toContain(
      'Not started, because POST /crm/v3/objects/contacts answered 429 DAILY.',
    );
    expect(counts.filter(([metric]) => metric === 'DeliveryRetried')).toEqual([
      ['DeliveryRetried', { class: 'throttled' }],
      ['DeliveryRetried', { class: 'throttled' }],
    ]);
  });

  it.each([
    [15, 'done'],
    [16, 'again'],
  ])('the burst limit does so only for longer than one can wait: %i s', async (seconds, last) => {
    const { handle } = batch({
      answer: async (_, email) =>
        email === 'ada@x' ? { status: 429, headers: { 'retry-after': `${seconds}` } } : sleep(20, created),
    });
    expect(await handle(record('ada@x'), record('bob@x', 'first'), record('bob@x', 'second'))).toEqual([
      'again',
      'done',
      last,
    ]);
  });

  it.each([500, 400, 401, 404])('another failure stops nobody else: %i', async (status) => {
    const headers = { 'retry-after': '100' };
    const { handle } = batch({
      answer: async (_, email) => (email === 'ada@x' ? { status, headers } : sleep(20, created)),
    });
    expect((await handle(record('ada@x'), record('bob@x'), record('bob@x'))).slice(1)).toEqual([
      'done',
      'done',
    ]);
  });
});

describe('the line of a message that was put aside', () => {
  it.each([
    [1, 'retry'],
    [40, 'dead-letter'],
  ])('names the contact, once the conflict has, and the person: delivery %i', async (deliveries, outcome) => {
    const { handle, lines } = batch({
      answer: async (call) => (call.url.endsWith('/notes') ? { status: 503 } : aboutContact()(call)),
    });
    await handle(sqsRecord({ deliveries }));
    // One call more, as the contact is read back, where it is not the first delivery.
    expect(lines).toMatchObject([{ outcome, contactId: '12', person: 'tag of a' }]);
  });

  it('names no contact before', async () => {
    const { handle, lines } = batch({ answer: async () => ({ status: 400 }) });
    await handle(record('ada@x'));
    expect(lines).toMatchObject([{ outcome: 'retry', person: 'tag of a' }]);
    expect(lines[0]).not.toHaveProperty('contactId');
  });

  it('names nobody where the message does not', async () => {
    const { handle, lines } = batch();
    await handle(sqsRecord({ body: '{}' }));
    expect(lines).toMatchObject([{ outcome: 'dead-letter' }]);
    expect(lines[0]).not.toHaveProperty('person');
  });
});

describe('a dead letter', () => {
  const exhausted = async (body: object) => {
    const { handle, deadLetters } = batch({ answer: async () => ({ status: 503 }) });
    await handle(sqsRecord({ body, deliveries: 40 }));
    return deadLetters()[0]?.MessageAttributes;
  };
  const person = { email: 'ada@x', username: 'AdaL' };

  it('remembers when it was first sent only where its body does not say when the sign-up was verified', async () => {
    expect(await exhausted(person)).toHaveProperty('FirstSentTimestamp');
    expect(await exhausted({ ...person, verifiedAt: VERIFIED })).not.toHaveProperty('FirstSentTimestamp');
    expect(await exhausted({ username: 'no verification at all' })).not.toHaveProperty('FirstSentTimestamp');
  });
});

describe('what HubSpot refuses', () => {
  const refusal = (name: string) => ({
    status: 400,
    body: { errors: [{ code: 'INVALID_X', context: { propertyName: [name] } }] },
  });

  it.each([
    ['email', 'done', [['DeadLetter', { ErrorCode: 'HubSpotRejected' }]]],
    ['team_ownership', 'again', [['HubSpotRefusal'], ['DeliveryRetried', { class: 'misconfigured' }]]],
  ])('is counted by whose it is to mend: %s', async (name, end, counted) => {
    const { handle, counts } = batch({ answer: async () => refusal(name) });
    expect(await handle(record('ada@x'))).toEqual([end]);
    expect(counts).toEqual(counted);
  });

  it('of the token is counted apart', async () => {
    const { handle, counts } = batch({
      answer: async () => ({ status: 403, body: { category: 'MISSING_SCOPES' } }),
    });
    await handle(record('ada@x'));
    expect(counts).toEqual([['HubSpotAuthFailure'], ['DeliveryRetried', { class: 'misconfigured' }]]);
  });
});

describe('530 of the CDN', () => {
  const statuses = (...of: number[]) => {
    const left = [...of];
    return async () => ({ status: left.shift() ?? 503 });
  };

  it('to every call of an invocation looks like a token that is none, and rings its alarm', async () => {
    const { handle, counts, lines } = batch({ answer: statuses(530, 530) });
    expect(await handle(record('ada@x'), record('bob@x'))).toEqual(['again', 'again']);
    expect(lines).toMatchObject([{ failure: 'transient' }, { failure: 'transient' }]);
    expect(counts.filter(([name]) => name === 'HubSpotAuthFailure')).toHaveLength(1);
  });

  it.each([
    ['beside another answer', [530, 503]],
    ['not at all', [503, 503]],
  ])('rings nothing %s', async (_, of) => {
    const { handle, counts } = batch({ answer: statuses(...of) });
    await handle(record('ada@x'), record('bob@x'));
    expect(counts).toEqual(Array(2).fill(['DeliveryRetried', { class: 'transient' }]));
  });

  it('rings nothing where no call was made', async () => {
    const { handle, counts } = batch({ remainingMs: 1 });
    await handle(record('ada@x'));
    expect(counts).toEqual([['DeliveryRetried', { class: 'not-started' }]]);
  });
});

describe('a note for a contact that is just gone', () => {
  const gone = {
    status: 400,
    body: { category: 'VALIDATION_ERROR', subCategory: 'crm.associations.INVALID_OBJECT_IDS' },
  };

  it.each([
    [1, [['DeliveryRetried', { class: 'transient' }]], 15],
    [2, [['HubSpotRefusal'], ['DeliveryRetried', { class: 'misconfigured' }]], 7_200],
    [40, [['HubSpotRefusal'], ['DeadLetter', { ErrorCode: 'DeliveriesExhausted' }]], 0],
  ])(
    'goes round once more, then it is as any other refusal: delivery %i',
    async (deliveries, counted, most) => {
      const { handle, counts, putBack } = batch({
        answer: async (call) => (call.url.endsWith('/notes') ? gone : aboutContact()(call)),
      });
      await handle(sqsRecord({ deliveries }));
      expect(counts).toEqual(counted);
      for (const { VisibilityTimeout } of putBack()) expect(VisibilityTimeout).toBeLessThanOrEqual(most);
    },
  );
});

describe('a message older than 13 days', () => {
  const sentAt = new Date(Date.parse('2026-11-23T18:00:05.000Z') - 13 * 86_400_000 + 1_000);

  it('becomes a dead letter that says so, before SQS deletes it', async () => {
    const { handle, deadLetters } = batch({ answer: async () => ({ status: 503 }) });
    expect(await handle(sqsRecord({ sentAt }))).toEqual(['done']);
    const [letter] = deadLetters();
    expect(letter?.MessageAttributes).toMatchObject({
      ErrorCode: { StringValue: 'DeliveriesExhausted' },
      ErrorMessage: {
        StringValue:
          'Gave up after 1 deliveries, before SQS deletes the message at 14 days. At last: POST /crm/v3/objects/contacts answered 503.',
      },
    });
  });

  it('is not what a date says that cannot be: SQS would have deleted it', async () => {
    for (const impossible of [new Date(1_763_000), new Date(-5_000)]) {
      const { handle } = batch({ answer: async () => ({ status: 503 }) });
      expect(await handle(sqsRecord({ sentAt: impossible }))).toEqual(['again']);
    }
  });

  it('goes by when it came into this queue, not by when it was first sent', async () => {
    const attributes = { FirstSentTimestamp: stringAttribute(String(sentAt.getTime())) };
    const { handle } = batch({ answer: async () => ({ status: 503 }) });
    expect(await handle(sqsRecord({ attributes }))).toEqual(['again']);
  });

  it('is synced like any other, when HubSpot takes it', async () => {
    const { handle, lines } = batch();
    expect(await handle(sqsRecord({ sentAt }))).toEqual(['done']);
    expect(lines).toMatchObject([{ outcome: 'created' }]);
  });
});

describe('one receive, handed over twice', () => {
  it('is doubted by the instance that knows it, and brings one note', async () => {
    const seen = workedOn();
    const first = batch({ answer: aboutContact(), seen });
    await first.handle(record('ada@x', 'AdaL', 'message-1'));
    expect(first.calls.map(({ call }) => call.method)).toEqual(['POST', 'PATCH', 'POST']);

    const second = batch({ answer: aboutContact(), seen });
    await second.handle(record('ada@x', 'AdaL', 'message-1'), record('bob@x', 'BobH', 'message-2'));
    const methods = (email: string) =>
      second.calls.filter((made) => made.email === email || made.email === '').map(({ call }) => call.method);
    expect(methods('ada@x')).toContain('GET');
    expect(second.lines.filter(({ correlation_id: id }) => id === 'message-2')).toMatchObject([
      { hubspotRequests: 3 },
    ]);
  });
});

describe('sign-ups of one person in one batch', () => {
  const later = '2026-11-23T18:00:00.500Z';
  /** The card has the first one's username, set after both were verified. */
  const cardOf = (username: string) => async (call: Call) => {
    if (call.method !== 'GET') return aboutContact()(call);
    const history = [{ value: username, timestamp: '2026-11-23T18:00:03.000Z', sourceType: 'INTEGRATION' }];
    return {
      status: 200,
      body: {
        id: '12',
        createdAt: '2020-01-01T00:00:00Z',
        properties: { username },
        propertiesWithHistory: { username: history },
      },
    };
  };
  const letter = (username: string, verifiedAt: string) =>
    sqsRecord({
      messageId: username,
      body: { email: 'ada@x', username, verifiedAt },
      attributes: { ErrorCode: stringAttribute('DeliveriesExhausted') },
    });

  it('the later one writes its username over that of the earlier one, both sent back from the dead letters', async () => {
    const { handle, lines } = batch({ answer: cardOf('first') });
    await handle(letter('first', VERIFIED), letter('second', later));
    expect(lines).toMatchObject([{ outcome: 'updated' }, { outcome: 'updated' }]);
  });

  it('the earlier one leaves the username that the later one wrote, whatever their order', async () => {
    const { handle, lines } = batch({ answer: cardOf('second') });
    await handle(letter('second', later), letter('first', VERIFIED));
    expect(lines).toMatchObject([{ outcome: 'updated' }, { outcome: 'superseded', contactId: '12' }]);
  });

  it('the later one writes its username also when it comes in a batch of its own, to the same instance', async () => {
    const seen = workedOn();
    await batch({ answer: cardOf('none of theirs'), seen }).handle(
      sqsRecord({ messageId: 'first', body: { email: 'Ada@x', username: 'first', verifiedAt: VERIFIED } }),
    );
    const second = batch({ answer: cardOf('first'), seen });
    await second.handle(letter('second', later));
    expect(second.lines).toMatchObject([{ outcome: 'updated' }]);

    const elsewhere = batch({ answer: cardOf('first') });
    await elsewhere.handle(letter('second', later));
    expect(elsewhere.lines).toMatchObject([{ outcome: 'superseded' }]);
  });

  it('two of the same moment are in the order in which they were sent', async () => {
    const { handle, lines } = batch({ answer: cardOf('first') });
    await handle(letter('first', VERIFIED), letter('second', VERIFIED));
    expect(lines).toMatchObject([{ outcome: 'updated' }, { outcome: 'updated' }]);
  });

  it('both leave the one that a third one wrote', async () => {
    const { handle, lines, counts, latencies } = batch({ answer: cardOf('third') });
    await handle(letter('first', VERIFIED), letter('second', later));
    expect(lines).toMatchObject([{ outcome: 'superseded' }, { outcome: 'superseded' }]);
    expect(counts).toEqual([['Superseded'], ['Superseded']]);
    // Nothing came to a card.
    expect(lines.map(({ sinceVerifiedMs }) => sinceVerifiedMs)).toEqual([undefined, undefined]);
    expect(new Set(latencies.mock.calls.map(([name]) => name))).toEqual(new Set(['HubSpotLatency']));
  });

  it('that have waited in the queue all the while are never taken for overtaken', async () => {
    const waiting = (username: string, verifiedAt: string) =>
      sqsRecord({ messageId: username, body: { email: 'ada@x', username, verifiedAt }, deliveries: 2 });
    const { handle, lines } = batch({ answer: cardOf('first') });
    await handle(waiting('second', later));
    expect(lines).toMatchObject([{ outcome: 'updated' }]);
  });

  it('that SQS itself had moved, and somebody brought back without a mark, may be', async () => {
    const record = letter('first', VERIFIED);
    const { handle, lines } = batch({ answer: cardOf('second') });
    const sentAgainAt = String(Date.parse(VERIFIED) + 86_400_000);
    await handle({
      ...record,
      messageAttributes: {},
      attributes: { ...record.attributes, SentTimestamp: sentAgainAt },
    });
    expect(lines).toMatchObject([{ outcome: 'superseded' }]);
  });

  it('that came from a queue without groups may be', async () => {
    const record = letter('first', VERIFIED);
    const { MessageGroupId: _, ...attributes } = record.attributes;
    const { handle, lines } = batch({ answer: cardOf('second') });
    await handle({
      ...record,
      messageAttributes: {},
      attributes: { ...attributes, ApproximateReceiveCount: '2' },
    });
    expect(lines).toMatchObject([{ outcome: 'superseded' }]);
  });
});

describe('the moment of verification', () => {
  /** What the note-or-not question is asked with: read back when the contact is no more than an hour older than this. */
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
    expect(await isReadBack({ verifiedAt: VERIFIED }, '2026-11-23T17:00:00.000Z')).toBe(true);
    expect(await isReadBack({ verifiedAt: VERIFIED }, '2026-11-23T16:59:59.999Z')).toBe(false);
    expect(await isReadBack({}, '2026-11-23T17:00:01.000Z', { sentAt })).toBe(true);
    expect(await isReadBack({}, '2026-11-23T17:00:00.999Z', { sentAt })).toBe(false);
  });

  it("is never later than the sending, however fast the publisher's clock is", async () => {
    const verifiedAt = '2026-11-23T18:09:00.000Z';
    expect(await isReadBack({ verifiedAt }, '2026-11-23T17:00:01.000Z', { sentAt })).toBe(true);
    expect(await isReadBack({ verifiedAt }, '2026-11-23T17:00:00.999Z', { sentAt })).toBe(false);
  });

  it('is long before the sending where a letter without a mark was brought back: then HubSpot is asked', async () => {
    const longAgo = '2026-11-23T17:45:01.000Z';
    expect(await isReadBack({ verifiedAt: longAgo }, '2020-01-01T00:00:00Z', { sentAt })).toBe(false);
    const longer = '2026-11-23T17:45:00.999Z';
    expect(await isReadBack({ verifiedAt: longer }, '2020-01-01T00:00:00Z', { sentAt })).toBe(true);
  });

  it.each([
    { deliveries: 2 },
    { attributes: { ErrorCode: stringAttribute('x') } },
    { attributes: { Replay: stringAttribute('true') } },
  ])('does not matter where there is doubt already: %o', async (changed) => {
    expect(await isReadBack({ verifiedAt: VERIFIED }, '2020-01-01T00:00:00Z', changed)).toBe(true);
  });
});

describe('what is counted', () => {
  it('is an update where only the username was due', async () => {
    // The contact is younger than the verification, and this sign-up's own.
    const young = '2026-11-23T18:00:00.500Z';
    const own = { username: 'AdaL', lead_source_type: 'WME Dashboard', createdate: young };
    const { handle, counts, lines } = batch({
      answer: async (call) =>
        call.method === 'GET'
          ? { status: 200, body: { id: '12', createdAt: young, properties: own } }
          : aboutContact(young)(call),
    });
    await handle(record('ada@x'));
    expect(lines).toMatchObject([{ outcome: 'username-only' }]);
    expect(counts).toEqual([['ContactUpdated']]);
  });

  it('is how long a record took, in whole milliseconds', async () => {
    const { handle, lines } = batch({ answer: async () => sleep(30, created) });
    await handle(record('ada@x'));
    const durationMs = Number(lines[0]?.durationMs);
    expect(Number.isInteger(durationMs)).toBe(true);
    expect(durationMs).toBeGreaterThanOrEqual(25);
    expect(durationMs).toBeLessThan(5_000);
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
        person: 'tag of a',
        deliveries: 1,
        hubspotRequests: 3,
        outcome: 'updated',
        contactId: '12',
        noteId: '34',
        sinceVerifiedMs: 5_000,
        durationMs: expect.any(Number),
      },
    ]);
    expect(counts).toEqual([['ContactUpdated'], ['NoteCreated']]);
    expect(latencies.mock.calls).toEqual([
      ...Array(3).fill(['HubSpotLatency', 'Milliseconds', 1]),
      ['VerificationToCard', 'Milliseconds', 5_000],
    ]);
  });

  it.each([
    ['that was verified later than now, by a clock that is ahead', {}, '2026-11-23T18:00:06.000Z', 0],
    ['that an operator has sent', { Replay: stringAttribute('true') }, VERIFIED, undefined],
  ])('of a sign-up %s tells no such time, or none', async (_what, attributes, verifiedAt, told) => {
    const { handle, lines, latencies } = batch();
    const body = { email: 'ada@x', username: 'AdaL', verifiedAt };
    await handle(sqsRecord({ body, attributes, sentAt: new Date('2026-11-23T18:00:07.000Z') }));
    expect(lines[0]?.sinceVerifiedMs).toBe(told);
    expect(latencies.mock.calls.filter(([name]) => name === 'VerificationToCard')).toEqual(
      told === undefined ? [] : [['VerificationToCard', 'Milliseconds', told]],
    );
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
