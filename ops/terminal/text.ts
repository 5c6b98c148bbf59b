import { stripVTControlCharacters, styleText } from 'node:util';

/** Standard output or standard error, as far as texts depend on which it is. */
export type Terminal = Pick<NodeJS.WriteStream, 'isTTY' | 'columns'> & NodeJS.WritableStream;

/** Texts are set to this width at most: longer lines are hard to read. */
const WIDTH_MAX = 100;

/** How many columns a text may have. Where nobody sees lines wrap, there is no limit: `grep` wants them whole. */
export const widthOf = ({ isTTY, columns }: Terminal): number =>
  isTTY ? Math.min(columns || 80, WIDTH_MAX) : Number.POSITIVE_INFINITY;

const length = (text: string): number => stripVTControlCharacters(text).length;

/** Breaks a text into lines of so many columns. A word that is longer stands alone on its line. */
export function wrapped(text: string, width: number, indent = ''): string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(' ')) {
    const begun = line !== indent;
    if (begun && length(line) + 1 + length(word) > width) {
      lines.push(line);
      line = `${indent}${word}`;
    } else {
      line += begun ? ` ${word}` : word;
    }
  }
  return [...lines, line];
}

const HELP_WIDTH = 80;

/**
 * A text for `--help`, set to the terminal's width and to 80 columns at most. Lines that are indented stand as they are, and
 * so does one that ends with a colon.
 */
export function helpText(text: string): string {
  const width = Math.min(process.stdout.columns || HELP_WIDTH, HELP_WIDTH);
  const paragraphs = text.replaceAll(/(?<=[^\n:])\n(?=[^\s])(?!Exit codes)/g, ' ').split('\n');
  return paragraphs.flatMap((line) => (line.startsWith(' ') ? [line] : wrapped(line, width))).join('\n');
}

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow';

/** Colours on a terminal that wants them: `NO_COLOR` and `FORCE_COLOR` are obeyed (Node.js docs, util.styleText). */
export const styled = (style: Style, text: string, stream: NodeJS.WritableStream): string =>
  styleText(style, text, { stream, validateStream: true });

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** A length of time in its largest unit: `3 days`, `5 hours`. */
export function duration(ms: number): string {
  const [size, unit] =
    ms >= DAY_MS ? [DAY_MS, 'day'] : ms >= HOUR_MS ? [HOUR_MS, 'hour'] : [MINUTE_MS, 'minute'];
  const count = Math.max(Math.floor(ms / Number(size)), 0);
  return count === 0 ? 'less than a minute' : `${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** `1 letter`, `2 letters`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

/** `2026-11-24 18:00:12 UTC` */
export const timeText = (ms: number): string =>
  `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
