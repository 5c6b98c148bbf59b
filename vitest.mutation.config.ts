import { defineConfig } from 'vitest/config';

/** For Stryker: the tests that run lib/ from its sources. Nothing is built for them. */
export default defineConfig({
  test: {
    include: ['test/unit/{contact-sync,answers,crm,transport,token,rate-share,ticket}*.test.ts'],
    testTimeout: 15_000,
  },
});
