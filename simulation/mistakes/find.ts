import { execFile } from 'node:child_process';
import * as z from 'zod/mini';
import { bundleWith } from './bundle.ts';
import type { Mistake } from './mistakes.ts';

const resultSchema = z.object({
  elapsedMs: z.number(),
  unexplained: z.array(z.object({ check: z.string(), what: z.string(), at: z.iso.datetime() })),
});

/** How the simulation has found a mistake. */
export interface Found {
  seed: number;
  /** How many days it had lived through by then. */
  days: number;
  checks: string[];
  what: string;
}

const STARTS_AT = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;

const runUntilFound = (bundle: string, seed: number, days: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const args = ['--seed', String(seed), '--days', String(days), '--until-found', '--json'];
    execFile(process.execPath, [bundle, ...args], { maxBuffer: 2 ** 30 }, (error, stdout) => {
      // Exit code 1 is what is hoped for.
      if (error !== null && error.code !== 1) reject(error);
      else resolve(stdout);
    });
  });

/** @returns undefined where nothing was found in all those days */
export async function find(mistake: Mistake, seed: number, days: number): Promise<Found | undefined> {
  const { unexplained } = resultSchema.parse(
    JSON.parse(await runUntilFound(await bundleWith(mistake), seed, days)),
  );
  const [first] = unexplained;
  if (first === undefined) return undefined;
  return {
    seed,
    days: Math.ceil((Date.parse(first.at) - STARTS_AT) / DAY_MS),
    checks: [...new Set(unexplained.map(({ check }) => check))],
    what: first.what,
  };
}
