/** Mutation testing of lib/: docs/mutation.md. */
export default {
  testRunner: 'vitest',
  vitest: { configFile: 'vitest.mutation.config.ts', related: false },
  mutate: ['lib/**/*.ts'],
  coverageAnalysis: 'perTest',
  concurrency: 2,
  timeoutMS: 20_000,
  // Stryker would rewrite a tsconfig.json with a compiler API that TypeScript 7 no longer has; none is needed.
  // Only what the tests need is copied into Stryker's own folder.
  ignorePatterns: [
    '*',
    '!lib/**',
    '!ops/**',
    '!bench/**',
    '!simulation/**',
    '!sandbox/**',
    '!test/**',
    '!docs/**',
    '!package.json',
    '!*.config.ts',
    '!serverless.yml',
    '!infrastructure/**',
  ],
  reporters: ['clear-text', 'progress', 'html', 'json'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  htmlReporter: { fileName: 'reports/mutation/index.html' },
  jsonReporter: { fileName: 'reports/mutation/mutation.json' },
  thresholds: { high: 98, low: 95, break: 95 },
};
