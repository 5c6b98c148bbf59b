import { createHash } from 'node:crypto';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Numbers that look random, and are the same for the same seed. */
export interface Chance {
  /** From 0 to 1, 1 excluded. */
  next(): number;
  /** Whether something of this probability happens. */
  happens(probability: number): boolean;
  between(from: number, to: number): number;
  /** A whole number, both ends included. */
  whole(from: number, to: number): number;
  pick<T>(choices: readonly T[]): T;
  /** The time until something that comes about once in so long, however long it has not come. */
  wait(mean: number): number;
}

/** @param parts the seed, and what the numbers are for: what one part of the world draws changes nothing for another */
export function chance(...parts: (string | number)[]): Chance {
  const generator = xoroshiro128plus(
    createHash('sha256').update(JSON.stringify(parts)).digest().readInt32BE(0),
  );
  const next = (): number => uniformFloat64(generator);
  return {
    next,
    happens: (probability) => next() < probability,
    between: (from, to) => from + (to - from) * next(),
    whole: (from, to) => from + Math.floor((to - from + 1) * next()),
    pick<T>(choices: readonly T[]): T {
      const chosen = choices[Math.floor(next() * choices.length)];
      if (chosen === undefined) throw new Error('There is nothing to choose from');
      return chosen;
    },
    wait: (mean) => -Math.log(1 - next()) * mean,
  };
}
