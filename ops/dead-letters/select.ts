import { OperatorError } from '../exit.ts';
import { DAY_MS } from '../terminal/text.ts';
import type { Letter } from './letter.ts';

/** Which letters, as the command line says it. Several kinds of words narrow it down; several of one kind widen it. */
export interface Selection {
  id?: readonly string[];
  errorCode?: readonly string[];
  reason?: readonly string[];
  olderThan?: string;
}

/** The word for letters that SQS has moved by itself. */
const NO_CODE = 'none';

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: DAY_MS };

/** `90m`, `12h` or `3d`, in milliseconds. */
function ageMs(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,4})([mhd])$/.exec(text) ?? [];
  const size = UNITS[unit];
  if (size === undefined) {
    throw new OperatorError('--older-than is a number with m, h or d: 90m, 12h or 3d. Nothing was done.');
  }
  return Number(count) * size;
}

/** Whether a letter is meant. */
export function selecting(
  { id, errorCode, reason, olderThan }: Selection,
  nowMs: number,
): (letter: Pick<Letter, 'id' | 'errorCode' | 'reason' | 'sentAtMs'>) => boolean {
  const bornBefore = olderThan === undefined ? Number.POSITIVE_INFINITY : nowMs - ageMs(olderThan);
  const among = (words: readonly string[] | undefined, word: string) =>
    words === undefined || words.length === 0 || words.includes(word);
  return (letter) =>
    among(id, letter.id) &&
    among(errorCode, letter.errorCode ?? NO_CODE) &&
    among(reason, letter.reason) &&
    letter.sentAtMs <= bornBefore;
}
