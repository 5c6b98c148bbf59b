import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { beforeEach, describe, expect, it } from 'vitest';
import { DeliveryError } from '../../lib/failure.ts';
import type { Answer, Send } from '../../lib/hubspot/transport.ts';
import type { PoolUser } from '../../lib/reconcile/account.ts';
import { DailyError, reconcileDaily } from '../../lib/reconcile/daily.ts';
import type { Telemetry } from '../../lib/telemetry.ts';
import { internalError, tenSecondlyLimit } from '../../sandbox/hubspot/answers.ts';
import { hubSpot } from './support/hubspot.ts';
import { daysAgo, memoryPool, NOW, poolUser, virtualClock } from './support/pool.ts';

/* The daily run, with a pool, an SQS and a clock of the test's making, and HubSpot over HTTP. */

const hubspot = hubSpot();
const QUEUE_URL = 'https://sqs.us-east-1.amazonaws.com/000000000000/verified-users.fifo';
const OURS = 'arn:aws:lambda:us-east-1:000000000000:function:ours';

interface Sent {
  body: { email: string; username: string; verifiedAt: string };
  deduplicationId: string | undefined;
  replay: string | undefined;
}

const world = {
  clock: virtualClock(),
  sent: [] as Sent[],
  batches: 0,
  /** What SQS answers to a batch, by its number from 1. */
  refuses: (_batch: number): 'call' | 'entries' | undefined => undefined,
  requests: [] as { method: string; path: string; body: string }[],
  counted: new Map<string, number[]>(),
  lines: [] as string[],
};
beforeEach(() => {
  Object.assign(world, {
    clock: virtualClock(),
    sent: [],
    batches: 0,
    refuses: () => undefined,
    requests: [],
    counted: new Map(),
    lines: [],
  });
});

const sqs = {
  async send(command: unknown): Promise<object> {
    if (!(command instanceof SendMessageBatchCommand)) throw new Error('Only batches are sent');
    expect(command.input.QueueUrl).toBe(QUEUE_URL);
    world.batches += 1;
    const { Entries = [] } = command.input;
    expect(Entries.length).toBeLessThanOrEqual(10);
    const refusal = world.refuses(world.batches);
    if (refusal === 'call') throw Object.assign(new Error('Person'), { name: 'AccessDenied' });
    if (refusal === 'entries') {
      return { Failed: Entries.map(({ Id }) => ({ Id, Code: 'InternalError', SenderFault: false })) };
    }
    for (const { MessageBody = '', MessageDeduplicationId, MessageAttributes } of Entries) {
      world.sent.push({
        body: JSON.parse(MessageBody),
        deduplicationId: MessageDeduplicationId,
        replay: MessageAttributes?.Replay?.StringValue,
      });
    }
    return { Successful: Entries.map(({ Id }) => ({ Id })) };
  },
};

const send: Send = async ({ method, url, headers, body = '' }, { mayStart }) => {
  mayStart.throwIfAborted();
  world.requests.push({ method, path: new URL(url).pathname, body });
  const authorization = `Bearer ${hubspot.sandbox.settings.accessToken}`;
  const answer = await fetch(url, {
    method,
    headers: { ...headers, authorization },
    ...(method !== 'GET' && { body }),
  });
  return { status: answer.status, headers: answer.headers, body: await answer.text() } satisfies Answer;
};

const log = (...said: unknown[]): void => void world.lines.push(JSON.stringify(said));
const add = (name: string, value: number): void =>
  void world.counted.set(name, [...(world.counted.get(name) ?? []), value]);

function run(
  users: readonly PoolUser[],
  { pool = memoryPool(users), stop = new AbortController().signal, name = 'run', arn = OURS } = {},
) {
  return reconcileDaily(
    {
      pool,
      triggerFunctionArn: arn,
      hubspot: { baseUrl: hubspot.sandbox.url, apiVersion: 'v3', send },
      // The SDK's `send` has an answer of its own type for each command: a stand-in can only be one of them.
      queue: { sqs: sqs as Pick<SQSClient, 'send'>, url: QUEUE_URL },
      telemetry: {
        logger: { debug: log, info: log, warn: log, error: log },
        metrics: { addMetric: (metric, _unit, value) => add(metric, value) } as Telemetry['metrics'],
        count: (metric) => add(metric, 1),
      },
      clock: world.clock,
      random: () => 0.5,
    },
    { run: name, stop },
  );
}

const card = (number: number, properties: Record<string, string> = {}, options = {}) =>
  hubspot.sandbox.portal.createContact(
    { email: `person.${number}@example.org`, username: `Person ${number}`, ...properties },
    options,
  );
const people = (count: number) => Array.from({ length: count }, (_, n) => poolUser(n));

describe('a run', () => {
  it('finds everybody where they belong, and sends nobody', async () => {
    for (const n of [0, 1, 2]) card(n);
    expect(await run(people(3))).toEqual({
      seen: 3,
      checked: 3,
      missing: 0,
      withoutUsername: 0,
      unusable: 0,
      sent: 0,
    });
    expect(world.sent).toEqual([]);
    expect(Object.fromEntries(world.counted)).toEqual({
      TriggerDetached: [0],
      MissingInHubSpot: [0],
      ReconcileRun: [1],
    });
  });

  it('sends whoever is missing or without the username, as a replay, verified when their account was made', async () => {
    card(1);
    card(2, { username: '' });
    const users = [
      poolUser(0, { UserCreateDate: daysAgo(2.5) }),
      poolUser(1),
      poolUser(2),
      poolUser(3, { UserCreateDate: daysAgo(5), UserLastModifiedDate: daysAgo(4) }),
    ];
    expect(await run(users)).toMatchObject({ seen: 4, checked: 3, missing: 1, withoutUsername: 1, sent: 2 });
    expect(world.sent).toMatchObject([
      {
        replay: 'true',
        body: { email: 'Person.0@example.org', username: 'Person 0', verifiedAt: daysAgo(2.5).toISOString() },
      },
      { replay: 'true', body: { email: 'Person.2@example.org', username: 'Person 2' } },
    ]);
    expect(world.counted.get('MissingInHubSpot')).toEqual([2]);
  });

  it('looks up a hundred addresses at a time, in the body of the request', async () => {
    for (const n of people(150).keys()) card(n);
    await run(people(150));
    expect(world.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /crm/v3/objects/contacts/batch/read',
      'POST /crm/v3/objects/contacts/batch/read',
    ]);
    expect(world.requests.map(({ body }) => JSON.parse(body).inputs.length)).toEqual([100, 50]);
  });

  it('says what it came to, and of whom nobody can make a message', async () => {
    card(0);
    const unusable = poolUser(2, { attributes: { email: 'none' } });
    expect(await run([...people(2), unusable])).toMatchObject({ seen: 3, checked: 2, unusable: 1, sent: 1 });
    const came = { seen: 3, checked: 2, missing: 1, withoutUsername: 0, unusable: 1, sent: 1 };
    expect(world.lines).toEqual([
      JSON.stringify(['A sign-up that was missing is on the queue', { sub: 'sub-1' }]),
      JSON.stringify(['Pool and HubSpot are compared', came]),
    ]);
  });

  it('leaves another username alone that was set after the account was made, and mends one from before', async () => {
    const later = card(0, { username: 'Of a later sign-up' }, { createdAt: daysAgo(0.5), by: 'INTEGRATION' });
    card(1, { username: 'Of long ago' }, { createdAt: daysAgo(400) });
    expect(later.history.username?.[0]?.timestamp).toEqual(daysAgo(0.5));
    expect(await run(people(2))).toMatchObject({ missing: 0, withoutUsername: 1, sent: 1 });
    expect(world.sent.map(({ body }) => body.username)).toEqual(['Person 1']);
  });

  it('names its messages after itself: tried again, it sends the same, and the next day others', async () => {
    await run(people(1), { name: 'monday' });
    await run(people(1), { name: 'monday' });
    await run(people(1), { name: 'tuesday' });
    const [first, again, next] = world.sent.map(({ deduplicationId }) => deduplicationId);
    expect(again).toBe(first);
    expect(next).not.toBe(first);
  });

  it('sends 200, and of 201 nobody', async () => {
    expect(await run(people(200))).toMatchObject({ missing: 200, sent: 200 });
    expect(world.sent).toHaveLength(200);
    world.sent.length = 0;
    expect(await run(people(201))).toMatchObject({ missing: 201, sent: 0 });
    expect(world.sent).toEqual([]);
    expect(world.counted.get('MissingInHubSpot')).toEqual([200, 201]);
    expect(world.counted.get('ReconcileRun')).toEqual([1, 1]);
    expect(world.lines.at(-2)).toBe(
      JSON.stringify([
        'More people are missing than are sent without being asked',
        { seen: 201, checked: 201, missing: 201, withoutUsername: 0, unusable: 0, sent: 0 },
      ]),
    );
  });

  it('names nobody but by the name that the pool has for the account', async () => {
    card(1, { username: '' });
    await run([...people(2), poolUser(2, { attributes: { email: 'Person two' } })]);
    const lines = world.lines.join('\n');
    expect(lines).toMatch(/sub-0.*\n.*sub-1/);
    expect(lines).not.toMatch(/person|example/i);
  });
});

describe('the trigger of the pool', () => {
  it.each([
    ['ours', OURS, [0]],
    ['an alias of ours', `${OURS}:live`, [0]],
    ['none', undefined, [1]],
    ['another one', 'arn:aws:lambda:us-east-1:000000000000:function:theirs', [1]],
    ['one whose name begins as ours does', `${OURS}-too`, [1]],
  ])('%s', async (_, postConfirmation, counted) => {
    const pool = memoryPool([]);
    pool.postConfirmation = postConfirmation;
    await run([], { pool });
    expect(world.counted.get('TriggerDetached')).toEqual(counted);
    expect(world.counted.get('ReconcileRun')).toEqual([1]);
    const said = ['The user pool does not call the publisher', { calls: postConfirmation ?? 'no function' }];
    expect(world.lines.slice(0, -1)).toEqual(counted.includes(1) ? [JSON.stringify(said)] : []);
  });

  it('that cannot be looked at leaves the run undone, after everybody was sent', async () => {
    const pool = memoryPool(people(1));
    pool.describe = async () => {
      throw new Error('refused');
    };
    await expect(run([], { pool })).rejects.toThrow('refused');
    expect(world.sent).toHaveLength(1);
    expect(Object.fromEntries(world.counted)).toEqual({ MissingInHubSpot: [1] });
  });
});

describe('in trouble', () => {
  it('is not done where the pool has users and lists none', async () => {
    const pool = memoryPool([]);
    pool.describe = async () => ({ postConfirmation: OURS, estimatedUsers: 7 });
    const error: unknown = await run([], { pool }).catch((thrown: unknown) => thrown);
    expect(String(error)).toBe('DailyError: The user pool has some 7 users, and none of them was listed.');
    expect(Object.fromEntries(world.counted)).toEqual({ TriggerDetached: [0] });
  });

  it('asks HubSpot again while it stumbles, later each time', async () => {
    card(0);
    hubspot.sandbox.faults.add({ times: 2, do: { type: 'status', ...internalError } });
    hubspot.sandbox.faults.add({ do: { type: 'status', ...tenSecondlyLimit } });
    expect(await run(people(1))).toMatchObject({ checked: 1, missing: 0 });
    expect(world.requests).toHaveLength(4);
    expect(world.clock.now()).toBeGreaterThan(8_000);
  });

  it('gives up when HubSpot does not get well, and has sent nobody', async () => {
    hubspot.sandbox.faults.add({ times: Number.POSITIVE_INFINITY, do: { type: 'status', ...internalError } });
    await expect(run(people(1))).rejects.toThrow(DeliveryError);
    expect(world.requests).toHaveLength(5);
    expect(world.sent).toEqual([]);
    // The trigger was looked at before.
    expect([...world.counted.keys()]).toEqual(['TriggerDetached']);
  });

  it.each([
    ['the token is refused', { status: 401 }],
    ['the requests of the day are used up', { status: 429, body: { policyName: 'DAILY' } }],
    ['it is to wait for longer than a run lasts', { status: 503, headers: { 'retry-after': '3600' } }],
  ])('does not ask in vain: %s', async (_, answer) => {
    hubspot.sandbox.faults.add({ times: Number.POSITIVE_INFINITY, do: { type: 'status', ...answer } });
    await expect(run(people(1))).rejects.toThrow(DeliveryError);
    expect(world.requests).toHaveLength(1);
  });

  it('takes an answer that leaves somebody out for another reason for none', async () => {
    const body = {
      status: 'COMPLETE',
      results: [],
      errors: [{ status: 'error', category: 'INTERNAL_ERROR', message: '', context: {} }],
    };
    hubspot.sandbox.faults.add({ do: { type: 'status', status: 207, body } });
    card(0);
    expect(await run(people(1))).toMatchObject({ missing: 0 });
    expect(world.requests).toHaveLength(2);
  });

  it.each([
    ['call', 15, 'AccessDenied'],
    ['entries', 15, 'InternalError'],
  ] as const)(
    'is not done while SQS refuses (%s): the next try sends the rest too',
    async (refusal, left, why) => {
      world.refuses = (batch) => (batch >= 2 ? refusal : undefined);
      const error: unknown = await run(people(25)).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(DailyError);
      expect(String(error)).toBe(`DailyError: ${left} of 25 could not be put on the queue (${why}).`);
      expect(world.counted.get('MissingInHubSpot')).toEqual([25]);
      expect(world.counted.has('ReconcileRun')).toBe(false);
      world.refuses = () => undefined;
      expect(await run(people(25))).toMatchObject({ sent: 25 });
      expect(new Set(world.sent.map(({ deduplicationId }) => deduplicationId)).size).toBe(25);
    },
  );

  it('sends again what SQS could not take at once', async () => {
    world.refuses = (batch) => (batch === 1 ? 'entries' : undefined);
    expect(await run(people(5))).toMatchObject({ sent: 5 });
    expect(world.batches).toBe(2);
  });

  it('ends when its time is over, and is not done', async () => {
    const stop = new AbortController();
    const pool = memoryPool(people(150), [50]);
    const { page } = pool;
    pool.page = async (token) => {
      if (pool.asked.length === 2) stop.abort(new DailyError('No time.'));
      return page(token);
    };
    await expect(run([], { pool, stop: stop.signal })).rejects.toThrow('No time.');
    expect(world.sent).toEqual([]);
    // The trigger was looked at before.
    expect([...world.counted.keys()]).toEqual(['TriggerDetached']);
  });
});

it('looks three days back from now', async () => {
  const at = (ms: number) => new Date(NOW.getTime() - 3 * 86_400_000 + ms);
  const user = (n: number, ms: number) =>
    poolUser(n, { UserCreateDate: at(ms), UserLastModifiedDate: at(ms) });
  expect(await run([user(0, 0), user(1, -1)])).toMatchObject({ seen: 2, checked: 1 });
});
