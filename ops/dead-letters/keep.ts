import { DeleteMessageCommand } from '@aws-sdk/client-sqs';
import type { Clock } from '../../lib/clock.ts';
import type { JournalEntry, JournalView } from '../backfill/journal-file.ts';
import type { Letter, LetterBox } from './letter.ts';
import type { SavedLetter } from './letter-file.ts';
import { attributesWithTime, sendingOf } from './redrive.ts';
import { visitLetters } from './visit.ts';

/** For the disk, and for the calls to SQS with all their attempts. */
const HIDE_SECONDS = 300;

export interface KeepOptions {
  from: LetterBox;
  /** Which: those that somebody has seen. */
  ids: ReadonlySet<string>;
  clock: Pick<Clock, 'timeOfDay'>;
  /** Ends it after the letter in hand. */
  stop: AbortSignal;
  /** Resolves when the letter is kept where nothing loses it. */
  save: (letter: Letter) => Promise<void>;
  /** Told of each letter before the next one. */
  onDone?: (letter: Letter) => void | Promise<void>;
}

async function keep(
  { from, ids, clock, stop, save, onDone }: KeepOptions,
  then: (letter: Letter) => Promise<'gone' | 'stays'>,
): Promise<string[]> {
  const done: string[] = [];
  await visitLetters(from, {
    stop,
    timeOfDay: clock.timeOfDay,
    hideSeconds: HIDE_SECONDS,
    isDone: () => done.length >= ids.size,
    async onLetter(letter) {
      if (!ids.has(letter.id)) return 'stays';
      await save(letter);
      const fate = await then(letter);
      done.push(letter.id);
      await onDone?.(letter);
      return fate;
    },
  });
  return done;
}

/** Saves letters, and leaves them where they are. @returns their IDs */
export const saveLetters = (options: KeepOptions): Promise<string[]> => keep(options, async () => 'stays');

/** Deletes letters, each after it is saved. @returns the IDs of those that are gone. @throws what the AWS SDK throws */
export const dropLetters = (options: KeepOptions): Promise<string[]> =>
  keep(options, async ({ receiptHandle }) => {
    const { sqs, url } = options.from;
    await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: receiptHandle }));
    return 'gone';
  });

/** What has been loaded, kept where a death does not lose it (ops/backfill/journal.ts). */
export interface LoadJournal extends Pick<JournalView, 'run' | 'stateOf'> {
  append(entry: JournalEntry): Promise<void>;
}

export interface LoadOptions {
  to: LetterBox;
  letters: readonly { line: number; letter: SavedLetter }[];
  journal: LoadJournal;
  stop: AbortSignal;
  onLoaded?: (letter: SavedLetter, messageId: string) => void | Promise<void>;
}

/**
 * Puts saved letters back into the dead-letter queue. What a run that was interrupted has left uncertain goes out under
 * the same deduplication ID, so that SQS drops it within five minutes if it has it.
 *
 * @returns how many were loaded. @throws what the AWS SDK throws
 */
export async function loadLetters({ to, letters, journal, stop, onLoaded }: LoadOptions): Promise<number> {
  let loaded = 0;
  for (const { line, letter } of letters) {
    if (stop.aborted) break;
    if (journal.stateOf(line) === 'sent') continue;
    await journal.append({ state: 'sending', lines: [line] });
    const content = { ...letter, attributes: attributesWithTime(letter, letter.sentAtMs) };
    const { MessageId = '' } = await to.sqs.send(
      sendingOf(to.url, content, {
        deduplicationId: `load-${journal.run}-${line}`,
        fallbackGroup: letter.id,
      }),
    );
    await journal.append({ state: 'sent', lines: [line] });
    loaded += 1;
    await onLoaded?.(letter, MessageId);
  }
  return loaded;
}
