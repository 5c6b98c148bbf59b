/** One promise about speed or size, and what was measured of it. */
export interface Bound {
  /** The bench's name. */
  bench: string;
  /** What was measured, in words. */
  what: string;
  /** With its unit. */
  measured: string;
  /** With its unit. */
  bound: string;
  kept: boolean;
}

/** @param most what is allowed, in the same unit */
export const atMost = (
  bench: string,
  what: string,
  value: number,
  most: number,
  written: (value: number) => string,
): Bound => ({
  bench,
  what,
  measured: written(value),
  bound: `at most ${written(most)}`,
  // Not "value > most": what could not be measured is not kept.
  kept: value <= most,
});

/** @param least what is asked for, in the same unit */
export const atLeast = (
  bench: string,
  what: string,
  value: number,
  least: number,
  written: (value: number) => string,
): Bound => ({
  bench,
  what,
  measured: written(value),
  bound: `at least ${written(least)}`,
  kept: value >= least,
});

export const inMs = (value: number): string => `${value.toFixed(1)} ms`;
export const asRatio = (value: number): string => value.toFixed(3);
export const inPercent = (value: number): string => `${(value * 100).toFixed(1)} %`;
