import { machineClock } from '../../lib/clock.ts';
import { OperatorError } from '../exit.ts';
import { stopOnInterrupt } from '../terminal/interrupt.ts';
import type { OpenBox } from './box.ts';
import { groupsOf, type LetterGroup } from './groups.ts';
import type { Letter } from './letter.ts';
import { groupName } from './listing.ts';
import { beginReading, READ_HIDE_SECONDS, readLetters } from './read.ts';
import { type Selection, selecting } from './select.ts';

/** The letters that a selection means, as they are now. */
export interface Chosen {
  letters: Letter[];
  ids: ReadonlySet<string>;
  groups: LetterGroup[];
  interrupted: boolean;
}

/**
 * Finds the letters that are meant, and leaves them where they are.
 *
 * @param endAtOnce what a second Ctrl-C does
 */
export async function chooseLetters(
  box: OpenBox,
  selection: Selection,
  endAtOnce: (message: string) => never,
): Promise<Chosen> {
  const isMeant = selecting(selection, machineClock.timeOfDay());
  const { progress, counts } = await beginReading(box);
  const stop = stopOnInterrupt({
    after: 'the letters in hand are visible again',
    say: progress.say,
    endAtOnce() {
      progress.stop();
      endAtOnce(
        `Interrupted. Nothing was done. The letters in hand are visible again within ${READ_HIDE_SECONDS} seconds.`,
      );
    },
  });
  const { kept: letters } = await readLetters(box, (letter) => (isMeant(letter) ? letter : undefined), {
    progress,
    counts,
    stop,
  }).finally(progress.stop);
  const { id: wanted = [] } = selection;
  const found = new Set(letters.map(({ id }) => id));
  const missing = wanted.filter((id) => !found.has(id)).length;
  if (missing > 0 && !stop.aborted) {
    throw new OperatorError(
      `${missing} of the ${wanted.length} IDs are of no letter that is meant and can be seen now. Nothing was done. \`dlq list --detail\` has the IDs.`,
    );
  }
  return { letters, ids: found, groups: groupsOf(letters), interrupted: stop.aborted };
}

/** `12 × HubSpotRejected, EmailRefused`, a line each. */
export const groupLines = (groups: readonly LetterGroup[]): string =>
  groups.map(({ count, errorCode, reason }) => `  ${count} × ${groupName(errorCode, reason)}`).join('\n');
