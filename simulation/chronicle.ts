import { createHash } from 'node:crypto';
import type { Person } from './people/person.ts';
import type { Timeline } from './time/timeline.ts';

/** What the world writes down: every log line as a fingerprint, and of those who are watched, everything. */
export interface Chronicle {
  /** Something happened to somebody. Only of those who are watched is it even put into words. */
  tell(person: Person | undefined, words: () => string): void;
  /** A line that a function logged. */
  logged(line: string): void;
  /** Of everything that was logged, so that two runs can be compared to the byte. */
  fingerprint(): string;
  historyOf(person: number): readonly string[];
}

export interface ChronicleOptions {
  timeline: Timeline;
  /** Numbers of people. */
  watched?: ReadonlySet<number>;
  onLog?: ((line: string) => void) | undefined;
}

export function createChronicle({ timeline, watched = new Set(), onLog }: ChronicleOptions): Chronicle {
  const hash = createHash('sha256');
  const histories = new Map<number, string[]>();
  return {
    tell(person, words) {
      if (person === undefined || !watched.has(person.number)) return;
      const history = histories.get(person.number) ?? [];
      histories.set(person.number, history);
      history.push(`${new Date(timeline.now()).toISOString()} ${words()}`);
    },
    logged(line) {
      hash.update(line);
      onLog?.(line);
    },
    fingerprint: () => hash.copy().digest('hex').slice(0, 16),
    historyOf: (person) => histories.get(person) ?? [],
  };
}
