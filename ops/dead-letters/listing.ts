import type { Explanation } from '../../lib/reasons.ts';
import { counted, duration, styled, widthOf, wrapped } from '../terminal/text.ts';
import type { LetterGroup, LetterLine } from './groups.ts';

/** What a redrive brings, for a person. */
export const REDRIVE_WORDS: Readonly<Record<Explanation['redrive'], string>> = {
  helps: 'A redrive helps.',
  'helps-afterwards': 'A redrive helps once that is done.',
  'does-not-help': 'A redrive does not help.',
};

const INDENT = '  ';

/** The name of a group: what `--error-code` and `--reason` take. */
export const groupName = (errorCode: string | undefined, reason: string): string =>
  `${errorCode ?? 'no ErrorCode'}, ${reason}`;

/** Why there are letters of which nothing can be said. */
export const notShownText = (notShown: number): string =>
  `${counted(notShown, 'more letter')} cannot be seen now: in somebody else's hands, or behind letters of the same person, which come in order.`;

function ofGroup(group: LetterGroup, retentionMs: number, now: number): string[] {
  const { errorCode, reason, explanation, count, oldestMs, newestMs } = group;
  const { meaning, action, mover, redrive } = explanation;
  const width = widthOf(process.stdout);
  const set = (text: string) => wrapped(text, width, INDENT);
  const left = oldestMs + retentionMs - now;
  const age =
    count === 1 || duration(now - oldestMs) === duration(now - newestMs)
      ? duration(now - oldestMs)
      : `${duration(now - newestMs)} to ${duration(now - oldestMs)}`;
  return [
    '',
    ...wrapped(`${styled('bold', String(count), process.stdout)} × ${groupName(errorCode, reason)}`, width),
    ...set(`${age} old. SQS deletes ${count === 1 ? 'it' : 'the oldest'} in ${duration(left)}.`),
    ...set(meaning),
    ...set(`${styled('bold', 'What to do:', process.stdout)} ${action}`),
    ...set(`The move is with: ${mover}. ${REDRIVE_WORDS[redrive]}`),
  ];
}

function ofLetter({ id, errorCode, reason, deliveries, sentAtMs }: LetterLine, now: number): string[] {
  const rest = [
    `${duration(now - sentAtMs)} old`,
    deliveries !== undefined && counted(deliveries, 'delivery', 'deliveries'),
    groupName(errorCode, reason),
  ].filter((part) => part !== false);
  const width = widthOf(process.stdout);
  const line = `${INDENT}${id}  ${rest.join(', ')}`;
  return line.length <= width
    ? [line]
    : [`${INDENT}${id}`, ...wrapped(rest.join(', '), width, `${INDENT}${INDENT}`)];
}

/** What `dlq list` says to a person. */
export function listing({
  total,
  groups,
  letters,
  notShown,
  retentionMs,
  now,
}: {
  total: string;
  groups: readonly LetterGroup[];
  letters: readonly LetterLine[];
  notShown: number;
  retentionMs: number;
  now: number;
}): string {
  const width = widthOf(process.stdout);
  return [
    ...wrapped(total, width),
    ...groups.flatMap((group) => ofGroup(group, retentionMs, now)),
    ...(letters.length > 0 ? ['', ...letters.flatMap((letter) => ofLetter(letter, now))] : []),
    ...(notShown > 0 ? ['', ...wrapped(notShownText(notShown), width)] : []),
  ].join('\n');
}
