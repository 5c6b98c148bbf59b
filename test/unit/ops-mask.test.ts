import fc from 'fast-check';
import { expect, it } from 'vitest';
import { masked, showing, showingIn } from '../../ops/terminal/mask.ts';

it.each([
  ['ada@example.org', 'a…@e….org'],
  ['a@b', 'a…@b…'],
  ['ada@sub.example.co.uk', 'a…@s….uk'],
  ['"a@b"@example.org', '"…@e….org'],
  ['@', '…@…'],
  ['Ada <ada@example.org>', 'A…@e…'],
  ['ada@example.org, Dr. Ada Lovelace', 'a…@e…'],
  ['@Ada.Lovelace_1815', '…@A…'],
  ['ada@xn--e1afmkfd.xn--p1ai', 'a…@x….xn--p1ai'],
  ['ada@пример.рф', 'a…@п….рф'],
  ['AdaL', 'A…'],
  ['👩🏽‍🔬 Ada', '👩🏽‍🔬…'],
  ['', '…'],
])('%s is shown as %s', (value, shown) => {
  expect(masked(value)).toBe(shown);
});

it('shows nothing of the middle, whatever it is', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (local) => {
      expect(masked(`x${local}SECRET@xSECRET.org`)).not.toContain('SECRET');
      expect(masked(`x${local}SECRET`)).not.toContain('SECRET');
    }),
  );
});

it('shows nothing that a terminal would obey, even revealed', () => {
  const evil = '\u001B]0;x\u0007\r\n\u202Eada\u2066';
  for (const show of [showing(true), showing(false)]) {
    expect(show(evil)).not.toMatch(/[\p{Cc}\u202E\u2066]/u);
  }
});

it.each([
  ['it was ada@example.org', 'it was a…@e….org'],
  ['{"email":"bob@example.org","username":"AdaL"}', '{"email":"b…@e….org","username":"A…"}'],
  ['POST /crm/v3/objects/contacts answered 400.', 'POST /crm/v3/objects/contacts answered 400.'],
  ['AdaL <ada@example.org> ', 'A… <a…@e….org> '],
])('of a text by somebody else, %s, %s is shown', (text, shown) => {
  expect(showingIn(showing(false), ['ada@example.org', 'AdaL', ''])(text)).toBe(shown);
  expect(showingIn(showing(true), ['ada@example.org', 'AdaL', ''])(text)).toBe(text);
});
