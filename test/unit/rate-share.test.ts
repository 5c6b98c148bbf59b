import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { rateShare } from '../../lib/hubspot/rate-share.ts';

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] }));
afterEach(() => vi.useRealTimers());

const WINDOW_MS = 10_000;
const never = new AbortController().signal;

/** What HubSpot answers, and what it says of its limit. */
const answer = (
  remaining?: number,
  { status = 201, max = 190, ...headers }: Record<string, unknown> = {},
) => ({
  status: Number(status),
  headers: new Headers({
    ...(remaining !== undefined && {
      'x-hubspot-ratelimit-max': String(max),
      'x-hubspot-ratelimit-remaining': String(remaining),
    }),
    ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
  }),
});

/** When each of the calls that are asked for at `times` may start, in milliseconds from now. */
async function starts(share: number, times: number[], untilMs: number, heard = answer(190)) {
  const { turn, heard: hear } = rateShare(share);
  hear(heard);
  const startedAt = performance.now();
  const started: number[] = [];
  const refused: unknown[] = [];
  for (const at of times) {
    setTimeout(() => {
      turn(never).then(
        () => started.push(performance.now() - startedAt),
        (error: unknown) => refused.push(error),
      );
    }, at);
  }
  await vi.advanceTimersByTimeAsync(untilMs);
  expect(started.length + refused.length).toBe(times.filter((at) => at < untilMs || untilMs === 0).length);
  return { started, refused };
}

/** The most calls that start in any 10 seconds. */
const busiestWindow = (started: number[]): number =>
  Math.max(0, ...started.map((from) => started.filter((at) => at >= from && at < from + WINDOW_MS).length));

const gaps = (started: number[]): number[] => started.slice(1).map((at, index) => at - (started[index] ?? 0));

const always = (count: number): number[] => Array(count).fill(0);

describe('the share of the rate limit', () => {
  it('is never exceeded, however the calls come in and whatever the share', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.integer({ min: 1, max: 60 }), fc.double({ min: 1, max: 60, noNaN: true })),
        fc.array(fc.tuple(fc.nat({ max: 40_000 }), fc.integer({ min: 1, max: 70 })), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.option(fc.nat({ max: 190 })),
        async (share, bursts, remaining) => {
          const times = bursts.flatMap(([at, count]) => Array<number>(count).fill(at));
          const { started } = await starts(share, times, 600_000, answer(remaining ?? undefined));
          expect(busiestWindow(started)).toBeLessThanOrEqual(share);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('lets the first call start at once', async () => {
    expect((await starts(95, [0], 1, answer())).started).toEqual([0]);
  });

  it('is spread over the window instead of spent at its beginning', async () => {
    const { started } = await starts(100, always(100), WINDOW_MS + 1_000);

    expect(started).toHaveLength(100);
    // Six calls may be made up for at twice the pace, the rest goes evenly.
    expect(Math.min(...gaps(started))).toBeGreaterThanOrEqual(51);
    expect(started[11]).toBeLessThanOrEqual(620);
    for (const gap of gaps(started.slice(15))) expect(gap).toBeCloseTo(102.5, -1);
  });

  it.each([0, 120, 400])(
    'is used by batches of ten that wait for their answers, %i ms each',
    async (latencyMs) => {
      const { turn, heard } = rateShare(95);
      const started: number[] = [];
      const startedAt = performance.now();
      const untilMs = 12 * WINDOW_MS;
      const call = async () => {
        await turn(never);
        const at = performance.now() - startedAt;
        started.push(at);
        await new Promise((answered) => setTimeout(answered, latencyMs));
        // The other instance is as busy.
        const used = started.filter((start) => start > at - WINDOW_MS && start <= at).length;
        heard(answer(Math.max(190 - 2 * used, 0)), startedAt + at);
      };
      const drain = async () => {
        while (performance.now() - startedAt < untilMs) await Promise.all(Array.from({ length: 10 }, call));
      };
      await Promise.all([drain(), vi.advanceTimersByTimeAsync(untilMs + 2 * WINDOW_MS)]);

      expect(busiestWindow(started)).toBeLessThanOrEqual(95);
      const lasting = started.filter((at) => at >= 2 * WINDOW_MS && at < untilMs);
      expect(lasting.length).toBeGreaterThanOrEqual(95 * 10 * 0.95);
    },
  );

  it('is whole again after a pause', async () => {
    const { started } = await starts(50, [...always(50), ...Array<number>(50).fill(30_000)], 60_000);

    const later = started.slice(50);
    expect(later[0]).toBe(30_000);
    expect(later.at(-1)).toBeLessThanOrEqual(40_500);
  });

  it('is measured by a clock that does not step with the time of day', async () => {
    for (const stepMs of [-120_000, -20_000, 20_000, 120_000]) {
      const { turn } = rateShare(10);
      const started: number[] = [];
      const startedAt = performance.now();
      const call = () => turn(never).then(() => started.push(performance.now() - startedAt));
      for (let count = 0; count < 5; count += 1) void call();
      await vi.advanceTimersByTimeAsync(2_000);
      vi.setSystemTime(Date.now() + stepMs);
      for (let count = 0; count < 5; count += 1) void call();
      await vi.advanceTimersByTimeAsync(12_000);

      expect(started).toHaveLength(10);
      expect(busiestWindow(started)).toBeLessThanOrEqual(10);
    }
  });

  it('makes nobody wait for longer than two windows: what would is put back, and takes nothing of it', async () => {
    const { turn } = rateShare(1);
    const ended: string[] = [];
    for (const name of ['first', 'second', 'third', 'fourth']) {
      turn(never).then(
        () => ended.push(`${name} at ${performance.now() - startedAt}`),
        (error: unknown) => {
          expect(error).toMatchObject({ failure: { class: 'not-started' } });
          ended.push(`${name} refused at ${performance.now() - startedAt}`);
        },
      );
    }
    const startedAt = performance.now();
    await vi.advanceTimersByTimeAsync(10_250);
    expect(ended).toEqual([
      'first at 0',
      'second at 10250',
      'third refused at 10250',
      'fourth refused at 10250',
    ]);
    void turn(never).then(() => ended.push(`fifth at ${performance.now() - startedAt}`));
    await vi.advanceTimersByTimeAsync(10_250);
    expect(ended.at(-1)).toBe('fifth at 20500');
  });

  it('is not taken by those who may start no more', async () => {
    const { turn } = rateShare(1);
    await turn(never);
    const stop = new AbortController();
    const stopped = turn(stop.signal);
    const reason = new Error('out of time');
    const rejected = expect(stopped).rejects.toBe(reason);
    stop.abort(reason);
    await rejected;
    await expect(turn(stop.signal)).rejects.toBe(reason);

    const startedAt = performance.now();
    const next = turn(never).then(() => performance.now() - startedAt);
    await vi.advanceTimersByTimeAsync(10_250);
    expect(await next).toBe(10_250);
  });
});

describe('the wait for a turn', () => {
  it('ends at once when no call may start any more, and the next one is not held up by it', async () => {
    const { turn } = rateShare(1);
    await turn(never);
    const stop = new AbortController();
    const reason = new Error('out of time');
    const stopped = expect(turn(stop.signal)).rejects.toBe(reason);
    await vi.advanceTimersByTimeAsync(5_000);
    stop.abort(reason);
    await stopped;
    expect(vi.getTimerCount()).toBe(0);

    const startedAt = performance.now();
    const next = turn(never).then(() => performance.now() - startedAt);
    await vi.advanceTimersByTimeAsync(10_250);
    expect(await next).toBe(5_250);
  });

  it('leaves nothing behind on a signal that lasts for the whole batch', async () => {
    const { turn } = rateShare(1);
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, 'addEventListener');
    const removed = vi.spyOn(signal, 'removeEventListener');
    await turn(signal);
    const second = turn(signal);
    await vi.advanceTimersByTimeAsync(10_250);
    await second;
    const listeners = (calls: unknown[][]) => calls.map(([, listener]) => listener);
    expect(added).toHaveBeenCalled();
    expect(listeners(removed.mock.calls)).toHaveLength(added.mock.calls.length);
    expect(new Set(listeners(removed.mock.calls))).toEqual(new Set(listeners(added.mock.calls)));
  });

  it('is taken at once again after somebody had to wait', async () => {
    const { turn } = rateShare(1);
    await turn(never);
    const second = turn(never);
    await vi.advanceTimersByTimeAsync(10_250);
    await second;
    await vi.advanceTimersByTimeAsync(10_250);
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, 'addEventListener');
    await turn(signal);
    expect(added).not.toHaveBeenCalled();
  });

  it('lets nobody overtake those who wait, when an answer has made room', async () => {
    const { turn, heard } = rateShare(10);
    await turn(never);
    heard(answer(0));
    const order: string[] = [];
    const first = turn(never).then(() => order.push('first'));
    await vi.advanceTimersByTimeAsync(900);
    heard(answer(150));
    const second = turn(never).then(() => order.push('second'));
    await vi.advanceTimersByTimeAsync(10_000);
    await Promise.all([first, second]);
    expect(order).toEqual(['first', 'second']);
  });

  it('gives nobody a turn whose time is over', async () => {
    const { turn } = rateShare(1);
    await expect(turn(AbortSignal.abort('over'))).rejects.toBe('over');
    await turn(never);
  });

  it('lets those who wait behind others go as soon as their time is over', async () => {
    const { turn } = rateShare(1);
    await turn(never);
    const before = turn(never);
    const stop = new AbortController();
    const refused = expect(turn(stop.signal)).rejects.toBe('over');
    stop.abort('over');
    await refused;
    await expect(turn(stop.signal)).rejects.toBe('over');
    await vi.advanceTimersByTimeAsync(10_250);
    await before;
  });

  it('says why it would have been too long', async () => {
    const { turn, heard } = rateShare(95);
    heard(answer(undefined, { status: 429, 'retry-after': '15' }));
    const waiting = turn(never);
    await vi.advanceTimersByTimeAsync(6_000);
    heard(answer(undefined, { status: 429, 'retry-after': '15' }));
    const refused = expect(waiting).rejects.toMatchObject({
      failure: { class: 'not-started', detail: 'The rate limit has no room for another call in time.' },
    });
    await vi.advanceTimersByTimeAsync(20_000);
    await refused;
  });
});

describe('headers that say nothing', () => {
  it.each<[string, Record<string, string>]>([
    ['no limit', { 'x-hubspot-ratelimit-remaining': '0' }],
    ['a limit of nothing', { 'x-hubspot-ratelimit-max': '0', 'x-hubspot-ratelimit-remaining': '0' }],
    ['no rest', { 'x-hubspot-ratelimit-max': '190' }],
    ['words', { 'x-hubspot-ratelimit-max': '190', 'x-hubspot-ratelimit-remaining': 'few' }],
    ['a sign', { 'x-hubspot-ratelimit-max': '190', 'x-hubspot-ratelimit-remaining': '-1' }],
    ['a unit', { 'x-hubspot-ratelimit-max': '190', 'x-hubspot-ratelimit-remaining': '0 calls' }],
    ['a word before it', { 'x-hubspot-ratelimit-max': '190', 'x-hubspot-ratelimit-remaining': 'only 0' }],
    ['nothing', { 'x-hubspot-ratelimit-max': '190', 'x-hubspot-ratelimit-remaining': '' }],
  ])('slow nobody down: %s', async (_, headers) => {
    const heard = { status: 201, headers: new Headers(headers) };
    const { started } = await starts(95, always(10), 5_000, heard);
    expect(started).toHaveLength(10);
    for (const gap of gaps(started)) expect(gap).toBeCloseTo(107.9, 0);
  });

  it('take the place of those before: what was heard last counts', async () => {
    const { turn, heard } = rateShare(95);
    heard(answer(0));
    heard(answer());
    await turn(never);
    const startedAt = performance.now();
    const second = turn(never).then(() => performance.now() - startedAt);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await second).toBeLessThan(110);
  });
});

describe('a fresh instance', () => {
  it('goes evenly for a window, as its predecessor may have used the share up a moment ago', async () => {
    const { started } = await starts(95, always(20), 5_000, answer());
    for (const gap of gaps(started)) expect(gap).toBeGreaterThanOrEqual(107);
    expect(started.at(-1)).toBeLessThan(2_200);
  });

  it('needs not, once an answer says that nobody has used it', async () => {
    const { started } = await starts(95, always(10), 5_000, answer(189));
    for (const gap of gaps(started)) expect(gap).toBeLessThan(60);
  });

  it('makes a lone sign-up wait for nothing: its calls start as soon as they are asked for', async () => {
    const { turn, heard } = rateShare(95);
    const startedAt = performance.now();
    const started: number[] = [];
    const signUp = async () => {
      for (let call = 1; call <= 3; call += 1) {
        await turn(never);
        started.push(performance.now() - startedAt);
        await new Promise((answered) => setTimeout(answered, 60));
        heard(answer(190 - call));
      }
    };
    await Promise.all([signUp(), vi.advanceTimersByTimeAsync(1_000)]);
    expect(started).toEqual([0, 60, 120]);
  });

  it('goes slowly while the account has next to none', async () => {
    const { started } = await starts(95, always(10), 10_000, answer(4));
    for (const gap of gaps(started)) expect(gap).toBeGreaterThan(500);
  });

  it('may catch up after a window, whatever HubSpot says or does not', async () => {
    const { started } = await starts(95, [0, ...Array<number>(10).fill(10_400)], 15_000, answer());
    for (const gap of gaps(started.slice(1))) expect(gap).toBeLessThan(60);
  });
});

describe('somebody else who uses the same token', () => {
  /** Two instances and one other user of the account's 190 requests in 10 seconds. */
  async function crowd(othersPer10s: number) {
    const counted: { at: number; by: string }[] = [];
    const refused = { ours: 0, theirs: 0 };
    const ask = (by: 'ours' | 'theirs') => {
      const now = performance.now();
      const used = counted.filter(({ at }) => at > now - WINDOW_MS).length;
      if (used >= 190) refused[by] += 1;
      else counted.push({ at: now, by });
      return used >= 190 ? answer(0, { status: 429 }) : answer(190 - used - 1);
    };
    const untilMs = performance.now() + 8 * WINDOW_MS;
    const other = async () => {
      while (performance.now() < untilMs) {
        ask('theirs');
        await new Promise((later) => setTimeout(later, WINDOW_MS / othersPer10s));
      }
    };
    const instance = async () => {
      await new Promise((later) => setTimeout(later, WINDOW_MS));
      const { turn, heard } = rateShare(95);
      const call = async () => {
        await turn(never).catch(() => {});
        const askedAt = performance.now();
        await new Promise((later) => setTimeout(later, 60));
        const told = ask('ours');
        await new Promise((later) => setTimeout(later, 60));
        heard(told, askedAt);
      };
      while (performance.now() < untilMs) await Promise.all(Array.from({ length: 10 }, call));
    };
    await Promise.all([other(), instance(), instance(), vi.advanceTimersByTimeAsync(11 * WINDOW_MS)]);
    const lasting = counted.filter(({ at, by }) => by === 'ours' && at > untilMs - 4 * WINDOW_MS);
    return { refused, oursPer10s: lasting.filter(({ at }) => at <= untilMs).length / 4 };
  }

  it.each([50, 90])('is left what they use, %i requests in 10 seconds', async (othersPer10s) => {
    const { refused, oursPer10s } = await crowd(othersPer10s);
    expect(refused).toEqual({ ours: 0, theirs: 0 });
    expect(oursPer10s).toBeGreaterThan((190 - othersPer10s) * 0.93);
    expect(oursPer10s).toBeLessThanOrEqual(190 - othersPer10s);
  });

  it('slows down the very next call', async () => {
    const { turn, heard } = rateShare(95);
    heard(answer(190));
    await turn(never);
    heard(answer(0));
    const startedAt = performance.now();
    const second = turn(never).then(() => performance.now() - startedAt);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await second).toBeCloseTo(1_079, -1);
  });

  it('is forgotten when nothing has been heard for a window', async () => {
    const { turn, heard } = rateShare(95);
    heard(answer(0));
    await vi.advanceTimersByTimeAsync(10_001);
    await turn(never);
    const startedAt = performance.now();
    const second = turn(never).then(() => performance.now() - startedAt);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await second).toBeLessThan(110);
  });
});

describe('a 429', () => {
  it.each<[string, Record<string, unknown>, number]>([
    ['the window has passed', {}, 10_000],
    ['Retry-After has', { 'retry-after': '3' }, 3_000],
    ['the longest wait has, where Retry-After asks for more', { 'retry-after': '300' }, 15_000],
  ])('stops all calls until %s', async (_, headers, heldMs) => {
    const { turn, heard } = rateShare(95);
    heard(answer(undefined, { status: 429, ...headers }));
    const startedAt = performance.now();
    const next = turn(never).then(() => performance.now() - startedAt);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await next).toBe(heldMs);
  });

  it('stops those that wait already', async () => {
    const { turn, heard } = rateShare(10);
    await turn(never);
    const startedAt = performance.now();
    const next = turn(never).then(() => performance.now() - startedAt);
    await vi.advanceTimersByTimeAsync(500);
    heard(answer(0, { status: 429 }));
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await next).toBe(10_500);
  });
});
