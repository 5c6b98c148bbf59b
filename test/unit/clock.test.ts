import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { machineClock } from '../../lib/clock.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('what is to happen after a time happens then, once', () => {
  const act = vi.fn();
  machineClock.after(5, act);
  vi.advanceTimersByTime(4);
  expect(act).not.toHaveBeenCalled();
  vi.advanceTimersByTime(10);
  expect(act).toHaveBeenCalledTimes(1);
});

it('and what was cancelled does not', () => {
  const act = vi.fn();
  const cancel = machineClock.after(5, act);
  cancel();
  vi.advanceTimersByTime(10);
  expect(act).not.toHaveBeenCalled();
});
