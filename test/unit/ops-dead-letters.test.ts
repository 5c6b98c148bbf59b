import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../lib/clock.ts';
import { NOTE_BODY } from '../../lib/hubspot/ticket.ts';
import { letterOf } from '../../ops/dead-letters/letter.ts';
import { readLetter, writeLetter } from '../../ops/dead-letters/letter-file.ts';
import { plansFor } from '../../ops/dead-letters/plan.ts';
import { attributesToSend, redrive } from '../../ops/dead-letters/redrive.ts';
import { selecting } from '../../ops/dead-letters/select.ts';
import { visitLetters } from '../../ops/dead-letters/visit.ts';

/* The cores, with an SQS and a clock that a test makes: as the simulation calls them. */

interface Hidden {
  message: Message;
  hidden: boolean;
}

/** A dead-letter queue and a queue, in memory. */
function memorySqs(count: number) {
  const letters: Hidden[] = Array.from({ length: count }, (_, index) => ({
    message: {
      MessageId: `id-${index}`,
      ReceiptHandle: `id-${index}`,
      Body: JSON.stringify({
        email: `a${index}@example.org`,
        username: 'x',
        verifiedAt: '2026-11-23T18:00:00Z',
      }),
      Attributes: { SentTimestamp: '1795456800000', MessageGroupId: `group-${index}` },
      MessageAttributes: { ErrorCode: { DataType: 'String', StringValue: 'DeliveriesExhausted' } },
    },
    hidden: false,
  }));
  const sent: SendMessageCommand['input'][] = [];
  const world = {
    letters,
    sent,
    log: [] as string[],
    /** Whether what was received is hidden for a while. */
    hides: true,
    fail: (_name: string, _calls: number): Error | undefined => undefined,
  };
  const calls = new Map<string, number>();
  const answer = async (command: unknown): Promise<object> => {
    const name = Object(command).constructor.name;
    calls.set(name, (calls.get(name) ?? 0) + 1);
    world.log.push(name);
    const failure = world.fail(name, calls.get(name) ?? 0);
    if (failure !== undefined) throw failure;
    if (command instanceof ReceiveMessageCommand) {
      const free = world.letters.filter(({ hidden }) => !hidden).slice(0, 10);
      for (const letter of free) letter.hidden = world.hides;
      return { Messages: free.map(({ message }) => message) };
    }
    if (command instanceof ChangeMessageVisibilityBatchCommand) {
      for (const { ReceiptHandle } of command.input.Entries ?? []) {
        const letter = world.letters.find(({ message }) => message.ReceiptHandle === ReceiptHandle);
        if (letter !== undefined) letter.hidden = false;
      }
    }
    if (command instanceof DeleteMessageCommand) {
      world.letters = world.letters.filter(
        ({ message }) => message.ReceiptHandle !== command.input.ReceiptHandle,
      );
    }
    if (command instanceof SendMessageCommand) {
      sent.push(command.input);
      return { MessageId: `sent-${sent.length}` };
    }
    return {};
  };
  // The SDK's `send` has an answer of its own type for each command: a stand-in can only be one of them.
  const sqs = { send: answer } as Pick<SQSClient, 'send'>;
  return {
    world,
    box: { sqs, url: 'https://sqs/verified-users-dlq.fifo' },
    queue: { sqs, url: 'https://sqs/q.fifo' },
  };
}

/** Time passes only while somebody sleeps. */
function jumpingClock(): Clock & { slept: number[] } {
  const slept: number[] = [];
  let now = 0;
  return {
    slept,
    now: () => now,
    timeOfDay: () => 1_795_456_900_000 + now,
    async sleep(ms) {
      slept.push(ms);
      now += ms;
    },
    after: () => () => {},
  };
}

const never = new AbortController().signal;
let memory: ReturnType<typeof memorySqs>;
beforeEach(() => {
  memory = memorySqs(25);
});
const allVisible = () => memory.world.letters.every(({ hidden }) => !hidden);
const ids = (count: number) => new Set(Array.from({ length: count }, (_, index) => `id-${index}`));

describe('visitLetters', () => {
  const options = { hideSeconds: 60, timeOfDay: () => 0, stop: never };

  it('lets all go again when a visitor fails, or SQS does, and says so', async () => {
    const failing = visitLetters(memory.box, {
      ...options,
      workers: 3,
      onLetter: () => Promise.reject(new Error('disk full')),
    });
    await expect(failing).rejects.toThrow('disk full');
    expect(allVisible()).toBe(true);

    memory.world.fail = (name, calls) =>
      name === 'ReceiveMessageCommand' && calls > 5 ? new Error('AccessDenied') : undefined;
    await expect(visitLetters(memory.box, { ...options, onLetter: async () => 'stays' })).rejects.toThrow(
      'AccessDenied',
    );
    expect(allVisible()).toBe(true);
  });

  it('ends with the letter in hand when it is stopped', async () => {
    const stop = new AbortController();
    let seen = 0;
    await visitLetters(memory.box, {
      ...options,
      stop: stop.signal,
      async onLetter() {
        seen += 1;
        if (seen === 3) stop.abort();
        return 'stays';
      },
    });
    expect(seen).toBe(3);
    expect(allVisible()).toBe(true);
  });

  it('does not go on for ever where SQS hands over the same letters again and again', async () => {
    memory.world.hides = false;
    let seen = 0;
    await visitLetters(memory.box, {
      ...options,
      async onLetter() {
        seen += 1;
        return 'stays';
      },
    });
    expect(seen).toBe(10);
  });
});

describe('redrive', () => {
  it('keeps to its rate by the clock that it is given, and sends before it deletes', async () => {
    const clock = jumpingClock();
    const { moved } = await redrive({
      from: memory.box,
      to: memory.queue,
      ids: ids(25),
      ratePerSecond: 4,
      clock,
      stop: never,
    });
    expect(moved).toHaveLength(25);
    expect(clock.slept).toEqual(Array(24).fill(250));
    const writes = memory.world.log.filter((name) => /^(Send|Delete)Message/.test(name));
    expect(writes).toEqual(Array(25).fill(['SendMessageCommand', 'DeleteMessageCommand']).flat());
    expect(new Set(memory.world.sent.map(({ MessageDeduplicationId }) => MessageDeduplicationId)).size).toBe(
      25,
    );
    expect(memory.world.letters).toEqual([]);
  });

  it('a deletion that fails is told as such, and nothing more is moved', async () => {
    memory.world.fail = (name) => (name === 'DeleteMessageCommand' ? new Error('gone') : undefined);
    const result = await redrive({
      from: memory.box,
      to: memory.queue,
      ids: ids(25),
      ratePerSecond: 1_000,
      clock: jumpingClock(),
      stop: never,
    });
    expect(result).toMatchObject({ moved: [], stopped: true, failed: [{ isOnQueue: true }] });
    expect(memory.world.sent).toHaveLength(1);
    expect(allVisible()).toBe(true);
  });

  it('what was moved is told, even where SQS fails in the middle', async () => {
    memory.world.fail = (name, calls) =>
      name === 'ReceiveMessageCommand' && calls > 1 ? new Error('away') : undefined;
    const { moved, error } = await redrive({
      from: memory.box,
      to: memory.queue,
      ids: ids(25),
      ratePerSecond: 1_000,
      clock: jumpingClock(),
      stop: never,
    });
    expect(moved).toHaveLength(10);
    expect(error).toEqual(new Error('away'));
  });
});

const letter = (attributes: Message['MessageAttributes'], Body = '{"email":"a@b","username":"x"}') =>
  letterOf(
    { MessageId: 'id', Body, MessageAttributes: attributes, Attributes: { SentTimestamp: '1795456800000' } },
    0,
  );
const text = (StringValue: string) => ({ DataType: 'String', StringValue });

describe('what a letter goes back with', () => {
  it('has at most ten attributes, the marks among them', () => {
    const ten = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`Own${index}`, text('x')]));
    expect(Object.keys(attributesToSend(letter(ten)))).toEqual([
      'Replay',
      'FirstSentTimestamp',
      ...Array.from({ length: 8 }, (_, index) => `Own${index}`),
    ]);
  });

  it('is as it was where it says its reason and its time', () => {
    const own = {
      ErrorCode: text('HubSpotRejected'),
      FirstSentTimestamp: { DataType: 'Number', StringValue: '7' },
    };
    expect(attributesToSend(letter(own))).toEqual(own);
  });

  it('has no time of its own where the body has one, or is no verification', () => {
    for (const body of ['{', '{"email":"a@b","username":"x","verifiedAt":"2026-11-23T18:00:00Z"}']) {
      expect(Object.keys(attributesToSend(letter({ ErrorCode: text('x') }, body)))).toEqual(['ErrorCode']);
    }
  });
});

it('a letter is the same after it has been in a file', () => {
  const one = letter(
    { Raw: { DataType: 'Binary', BinaryValue: Uint8Array.from([0, 255]) }, A: text('\uFFFE\n') },
    '\uFFFF"\n',
  );
  const { id, sentAtMs, attributes, body } = one;
  expect(readLetter(writeLetter(one))).toEqual({
    id,
    sentAtMs,
    groupId: undefined,
    body,
    attributes: { ...attributes, Raw: { DataType: 'Binary', BinaryValue: Buffer.from([0, 255]) } },
  });
  for (const line of ['', '{', '[]', '{"deadLetter":2}', '{"email":"a@b"}'])
    expect(readLetter(line)).toBeUndefined();
});

describe('a selection', () => {
  const now = 10 * 86_400_000;
  const one = { id: '1', errorCode: undefined, reason: 'ProcessDied', sentAtMs: now - 3_600_000 };
  it.each([
    [{}, true],
    [{ id: [] }, true],
    [{ id: ['2', '1'] }, true],
    [{ id: ['2'] }, false],
    [{ errorCode: ['none'] }, true],
    [{ errorCode: ['HubSpotRejected'] }, false],
    [{ reason: ['ProcessDied'], errorCode: ['HubSpotRejected'] }, false],
    [{ olderThan: '60m' }, true],
    [{ olderThan: '61m' }, false],
    [{ olderThan: '1h' }, true],
    [{ olderThan: '1d' }, false],
  ])('%j: %s', (selection, isMeant) => {
    expect(selecting(selection, now)(one)).toBe(isMeant);
  });
});

describe('what a redrive would do', () => {
  const at = (time: string) => new Date(time);
  const contact = (more: object) => ({
    id: '7',
    username: { value: null },
    leadSourceType: null,
    createdAt: at('2026-01-01T00:00:00Z'),
    noteIds: { listed: [], complete: true },
    ...more,
  });
  const exhausted = { ErrorCode: text('DeliveriesExhausted') };
  const body = '{"email":"A@b","username":"x","verifiedAt":"2026-11-23T18:00:00Z"}';
  const note = {
    body: NOTE_BODY,
    timestamp: at('2026-11-23T18:00:01Z'),
    createdAt: at('2026-11-23T18:00:01Z'),
  };

  async function plan(
    {
      attributes = exhausted,
      content = body,
    }: { attributes?: Message['MessageAttributes']; content?: string },
    found?: object,
    notes: (typeof note)[] = [],
  ) {
    const view = {
      holdersOf: async () => new Map(found === undefined ? [] : [['a@b', '7']]),
      crm: { readContact: async () => contact(found ?? {}), readNotes: async () => notes },
    };
    for await (const planned of plansFor([letter(attributes, content)], view, 0)) return planned.plan;
    throw new Error('There is no plan');
  }

  it.each([
    ['a person whom nobody knows', undefined, [], { plan: 'create' }],
    ['a contact that was there before', {}, [], { plan: 'username-and-note', contactId: '7' }],
    ['one that has the note', {}, [note], { plan: 'username', contactId: '7' }],
    ['one that has both', { username: { value: 'x' } }, [note], { plan: 'nothing', contactId: '7' }],
    [
      'one that this sign-up made',
      { username: { value: 'x' }, leadSourceType: 'WME Dashboard', createdAt: at('2026-11-23T18:00:00Z') },
      [],
      { plan: 'nothing', contactId: '7' },
    ],
    [
      'one that has a newer username',
      { username: { value: 'y', setAt: at('2026-11-24T00:00:00Z') } },
      [],
      { plan: 'superseded', contactId: '7' },
    ],
  ])('%s', async (_, found, notes, expected) => {
    expect(await plan({}, found, notes)).toEqual(expected);
  });

  it('of what HubSpot has refused: most likely nothing', async () => {
    const refused = (reason: string) => ({
      attributes: { ErrorCode: text('HubSpotRejected'), Reason: text(reason) },
    });
    expect(await plan(refused('EmailRefused'))).toEqual({
      plan: 'dead',
      why: 'refused',
      otherwise: { plan: 'create' },
    });
    expect(await plan(refused('UsernameRefused'), {})).toMatchObject({ plan: 'dead', why: 'refused' });
    expect(await plan(refused('ValueTaken'), {})).toEqual({ plan: 'username-and-note', contactId: '7' });
  });

  it('of what is no verification: nothing', async () => {
    expect(await plan({ content: '{' }, {})).toEqual({ plan: 'dead', why: 'malformed' });
  });
});
