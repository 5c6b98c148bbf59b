/** The least, the middle and the greatest of some measurements. */
export interface Spread {
  min: number;
  median: number;
  max: number;
}

/** @throws RangeError where there is nothing to sum up */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const [min, below, above, max] = [0, Math.floor(middle), Math.ceil(middle), sorted.length - 1].map(
    (index) => sorted[index],
  );
  if (min === undefined || below === undefined || above === undefined || max === undefined)
    throw new RangeError('No measurements');
  return { min, median: (below + above) / 2, max };
}
