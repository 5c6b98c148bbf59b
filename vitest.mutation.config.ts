import { configDefaults, defineConfig } from 'vitest/config';

/** For Stryker: the tests that run lib/ from its sources. Nothing has to be built for them. */
export default defineConfig({
  test: {
    include: ['test/unit/**/*.test.ts'],
    // They say nothing about lib/, and need folders that Stryker's copy is without.
    exclude: [
      ...configDefaults.exclude,
      'test/unit/simulation-*.test.ts',
      'test/unit/{promises,documents,lockfile,third-party,renovate}.test.ts',
    ],
    globalSetup: ['test/integration/support/log-archive.ts'],
    testTimeout: 15_000,
  },
});
