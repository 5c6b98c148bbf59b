import { describe, expect, it } from 'vitest';
import { evenly, rateOf, rateText } from '../../ops/pace.ts';

/** A clock that a test puts forward: whoever sleeps wakes when it is time. */
function handClock() {
  let now = 0;
  const sleepers: { until: number; wake: () => void }[] = [];
  return {
    now: () => now,
    sleep: (ms: number, signal: AbortSignal) =>
      new Promise<void>((wake, reject) => {
        sleepers.push({ until: now + ms, wake });
        signal.addEventListener('abort', () => reject(signal.reason));
      }),
    async forward(ms: number) {
      now += ms;
      for (const { until, wake } of sleepers) if (until <= now) wake();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe('evenly', () => {
  it('lets the first go at once, and the others a step apart, however many ask together', async () => {
    const clock = handClock();
    const turn = evenly(4, clock, new AbortController().signal);
    const went: number[] = [];
    const all = Array.from({ length: 4 }, () => turn().then(() => went.push(clock.now())));
    await clock.forward(0);
    for (let step = 0; step < 3; step += 1) await clock.forward(250);
    await Promise.all(all);
    expect(went).toEqual([0, 250, 500, 750]);
  });

  it('counts several as so many, and makes up for no pause', async () => {
    const clock = handClock();
    const turn = evenly(10, clock, new AbortController().signal);
    await turn(10);
    let second = false;
    const next = turn().then(() => (second = true));
    await clock.forward(999);
    expect(second).toBe(false);
    await clock.forward(1);
    await next;
    await clock.forward(60_000);
    await turn();
    const third = turn();
    await clock.forward(100);
    expect(await third).toBe(true);
  });

  it('ends the wait when it is stopped', async () => {
    const stop = new AbortController();
    const turn = evenly(0.001, handClock(), stop.signal);
    expect(await turn()).toBe(true);
    const waiting = turn();
    stop.abort();
    expect(await waiting).toBe(false);
    expect(await turn()).toBe(false);
  });
});

it.each(['0', '-1', 'x', '', '1e3', '100001', '0.0001', 'Infinity'])('the rate %j is none', (given) => {
  expect(() => rateOf(given, 5)).toThrow(/--rate is how many a second/);
});

it('a rate is a number, or the default', () => {
  expect(rateOf(undefined, 6.333)).toBe(6.333);
  expect(rateOf('0.5', 5)).toBe(0.5);
  expect(rateText(19 / 3)).toBe('6.3 a second');
  expect(rateText(0.001)).toBe('0.001 a second');
});
