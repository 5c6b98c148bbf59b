import { expect, test } from 'vitest';
import { openBook } from '../../sandbox/window/book.ts';

const SHOWN_MAX = 2_000;

test('the window forgets the oldest sign-ups, also those that an outage has kept for long', () => {
  const book = openBook(() => 0);
  const begin = (number: number, phase: 'waiting' | 'synced') => {
    const told = book.begin(`sign-up ${number}`, { phase });
    book.byMessage.set(`message ${number}`, told);
    return told;
  };
  const waiting = Array.from({ length: 3_000 }, (_, number) => begin(number, 'waiting'));
  expect(book.all.size).toBe(3_000);
  for (const { row } of waiting) row.phase = 'synced';
  for (let number = 3_000; number < 20_000; number += 1) begin(number, 'synced');
  expect(book.all.size).toBe(SHOWN_MAX);
  expect(book.byMessage.size).toBe(SHOWN_MAX);
  expect([...book.all.keys()][0]).toBe('sign-up 18000');
});
