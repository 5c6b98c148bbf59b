import type { Clock } from '../../lib/clock.ts';
import { DeliveryError, type Failure } from '../../lib/failure.ts';
import type { Letter, LetterBox } from './letter.ts';
import { type HubSpotView, hopeOf, type Outcome, plansFor } from './plan.ts';
import type { Moved } from './redrive.ts';
import { visitLetters } from './visit.ts';

const FIRST_PAUSE_MS = 1_000;
const PAUSE_MAX_MS = 15_000;
const HIDE_SECONDS = 30;
/** What passes by itself. */
const PASSING: ReadonlySet<Failure['class']> = new Set(['transient', 'throttled']);

/** What became of a letter that was moved. */
export type Ending =
  | { outcome: Exclude<Outcome, 'dead'> }
  /** A dead letter again: this one. */
  | { outcome: 'dead'; letter: Letter };

export interface FollowOptions {
  moved: readonly Moved[];
  /** By the ID of the letter: what the move was to bring at best, as HubSpot was before. */
  planned: ReadonlyMap<string, Outcome>;
  deadLetters: LetterBox;
  view: HubSpotView;
  clock: Clock;
  stop: AbortSignal;
  onSettled?: (moved: Moved, ending: Ending) => void;
  /** Told when HubSpot does not answer any more: the next looks ask again. */
  onStumble?: (failure: Failure) => void;
}

/**
 * Watches letters that were moved until HubSpot has everything of each, or they are dead letters again, or it is stopped.
 * HubSpot is asked, not the queue: it alone knows. While it stumbles the letters wait too, and so does this.
 *
 * @returns the endings by the letters' IDs. What is not in it still waits.
 * @throws DeliveryError when HubSpot cannot be asked and waiting does not help. @throws what the AWS SDK throws
 */
export async function follow(options: FollowOptions): Promise<Map<string, Ending>> {
  const { moved, planned, deadLetters, view, clock, stop, onSettled, onStumble } = options;
  const endings = new Map<string, Ending>();
  const settle = (one: Moved, ending: Ending) => {
    endings.set(one.letter.id, ending);
    onSettled?.(one, ending);
  };
  const open = () => moved.filter(({ letter }) => !endings.has(letter.id));

  async function seeTheDead(): Promise<void> {
    const byMessage = new Map(open().map((one) => [one.messageId, one]));
    await visitLetters(deadLetters, {
      stop,
      hideSeconds: HIDE_SECONDS,
      timeOfDay: clock.timeOfDay,
      async onLetter(letter) {
        // The function makes the deduplication ID from the message's ID; SQS, when it moves by itself, keeps the ID.
        const was = letter.deduplicationId?.replace(/^dead-letter-/, '') ?? '';
        const one = byMessage.get(was) ?? byMessage.get(letter.id);
        if (one !== undefined) settle(one, { outcome: 'dead', letter });
        return 'stays';
      },
    });
  }

  async function seeTheSynced(): Promise<void> {
    const byLetter = new Map(open().map((one) => [one.letter.id, one]));
    const letters = [...byLetter.values()].map(({ letter }) => letter);
    for await (const { letter, plan } of plansFor(letters, view, clock.timeOfDay())) {
      if (stop.aborted) return;
      const one = byLetter.get(letter.id);
      if (one === undefined || hopeOf(plan) !== 'unchanged') continue;
      const hoped = planned.get(letter.id) ?? 'unchanged';
      settle(one, { outcome: hoped === 'dead' ? 'unchanged' : hoped });
    }
  }

  let stumbles = false;
  const recover = () => {
    stumbles = false;
  };
  function stumble(error: unknown): void {
    if (!(error instanceof DeliveryError) || !PASSING.has(error.failure.class)) throw error;
    if (!stumbles) onStumble?.(error.failure);
    stumbles = true;
  }

  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, PAUSE_MAX_MS)) {
    await seeTheDead();
    if (open().length > 0 && !stop.aborted) await seeTheSynced().then(recover, stumble);
    if (open().length === 0 || stop.aborted) return endings;
    await clock.sleep(pauseMs, stop).catch(() => undefined);
  }
}
