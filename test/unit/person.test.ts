import { expect, it } from 'vitest';
import { personHash, truncated } from '../../lib/person.ts';

it('a person is the same in any case of the address, and nobody else', () => {
  // printf ada@example.org | sha256sum
  const hash = 'cfe00dde46ef942601ffafb9e2825e802858b460e586b8305b344c1eb826357d';
  expect(personHash('ada@example.org')).toBe(hash);
  expect(personHash('ADA@Example.Org')).toBe(hash);
  expect(personHash('ada@example.org ')).not.toBe(hash);
});

it('a log line shows twelve characters of it', () => {
  expect(truncated(personHash('ada@example.org'))).toBe('cfe00dde46ef');
});
