import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { bundleWith } from '../../simulation/mistakes/bundle.ts';
import { find } from '../../simulation/mistakes/find.ts';
import { MISTAKES } from '../../simulation/mistakes/mistakes.ts';

// docs/simulation.md has them all; these are found soon enough to be put in every time.

const SOON = new Set([
  'a doubted conflict is not read back',
  "the conflict's ID is taken for a number",
  'a message that must come again is acknowledged',
  'the address is logged',
  'the daily comparison does not say that it ran',
]);
const soon = MISTAKES.filter(({ name }) => SOON.has(name));

test('there are as many as are meant', () => {
  expect(soon).toHaveLength(SOON.size);
});

test.each(MISTAKES)('$name: what it changes stands once in its file', ({ file, code }) => {
  expect(readFileSync(file, 'utf8').split(code)).toHaveLength(2);
});

test.each(soon)('the simulation finds it when $name', { timeout: 120_000 }, async (mistake) => {
  const found = await find(mistake, 1, 30);
  expect(found?.checks).toContain(mistake.foundBy);
});

test('a mistake whose code is not there any more is told of', async () => {
  const [mistake] = MISTAKES;
  if (mistake === undefined) throw new Error('There is no mistake');
  await expect(bundleWith({ ...mistake, code: 'no such code' })).rejects.toThrow('does not stand once');
});
