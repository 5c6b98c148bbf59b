import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { personHash, personTag, usableKey } from '../../lib/person.ts';

const key = 'k'.repeat(32);

describe('what stands for a person', () => {
  it('in a group ID is the SHA-256 of the address, in any case the same', () => {
    const expected = createHash('sha256').update('ada@example.org').digest('hex');
    expect(personHash('ada@example.org')).toBe(expected);
    expect(personHash('Ada@Example.ORG')).toBe(expected);
  });

  it('in logs is twelve digits of the HMAC-SHA-256 of the address, in any case the same', () => {
    const expected = createHmac('sha256', key).update('ada@example.org').digest('hex').slice(0, 12);
    expect(personTag('Ada@Example.ORG', key)).toBe(expected);
    expect(personTag('ada@example.org', key)).toMatch(/^[0-9a-f]{12}$/);
  });

  it('in logs is another one under another key, and never that of the group', () => {
    expect(personTag('ada@example.org', 'l'.repeat(32))).not.toBe(personTag('ada@example.org', key));
    expect(personHash('ada@example.org')).not.toContain(personTag('ada@example.org', key));
  });
});

describe('a key', () => {
  it.each([key, `${key}\n`, ` ${key} \r\n`])('loses the space that it was stored with: %j', (stored) => {
    expect(usableKey(stored)).toBe(key);
  });

  it.each([undefined, '', ' '.repeat(40), 'k'.repeat(31), `${'k'.repeat(31)}\n`])(
    'is none when it is short: %j',
    (stored) => {
      expect(usableKey(stored)).toBeUndefined();
    },
  );
});
