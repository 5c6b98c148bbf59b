import type { Letter } from './letter.ts';

/** What `dlq list` keeps of a letter: ten thousand of them, without their bodies. */
export type LetterLine = Pick<
  Letter,
  'id' | 'errorCode' | 'reason' | 'explanation' | 'deliveries' | 'sentAtMs' | 'errorMessage'
>;

/** {@link LetterLine} of a letter. */
export const lineOf = ({
  id,
  errorCode,
  reason,
  explanation,
  deliveries,
  sentAtMs,
  errorMessage,
}: Letter): LetterLine => ({ id, errorCode, reason, explanation, deliveries, sentAtMs, errorMessage });

/** The letters of one code and reason. */
export interface LetterGroup {
  errorCode: string | undefined;
  reason: string;
  explanation: Letter['explanation'];
  count: number;
  oldestMs: number;
  newestMs: number;
}

/** By code and reason, the largest group first. */
export function groupsOf(letters: readonly LetterLine[]): LetterGroup[] {
  const groups = new Map<string, LetterGroup>();
  for (const { errorCode, reason, explanation, sentAtMs } of letters) {
    const key = JSON.stringify([errorCode, reason]);
    const { count, oldestMs, newestMs } = groups.get(key) ?? {
      count: 0,
      oldestMs: sentAtMs,
      newestMs: sentAtMs,
    };
    groups.set(key, {
      errorCode,
      reason,
      explanation,
      count: count + 1,
      oldestMs: Math.min(oldestMs, sentAtMs),
      newestMs: Math.max(newestMs, sentAtMs),
    });
  }
  return [...groups.values()].sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1));
}
