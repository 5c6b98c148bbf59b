import type { Clock } from '../clock.ts';
import { DeliveryError, type Failure } from '../failure.ts';

const ATTEMPTS = 5;
const BASE_MS = 1_000;
const MAX_MS = 30_000;

export interface PatienceOptions {
  clock: Pick<Clock, 'sleep'>;
  random: () => number;
  /** Ends the waiting, with its reason. */
  stop: AbortSignal;
}

/** For how long to wait before HubSpot is asked again; undefined where that would help nobody. */
function waitMs(failure: Failure, attempt: number, random: () => number): number | undefined {
  const mayHelp =
    failure.class === 'transient' || (failure.class === 'throttled' && failure.limit === 'ten-secondly');
  if (!mayHelp || attempt === ATTEMPTS) return undefined;
  const told = (failure.retryAfterSeconds ?? 0) * 1_000;
  if (told > MAX_MS) return undefined;
  const backOffMs = Math.min(MAX_MS, BASE_MS * 2 ** attempt);
  return Math.max(told, backOffMs / 2) + (random() * backOffMs) / 2;
}

/**
 * Asks HubSpot again while it stumbles: a run of thousands of questions is not to end for one of them. For reading only:
 * what is written goes through the queue.
 */
export async function patiently<Answer>(
  ask: () => Promise<Answer>,
  { clock, random, stop }: PatienceOptions,
): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      const ms = error instanceof DeliveryError ? waitMs(error.failure, attempt, random) : undefined;
      if (ms === undefined) throw error;
      await clock.sleep(ms, stop);
    }
  }
}
