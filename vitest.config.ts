import { configDefaults, defineConfig } from 'vitest/config';
import { Summary } from './test/summary.ts';

/** The contract, the failures and the crashes: they hold under a version by date as under v3. */
const UNDER_TWO_VERSIONS = [
  'test/integration/sync-{ticket,conflict,batch,overtaken,dead-letters,*-answers}.test.ts',
  'test/e2e/*.test.ts',
];

/** The window, in a real browser: tests of their own machine, one after another. */
const IN_A_BROWSER = 'test/browser/*.test.ts';

/** Reads what all the others have made the functions print, so it runs when they are done. */
const LAST = 'test/integration/logs-hold-nobody.test.ts';

export default defineConfig({
  test: {
    globalSetup: ['test/build.ts', 'test/integration/support/log-archive.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    reporters: ['default', new Summary()],
    projects: [
      {
        extends: true,
        test: {
          name: 'tests',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, LAST, IN_A_BROWSER],
          // Not 0: where Vitest has one worker only, it runs group 0 after all others.
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: '2026-09',
          include: UNDER_TWO_VERSIONS,
          env: { TEST_API_VERSION: '2026-09' },
          sequence: { groupOrder: 1 },
        },
      },
      { extends: true, test: { name: 'logs', include: [LAST], sequence: { groupOrder: 2 } } },
      {
        extends: true,
        test: { name: 'browser', include: [IN_A_BROWSER], maxWorkers: 1, sequence: { groupOrder: 3 } },
      },
    ],
  },
});
