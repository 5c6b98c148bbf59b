import { describe, expect, it, vi } from 'vitest';
import { authorized } from '../../lib/hubspot/authorization.ts';
import type { Answer, Call } from '../../lib/hubspot/transport.ts';
import { failureOfCall } from './support/hubspot.ts';

const call: Call = {
  method: 'POST',
  url: 'https://api.example.org/crm/v3/objects/contacts?a=b',
  headers: {},
  body: '{}',
};
const caller = { mayStart: new AbortController().signal, onRequest: () => {} };
const HELD_BACK = {
  class: 'misconfigured',
  what: 'token',
  detail: 'POST /crm/v3/objects/contacts was held back: HubSpot refuses the token (401).',
};

/** HubSpot, which takes one token; SSM, which holds one; and an instance that has read `old` before. */
function setUp({ good = 'good', stored = 'good', refusal = 401 } = {}) {
  const world = { good, stored, memory: 'old', now: 0, ssm: undefined as Error | undefined };
  const made: string[] = [];
  const token = {
    current: vi.fn(async () => world.memory),
    reread: vi.fn(async () => {
      await new Promise((later) => setTimeout(later, 2));
      if (world.ssm) throw world.ssm;
      world.memory = world.stored;
      return world.memory;
    }),
  };
  const sendAs = async (_: Call, bearer: string): Promise<Answer> => {
    made.push(bearer);
    await new Promise((later) => setTimeout(later, 2));
    const body = JSON.stringify({ category: 'MISSING_SCOPES' });
    return { status: bearer === world.good ? 201 : refusal, headers: new Headers(), body };
  };
  const send = authorized(sendAs, token, () => world.now);
  return { world, made, token, send: () => send(call, caller) };
}

describe('a token that HubSpot refuses', () => {
  it.each([401, 403])('is read anew, and the call repeated with it: %i', async (refusal) => {
    const { send, made, token } = setUp({ refusal });
    expect((await send()).status).toBe(201);
    expect((await send()).status).toBe(201);
    expect(made).toEqual(['old', 'good', 'good']);
    expect(token.reread).toHaveBeenCalledTimes(1);
  });

  it.each([200, 400, 404, 409, 429, 500])('is not what %i says', async (refusal) => {
    const { send, made, token } = setUp({ refusal });
    expect((await send()).status).toBe(refusal);
    expect(made).toEqual(['old']);
    expect(token.reread).not.toHaveBeenCalled();
  });

  it.each(['', '<h1>Forbidden</h1>', '{}', '{"category":"no word"}'])(
    'is not what a 403 says without one of HubSpot’s words: %j',
    async (body) => {
      const reread = vi.fn(async () => 'good');
      const sendAs = async (): Promise<Answer> => ({ status: 403, headers: new Headers(), body });
      const send = authorized(sendAs, { current: async () => 'old', reread });
      for (let times = 0; times < 2; times += 1) expect((await send(call, caller)).status).toBe(403);
      expect(reread).not.toHaveBeenCalled();
    },
  );

  it('is read anew once for all whose calls were refused together, and each is repeated once', async () => {
    const { send, made, token } = setUp();
    const answers = await Promise.all(Array.from({ length: 10 }, send));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(201));
    expect(made.filter((bearer) => bearer === 'old')).toHaveLength(10);
    expect(made.filter((bearer) => bearer === 'good')).toHaveLength(10);
    expect(token.reread).toHaveBeenCalledTimes(1);
  });

  it('and is the same when read anew, costs one call more, and the others nothing', async () => {
    const { send, made, token } = setUp({ stored: 'old' });
    const ends = await Promise.allSettled(Array.from({ length: 10 }, send));
    expect(made).toHaveLength(11);
    expect(token.reread).toHaveBeenCalledTimes(1);
    expect(ends.filter((end) => end.status === 'fulfilled').map(({ value }) => value.status)).toEqual([401]);

    for (let later = 0; later < 30; later += 1) expect(await failureOfCall(send())).toEqual(HELD_BACK);
    expect(made).toHaveLength(11);
    expect(token.reread).toHaveBeenCalledTimes(1);
  });

  it('is tried again a minute later, by one call with one read, and not before', async () => {
    const { send, made, token, world } = setUp({ stored: 'old' });
    await send();
    world.now = 59_999;
    expect(await failureOfCall(send())).toEqual(HELD_BACK);
    expect(made).toHaveLength(2);

    world.now = 60_000;
    const ends = await Promise.allSettled(Array.from({ length: 10 }, send));
    expect(made).toHaveLength(3);
    expect(token.reread).toHaveBeenCalledTimes(2);
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);

    world.now = 120_000;
    world.good = 'old';
    expect((await send()).status).toBe(201);
    expect((await send()).status).toBe(201);
  });

  it('and was replaced meanwhile, lets all go on that waited for the trial', async () => {
    const { send, made, world } = setUp({ stored: 'old' });
    await send();
    Object.assign(world, { now: 60_000, stored: 'good' });
    const answers = await Promise.all(Array.from({ length: 10 }, send));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(201));
    expect(made.slice(2)).toEqual(Array(10).fill('good'));
  });

  it('and cannot be read anew, fails as the reading does, for all who wait for it, and is not held against HubSpot', async () => {
    const { send, token, world } = setUp();
    world.ssm = new Error('SSM is away');
    const ends = await Promise.allSettled(Array.from({ length: 10 }, send));
    expect(ends).toEqual(Array(10).fill({ status: 'rejected', reason: world.ssm }));
    expect(token.reread).toHaveBeenCalledTimes(1);

    world.ssm = undefined;
    expect((await send()).status).toBe(201);
  });

  it('is the latest one for a call that was under way while it was replaced', async () => {
    const { send, made, token, world } = setUp();
    const [first] = await Promise.all([send(), new Promise((later) => setTimeout(later, 1)).then(send)]);
    expect(first?.status).toBe(201);
    expect(made.filter((bearer) => bearer === 'old').length).toBeLessThanOrEqual(2);
    expect(token.reread).toHaveBeenCalledTimes(1);
    expect(world.memory).toBe('good');
  });
});
