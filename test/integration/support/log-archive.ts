import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import type { TestProject } from 'vitest/node';

/*
 * Everything that the functions print in one test run, and every word that must not be in it. All test files add to
 * it; `logs-hold-nobody.test.ts` reads it when they are done.
 */

declare module 'vitest' {
  export interface ProvidedContext {
    logArchive: string;
    /** Whether the run has tests that drive the function, so that an empty archive would be a broken one. */
    logArchiveFills: boolean;
  }
}

/** Vitest's global setup: an archive for this run, gone after it. */
export async function setup({
  provide,
  vitest,
}: Pick<TestProject, 'provide' | 'vitest'>): Promise<() => void> {
  const directory = await mkdtemp(join(tmpdir(), 'log-archive-'));
  for (const kind of ['lines', 'words']) mkdirSync(join(directory, kind));
  provide('logArchive', directory);
  provide(
    'logArchiveFills',
    vitest.state.getPaths().some((path) => path.includes('/test/integration/sync-')),
  );
  return () => rmSync(directory, { recursive: true });
}

// One file for each process and kind: nobody writes into the line of another.
const append = (kind: 'lines' | 'words', text: string): void =>
  appendFileSync(join(inject('logArchive'), kind, String(process.pid)), `${JSON.stringify(text)}\n`);

const read = (kind: 'lines' | 'words'): string[] =>
  readdirSync(join(inject('logArchive'), kind)).flatMap((file) =>
    readFileSync(join(inject('logArchive'), kind, file), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line): string => JSON.parse(line)),
  );

/**
 * Keeps what a function printed, or anything else that people read and that must name nobody. The shape of the
 * sandbox's `onLog`.
 */
export const archiveLine = (line: string): void => append('lines', line);

/** From now on the whole run fails if one of these words is in an archived line, in any case or encoding. */
export function keepOutOfLogs(...words: string[]): void {
  for (const word of words) append('words', word);
}

/** What has been archived so far. */
export const archivedLines = (): string[] => read('lines');

/** Which words must be in none of it. */
export const wordsToKeepOut = (): string[] => [...new Set(read('words'))];
