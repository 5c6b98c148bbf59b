import { expect, test } from 'vitest';
import { readableLine } from '../../sandbox/window/lines.ts';

test.each([
  ['an escape sequence', 'a\u001b[2J@example.org'],
  ['a line break', 'a\n@example.org'],
  ['text that turns round what follows', 'a\u202egro@example.org'],
  ['text that is set apart', 'a\u2066b@example.org'],
])('a line for the terminal holds no %s', (_what, email) => {
  const line = readableLine({ email }, { at: 0, title: `Cognito confirms ${email}.`, tone: 'plain' });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
  expect(line).not.toMatch(/[\u0000-\u001a\u202a-\u202e\u2066-\u2069]|\u001b\[2J/);
  expect(line).toContain('a\u{fffd}');
});
