import { styleText } from 'node:util';
import type { StoryEntry } from './view.ts';
import { duration } from './words.ts';

const COLOURS = { plain: 'reset', good: 'green', warn: 'yellow', bad: 'red' } as const;

/** As much of an entry as a line shows. */
interface Line extends Pick<StoryEntry, 'at' | 'title' | 'tone'> {
  status?: string | undefined;
  durationMs?: number | undefined;
}

/** As terminals read them, not as somebody meant them: an address may hold an escape sequence. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is to be taken out
const plain = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '\u{fffd}');

const time = (at: number): string => new Date(at).toTimeString().slice(0, 8);

/** Something that happened to a sign-up, in one line for a terminal; colours only where it has them. */
export function readableLine(
  { email, body }: { email?: string | undefined; body?: string | undefined },
  { at, title, status, durationMs, tone }: Line,
  stream: NodeJS.WriteStream = process.stdout,
): string {
  const who = email ?? `message ${body}`;
  const how = [status, durationMs === undefined ? undefined : duration(durationMs)].filter(
    (part) => part !== undefined,
  );
  const what = how.length === 0 ? title : `${title} → ${how.join(', ')}`;
  return `${time(at)}  ${plain(who)}  ${styleText(COLOURS[tone], plain(what), { stream })}`;
}
