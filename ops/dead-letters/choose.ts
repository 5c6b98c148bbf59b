import { machineClock } from '../../lib/clock.ts';
import { EXIT, type ExitCode, OperatorError } from '../exit.ts';
import type { OpenBox } from './box.ts';
import { groupsOf, type LetterGroup } from './groups.ts';
import type { Letter } from './letter.ts';
import { groupName, notShownText } from './listing.ts';
import { beginReading, readLetters } from './read.ts';
import { type Selection, selecting } from './select.ts';

/** The letters that a selection means, as they are now. */
export interface Chosen {
  letters: Letter[];
  ids: ReadonlySet<string>;
  groups: LetterGroup[];
  /** Letters in other hands, or behind others of the same person: whether they are meant is not known. */
  notShown: number;
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
  const { progress, counts, stop } = await beginReading(box, (message) =>
    endAtOnce(`${message} Nothing was done.`),
  );
  const { kept: letters, notShown } = await readLetters(
    box,
    (letter) => (isMeant(letter) ? letter : undefined),
    {
      progress,
      counts,
      stop,
    },
  ).finally(progress.stop);
  const { id: wanted = [] } = selection;
  const found = new Set(letters.map(({ id }) => id));
  const missing = wanted.filter((id) => !found.has(id)).length;
  if (missing > 0 && !stop.aborted) {
    throw new OperatorError(
      `${missing} of the ${wanted.length} IDs are of no letter that is meant and can be seen now. Nothing was done. \`dlq list --detail\` has the IDs.`,
    );
  }
  return { letters, ids: found, groups: groupsOf(letters), notShown, interrupted: stop.aborted };
}

/** `12 × HubSpotRejected, EmailRefused`, a line each, and how many could not be seen. */
export const groupLines = ({ groups, notShown }: Pick<Chosen, 'groups' | 'notShown'>): string =>
  [
    ...groups.map(({ count, errorCode, reason }) => `  ${count} × ${groupName(errorCode, reason)}`),
    ...(notShown > 0 ? [`${notShownText(notShown)} They are left alone.`] : []),
  ].join('\n');

/**
 * Why there is nothing to be done with what was chosen; nothing where there is.
 *
 * @param done what was to be done: `moved`
 */
export function nothingToDo(
  { ids, notShown, interrupted }: Chosen,
  done: string,
): { outcome: 'interrupted' | 'nothing-to-do'; exitCode: ExitCode; message: string } | undefined {
  if (interrupted) {
    const message = `Interrupted. Nothing was ${done}, and all letters are visible again.`;
    return { outcome: 'interrupted', exitCode: EXIT.interrupted, message };
  }
  if (ids.size > 0) return undefined;
  if (notShown > 0) {
    const message = `No letter that is meant can be seen. Nothing was ${done}. ${notShownText(notShown)}`;
    return { outcome: 'nothing-to-do', exitCode: EXIT.notDone, message };
  }
  return {
    outcome: 'nothing-to-do',
    exitCode: EXIT.ok,
    message: `No letter is meant. Nothing was ${done}. \`dlq list\` has the codes and reasons that there are.`,
  };
}
