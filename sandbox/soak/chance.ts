import { createHash } from 'node:crypto';

/**
 * A number from 0 to 1 that depends on its parts and on nothing else: the same seed makes the same plan for a person,
 * however the others come in between.
 */
export function chance(...parts: (string | number)[]): number {
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest();
  return hash.readUIntBE(0, 6) / 2 ** 48;
}

/** One of the choices, as `chance` has it. */
export function choice<T>(choices: readonly T[], ...parts: (string | number)[]): T {
  const chosen = choices[Math.floor(chance(...parts) * choices.length)];
  if (chosen === undefined) throw new Error('There is nothing to choose from');
  return chosen;
}
