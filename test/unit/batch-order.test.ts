import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aboutContact, batch, record } from './support/batch.ts';
import { sqsRecord } from './support/records.ts';

const unavailable = { status: 503 };
const created = { status: 201, body: { id: '12' } };

describe('the order of a batch', () => {
  it("one person's messages one after another as they came, other people at the same time", async () => {
    const people = fc.constantFrom('ada@x', 'ADA@X', 'Bob@x', 'bob@x', 'eve@x');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(people, fc.nat({ max: 3 })), { minLength: 1, maxLength: 10 }),
        async (messages) => {
          const underWay = new Map<string, number>();
          const delays = messages.map(([, ms]) => ms);
          const { handle, calls } = batch({
            answer: async (call, email) => {
              const key = email.toLowerCase();
              expect(underWay.get(key) ?? 0).toBe(0);
              underWay.set(key, 1);
              await sleep(delays[calls.findIndex((made) => made.call === call)] ?? 0);
              underWay.set(key, 0);
              return created;
            },
          });
          const records = messages.map(([email], at) => record(email, `user ${at}`));

          expect(await handle(...records)).toEqual(messages.map(() => 'done'));
          for (const person of new Set(messages.map(([email]) => email.toLowerCase()))) {
            const names = calls
              .filter(({ email }) => email.toLowerCase() === person)
              .map(({ call }) => JSON.parse(call.body ?? '').properties.username);
            expect(names).toEqual(
              messages.flatMap(([email], at) => (email.toLowerCase() === person ? [`user ${at}`] : [])),
            );
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('a hundred different people do not wait for each other', async () => {
    let underWay = 0;
    const everybody = Promise.withResolvers<void>();
    const { handle } = batch({
      answer: async () => {
        underWay += 1;
        if (underWay === 100) everybody.resolve();
        await everybody.promise;
        return created;
      },
    });
    const records = Array.from({ length: 100 }, (_, at) => record(`${at}@example.org`));
    expect(new Set(await handle(...records))).toEqual(new Set(['done']));
  });

  it("a message that is put back holds the same person's later ones back, without a call, and nobody else", async () => {
    const { handle, calls, lines } = batch({
      answer: async (_, email) => (email === 'ada@x' ? unavailable : created),
    });
    const records = [
      record('ada@x', 'first'),
      record('ADA@x', 'second'),
      record('bob@x'),
      record('ada@x', 'third'),
    ];

    expect(await handle(...records)).toEqual(['again', 'again', 'done', 'again']);
    expect(calls.map(({ email }) => email).sort()).toEqual(['ada@x', 'bob@x']);
    expect(lines.filter(({ failure }) => failure === 'not-started')).toMatchObject([
      {
        detail: 'An earlier message of the same person has to be delivered first.',
        delaySeconds: 0,
        hubspotRequests: 0,
      },
      { delaySeconds: 0, hubspotRequests: 0 },
    ]);
  });

  it('a message that becomes a dead letter holds nothing back, and the next one is doubted', async () => {
    const { handle, calls } = batch({
      answer: async (call) =>
        JSON.parse(call.body ?? '{}').properties?.username === 'bad'
          ? { status: 400, body: { errors: [{ code: 'INVALID_X', in: 'username' }] } }
          : aboutContact()(call),
    });
    expect(await handle(record('ada@x', 'bad'), record('ada@x', 'good'))).toEqual(['done', 'done']);
    expect(calls.map(({ call }) => call.method)).toEqual(['POST', 'POST', 'GET', 'PATCH', 'POST']);
  });

  it('invalid messages wait for nobody and hold nobody back', async () => {
    const { handle, calls, deadLetters } = batch();
    const records = [
      sqsRecord({ messageId: 'a', body: 'x' }),
      record('ada@x'),
      sqsRecord({ messageId: 'b', body: 'x' }),
    ];

    expect(await handle(...records)).toEqual(['done', 'done', 'done']);
    expect(calls).toHaveLength(1);
    expect(deadLetters().map(({ MessageAttributes }) => MessageAttributes?.ErrorCode?.StringValue)).toEqual([
      'InvalidMessage',
      'InvalidMessage',
    ]);
  });
});
