import { describe, expect, it } from 'vitest';
import { workedOn } from '../../lib/worked-on.ts';

describe('what an instance has worked on', () => {
  it('is known from the second time on', () => {
    const { seen } = workedOn();
    expect([seen('a'), seen('b'), seen('a'), seen('a')]).toEqual([false, false, true, true]);
  });

  it('is bounded: the message that came up longest ago is forgotten first', () => {
    const { seen } = workedOn(2);
    seen('a');
    seen('b');
    seen('a');
    seen('c');
    expect(seen('a')).toBe(true);
    expect(seen('b')).toBe(false);
  });

  it('is ten thousand messages by default', () => {
    const { seen } = workedOn();
    for (let number = 0; number < 10_000; number += 1) seen(`${number}`);
    expect(seen('0')).toBe(true);
    seen('one more');
    expect(seen('1')).toBe(false);
  });
});
