import type { Person } from '../people/person.ts';
import type { Timeline } from '../time/timeline.ts';
import type { Check } from './checks.ts';
import type { Exception } from './exceptions.ts';

/** Something that is not as it should be. */
export interface Finding {
  check: Check;
  what: string;
  /** The number of the person that it is about, if it is about one. */
  person: number | undefined;
  /** ISO 8601, in virtual time. */
  at: string;
  /** The case of docs/decisions/0001 that it is; undefined: it must not be. */
  exception: Exception | undefined;
}

export interface Findings {
  add(check: Check, what: string, person?: Person, exception?: Exception): void;
  all(): readonly Finding[];
}

export function createFindings(timeline: Timeline): Findings {
  const findings = new Map<string, Finding>();
  return {
    add(check, what, person, exception) {
      const key = `${check} ${person?.number} ${what}`;
      const before = findings.get(key);
      // What is found again at a later comparison may have its explanation by then.
      if (before !== undefined && (exception === undefined || before.exception !== undefined)) return;
      findings.set(key, {
        check,
        what,
        person: person?.number,
        at: before?.at ?? new Date(timeline.now()).toISOString(),
        exception,
      });
    },
    all: () => [...findings.values()],
  };
}
