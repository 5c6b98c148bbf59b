import type { SyncOutcome, Tone } from './view.ts';

/** What a sync came to, in the words of support. */
export const OUTCOME_WORDS: Readonly<Record<SyncOutcome, string>> = {
  created: 'a new card was created',
  updated: 'the card was there before: it has the username now, and a note that says why',
  'username-only': 'the card has the username now; no note was due',
  unchanged: 'nothing was left to do: the card was as it should be',
  superseded: 'a newer username stays as it is',
};

export const isOutcome = (outcome: string | undefined): outcome is SyncOutcome =>
  outcome !== undefined && Object.hasOwn(OUTCOME_WORDS, outcome);

/** `1 delivery`, `2 deliveries`, `3 cards`. */
export const counted = (count: number, noun: string): string =>
  `${count} ${count === 1 ? noun : noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : `${noun}s`}`;

/** `340 ms`, `12 s`, `4 min`, `2 h`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${Number((ms / 1_000).toFixed(1))} s`;
  if (ms < 120_000) return `${Math.round(ms / 1_000)} s`;
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`;
}

/** JSON with line breaks; anything else as it is. */
export function readable(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), undefined, 2);
  } catch {
    return body;
  }
}

export const toneOfStatus = (status: number | string): Tone => {
  if (typeof status === 'string') return status === 'pending' ? 'plain' : 'bad';
  if (status < 300) return 'good';
  return status === 409 ? 'plain' : status < 500 ? 'warn' : 'bad';
};
