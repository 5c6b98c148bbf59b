import { machineClock } from '../../lib/clock.ts';
import { stopOnInterrupt } from '../terminal/interrupt.ts';
import { type Progress, showProgress } from '../terminal/progress.ts';
import { type BoxCounts, boxCounts, type OpenBox } from './box.ts';
import type { Letter } from './letter.ts';
import { visitLetters } from './visit.ts';

/** So long nobody else sees the letters, if the command is killed while it reads. */
export const READ_HIDE_SECONDS = 120;
const WORKERS = 8;

/** What a reading came to. */
export interface Reading<Kept> {
  kept: Kept[];
  counts: BoxCounts;
  /** Letters in other hands, or behind others of the same person. */
  notShown: number;
}

/**
 * A bar for all that is there, where to say something in between, and what Ctrl-C does meanwhile.
 *
 * @param endAtOnce what a second Ctrl-C does
 */
export async function beginReading(
  box: OpenBox,
  endAtOnce: (message: string) => never,
): Promise<{ progress: Progress; counts: BoxCounts; stop: AbortSignal }> {
  const counts = await boxCounts(box);
  const progress = showProgress(counts.visible, 0, 'letters');
  const stop = stopOnInterrupt({
    after: 'the letters in hand are visible again',
    say: progress.say,
    endAtOnce() {
      progress.stop();
      endAtOnce(`Interrupted. The letters in hand are visible again within ${READ_HIDE_SECONDS} seconds.`);
    },
  });
  return { progress, counts, stop };
}

/**
 * Reads all letters, and takes nothing.
 *
 * @param keep what is to be remembered of a letter; nothing where it is not meant
 */
export async function readLetters<Kept>(
  box: OpenBox,
  keep: (letter: Letter) => Kept | undefined,
  { progress, counts, stop }: { progress: Progress; counts: BoxCounts; stop: AbortSignal },
): Promise<Reading<Kept>> {
  const kept: Kept[] = [];
  let seen = 0;
  await visitLetters(box, {
    stop,
    workers: WORKERS,
    hideSeconds: READ_HIDE_SECONDS,
    timeOfDay: machineClock.timeOfDay,
    async onLetter(letter) {
      seen += 1;
      progress.advance(1);
      const one = keep(letter);
      if (one !== undefined) kept.push(one);
      return 'stays';
    },
  });
  const after = await boxCounts(box);
  return { kept, counts, notShown: stop.aborted ? 0 : Math.max(after.visible + after.inFlight - seen, 0) };
}
