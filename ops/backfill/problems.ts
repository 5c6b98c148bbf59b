import type { Problem } from '../terminal/report.ts';

/** Dates are written in so many ways that one example says more than the name of a norm. */
const EXAMPLE = ', such as 2026-11-23T18:00:00Z';

/** What `checkVerification` finds wrong, field by field. */
export const problemsOf = (found: readonly string[]): Problem[] =>
  found.map((problem) => {
    const [, field = 'line', reason = problem] = /^(\w+): (.*)$/s.exec(problem) ?? [];
    if (field === 'verifiedAt') return { field, reason: `${reason}${EXAMPLE}` };
    return { field: field === 'body' ? 'line' : field, reason };
  });
