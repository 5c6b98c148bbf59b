import { readdir, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { codeLoadedBy } from '../../bench/loaded-code.ts';

const dist = resolve('dist/sync-contact');
const BYTES_MAX = 330_000;

describe('what a cold start of sync-contact loads', async () => {
  const { bytes, files, sources } = await codeLoadedBy(resolve(dist, 'index.mjs'));

  test('is at most 330 KB of minified code, in one file', () => {
    expect(bytes).toBeLessThanOrEqual(BYTES_MAX);
    expect(files).toHaveLength(1);
  });

  test.each(['@aws-sdk/', '@smithy/', 'form-data', 'mime-db', 'associations/v4'])(
    'has nothing of %s',
    (name) => {
      expect(sources.length).toBeGreaterThan(0);
      expect(sources.filter((source) => source.includes(name))).toEqual([]);
    },
  );
});

test('no bundle holds a token, but for the sandbox’s own, which is none, in the operators’ command', async () => {
  const names = (await readdir('dist', { recursive: true })).filter(
    // The simulation has the sandbox's in it, and is no bundle of the service's.
    (name) => name.endsWith('.mjs') && !name.startsWith('simulation'),
  );
  expect(names.length).toBeGreaterThan(2);
  for (const name of names) {
    const code = await readFile(resolve('dist', name), 'utf8');
    expect(code).not.toMatch(/pat-(na|eu)\d/);
    if (!name.startsWith('ops/')) expect(code).not.toContain('sandbox-token');
  }
});
