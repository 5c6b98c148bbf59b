import { randomBytes } from 'node:crypto';
import { describe, expect, inject, it } from 'vitest';
import { leaksIn } from './support/leaks.ts';
import { archivedLines, wordsToKeepOut } from './support/log-archive.ts';

/*
 * The last test of a run: it has the lines of all the others.
 */

it('no line that a function printed in this whole run names anybody, and none holds a secret', {
  timeout: 180_000,
}, () => {
  const [lines, words] = [archivedLines(), wordsToKeepOut()];
  if (inject('logArchiveFills')) {
    expect(lines.length).toBeGreaterThan(0);
    expect(words.length).toBeGreaterThan(0);
  }
  expect(leaksIn(lines, words)).toEqual([]);
});

describe('the search itself', () => {
  const surname = `Quixley${randomBytes(5).toString('hex')}`;
  const words = [`Ottoline.${surname}+wme@example.org`, `Ottoline "${surname}" Zoë & <b>`];
  const [email = '', username = ''] = words;

  it.each([
    ['as it is', `Sign-up of ${email} synced`],
    ['in another case', `Sign-up of ${email.toUpperCase()} synced`],
    ['in JSON', JSON.stringify({ message: 'x', username })],
    ['in JSON within JSON', JSON.stringify({ message: JSON.stringify({ username }) })],
    [
      'in escaped JSON',
      JSON.stringify({ username }).replaceAll(
        /[^ -~]/g,
        (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
      ),
    ],
    ['in a URL', `GET /crm/v3/objects/contacts/${encodeURIComponent(email)}?idProperty=email`],
    ['in a query', `GET /?${new URLSearchParams({ username })}`],
    [
      'in HTML',
      `<p>${username.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&#34;')}</p>`,
    ],
  ])('finds a name %s', (_, line) => {
    expect(leaksIn(['{"message":"other"}', line], words)).toEqual([
      { word: line.toLowerCase().includes('+wme') || line.includes('%2B') ? email : username, line },
    ]);
  });

  it('finds nothing where nothing is', () => {
    expect(
      leaksIn(['{"message":"Sign-up synced","person":"6e0f"}', '100% of 3', '&#99999999;'], words),
    ).toEqual([]);
  });
});
