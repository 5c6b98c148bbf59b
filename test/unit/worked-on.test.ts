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

  it('is, of a person in any letter case, the sign-up that was synced last', () => {
    const { synced, latestOf } = workedOn(2);
    const of = (email: string, username: string) => ({ email, username, verifiedAt: new Date(0) });
    synced(of('Ada@example.org', 'first'));
    synced(of('ada@example.org', 'second'));
    expect(latestOf('ADA@example.org')).toMatchObject({ username: 'second' });
    synced(of('b@example.org', 'b'));
    synced(of('c@example.org', 'c'));
    expect(latestOf('ada@example.org')).toBeUndefined();
  });

  it('is ten thousand messages by default', () => {
    const { seen } = workedOn();
    for (let number = 0; number < 10_000; number += 1) seen(`${number}`);
    expect(seen('0')).toBe(true);
    seen('one more');
    expect(seen('1')).toBe(false);
  });
});
