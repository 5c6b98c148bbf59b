import Table from 'cli-table3';
import { type Found, find } from './find.ts';
import { MISTAKES, type Mistake } from './mistakes.ts';

/*
 * npm run simulate:mistakes: puts one mistake after another into lib/, and says how each is found. With parts of names as
 * arguments, only those.
 */

/** Until one of them finds it. */
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
const DAYS = 365;

async function findWithin(mistake: Mistake): Promise<Found | undefined> {
  for (const seed of SEEDS) {
    const found = await find(mistake, seed, DAYS);
    if (found !== undefined) return found;
  }
  return undefined;
}

const table = new Table({
  head: ['mistake', 'seed', 'days', 'found by'],
  style: { head: [], border: [] },
});
const parts = process.argv.slice(2);
const wanted = MISTAKES.filter(({ name }) => parts.length === 0 || parts.some((part) => name.includes(part)));
let missed = 0;
for (const mistake of wanted) {
  const found = await findWithin(mistake);
  if (found?.checks.includes(mistake.foundBy) !== true) missed += 1;
  table.push([
    mistake.name,
    found === undefined ? '–' : String(found.seed),
    found === undefined ? '–' : String(found.days),
    found === undefined ? 'nothing' : found.checks.join(', '),
  ]);
  console.error(
    `${mistake.name}: ${found === undefined ? 'not found' : `${found.what} (day ${found.days})`}`,
  );
}
console.log(table.toString());
if (wanted.length === 0) console.error('There is no such mistake.');
process.exitCode = wanted.length === 0 ? 2 : Math.min(missed, 1);
