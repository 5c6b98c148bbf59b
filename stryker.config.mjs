/** Mutation testing of the two places where a wrong condition would write a false note: docs/mutation.md. */
export default {
  testRunner: 'vitest',
  vitest: { configFile: 'vitest.mutation.config.ts', related: false },
  mutate: ['lib/contact-sync.ts', 'lib/hubspot/*.ts'],
  coverageAnalysis: 'perTest',
  concurrency: 2,
  timeoutMS: 20_000,
  // Stryker would rewrite a tsconfig.json with a compiler API that TypeScript 7 no longer has; none is needed.
  // Only what the tests need is copied into Stryker's own folder.
  ignorePatterns: [
    '*',
    '!lib/**',
    '!sandbox/**',
    '!test/**',
    '!package.json',
    '!*.config.ts',

    '!serverless.yml',
  ],
  reporters: ['clear-text', 'progress', 'html', 'json'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  htmlReporter: { fileName: 'reports/mutation/index.html' },
  jsonReporter: { fileName: 'reports/mutation/mutation.json' },
  thresholds: { high: 95, low: 90, break: 90 },
};
