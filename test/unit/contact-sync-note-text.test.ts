import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { syncContact } from '../../lib/contact-sync.ts';
import { NOTE_BODY } from '../../lib/hubspot/ticket.ts';
import { msLater, scriptedCrm, signUp } from './support/scripted-crm.ts';

/** Whether a note of this text, on a card with the username, is taken for ours. */
async function isTakenForOurs(body: string): Promise<boolean> {
  const crm = scriptedCrm({
    contact: { username: { value: 'AdaL' } },
    notes: [{ body, timestamp: msLater(1_000) }],
  });
  const { outcome } = await syncContact(signUp({ doubted: true }), crm);
  return outcome === 'unchanged';
}

const words = NOTE_BODY.split(' ');

describe('our note is known again', () => {
  it.each([
    ['as it was sent', NOTE_BODY],
    ['in a paragraph', `<p>${NOTE_BODY}</p>`],
    [
      'in a division with a style',
      `<div style="" dir="auto" data-top-level="true"><p>${NOTE_BODY}</p></div>`,
    ],
    ['with spaces that do not break', words.join('&nbsp;')],
    ['with the character for such a space', words.join('\u00A0')],
    ['with spaces of both kinds', words.join(' &nbsp;')],
    ['broken into lines', words.join('\r\n')],
    ['with indentation', `\n  <p>\n    ${words.join('\n    ')}\n  </p>\n`],
    ['with line breaks of HTML', NOTE_BODY.replace('Hubspot. ', 'Hubspot.<br>')],
    ['as two paragraphs', NOTE_BODY.replace('Hubspot. ', 'Hubspot.</p><p>')],
    ['with words in bold', `<p>${NOTE_BODY.replace('Enterprise', '<strong>Enterprise</strong>')}</p>`],
    ['with something added by staff after it', `<p>${NOTE_BODY}</p><p>Called them. Nice people!</p>`],
    ['with something added by staff before it', `FYI: ${NOTE_BODY}`],
  ])('%s', async (_, body) => {
    expect(await isTakenForOurs(body)).toBe(true);
  });

  it('whatever markup and space stands between its words', async () => {
    const gap = fc
      .array(
        fc.constantFrom(' ', '\n', '\t', '&nbsp;', '\u00A0', '<br>', '<br/>', '</b>', '<span class="x">'),
        {
          minLength: 1,
          maxLength: 4,
        },
      )
      .map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(
        fc.array(gap, { minLength: words.length - 1, maxLength: words.length - 1 }),
        async (gaps) => {
          expect(await isTakenForOurs(words.map((word, at) => word + (gaps[at] ?? '')).join(''))).toBe(true);
        },
      ),
    );
  });
});

describe('another note is not taken for ours', () => {
  it.each([
    ['an empty one', ''],
    ['empty markup', '<p></p>'],
    ['what staff wrote', 'This contact created an account on Enterprise dashboard.'],
    ['ours without its last character', NOTE_BODY.slice(0, -1)],
    ['ours in capitals', NOTE_BODY.toUpperCase()],
    ['ours with the words run together', words.join('')],
    ['ours inside a tag', `<p title="${NOTE_BODY}">Called, no answer.</p>`],
  ])('%s', async (_, body) => {
    expect(await isTakenForOurs(body)).toBe(false);
  });

  it('nor one that is long and strange, and it is read in no time', async () => {
    const startedAt = performance.now();
    for (const part of ['<', '<p', '<>', '&nbsp', ' ', '&nbsp;<']) {
      expect(await isTakenForOurs(part.repeat(65_536 / part.length))).toBe(false);
    }
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  it('nor is ours with any one word left out', async () => {
    for (const at of words.keys()) {
      expect(await isTakenForOurs(words.toSpliced(at, 1).join(' '))).toBe(false);
    }
  });
});
