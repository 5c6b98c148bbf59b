import { type Style, styled, widthOf, wrapped } from '../terminal/text.ts';
import type { Checked } from './check.ts';

const SIGNS = {
  ok: ['✓', 'green'],
  failed: ['✗', 'red'],
  skipped: ['–', 'dim'],
} as const satisfies Record<Checked['state'], readonly [string, Style]>;

const INDENT = '  ';

/** What one check came to, for a person. */
export function checkLines({ title, state, detail, advice }: Checked): string[] {
  const width = widthOf(process.stdout);
  const [sign, style] = SIGNS[state];
  const [first = '', ...rest] = wrapped(title, width, INDENT);
  return [
    `${styled(style, sign, process.stdout)}${first.slice(1)}`,
    ...rest,
    ...(detail === null
      ? []
      : wrapped(
          state === 'ok' ? detail : state === 'failed' ? `${detail}.` : `Not checked: ${detail}.`,
          width,
          `${INDENT}${INDENT}`,
        ).map((line) => (state === 'failed' ? line : styled('dim', line, process.stdout)))),
    ...(advice === null
      ? []
      : wrapped(`${styled('bold', 'What to do:', process.stdout)} ${advice}`, width, `${INDENT}${INDENT}`)),
  ];
}
