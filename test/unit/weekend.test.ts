import { describe, expect, it } from 'vitest';
import { isTimeZone, unfitReason, weekendAt } from '../../infrastructure/deploying/weekend.ts';

describe('a reason', () => {
  it.each([
    ['Sign-ups fail since 14:05 - see INC-7', undefined],
    ['Störung @ Zürich', undefined],
    ['x'.repeat(256), undefined],
    ['x'.repeat(257), 'takes 256 characters, and the reason has 257'],
    ["it's broken (again)", "but not ' ( )"],
    ['😀', 'but not 😀'],
    ['', 'The reason is empty.'],
    ['  ', 'The reason is empty.'],
  ])('%j', (reason, because) => {
    if (because === undefined) expect(unfitReason(reason)).toBeUndefined();
    else expect(unfitReason(reason)).toContain(because);
  });
});

it.each([
  ['Europe/Berlin', true],
  ['UTC', true],
  ['Etc/GMT-1', true],
  ['+01:00', false],
  ['Berlin', false],
  ['', false],
])('the time zone "%s": %s', (name, known) => expect(isTimeZone(name)).toBe(known));

it('names the Sunday of its own week, over the end of a month and of a year', () => {
  expect(weekendAt(Date.parse('2027-01-01T00:30:00Z'), 'UTC')).toEqual({
    today: 'Friday, 1 January 2027',
    lastDay: 'Sunday, 3 January 2027',
  });
  expect(weekendAt(Date.parse('2026-10-31T23:30:00Z'), 'Europe/Berlin')?.lastDay).toBe(
    'Sunday, 1 November 2026',
  );
  expect(weekendAt(Date.parse('2026-11-29T12:00:00Z'), 'UTC')?.lastDay).toBe('Sunday, 29 November 2026');
});
