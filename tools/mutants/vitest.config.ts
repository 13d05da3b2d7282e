import { defineConfig } from 'vitest/config';

/** The tests that run against each mutant: unit tests of detection, advice and configuration, which need no server. */
export default defineConfig({
  test: {
    include: ['test/unit/{detect,advise,config}/**/*.test.ts'],
    testTimeout: 60_000,
  },
});
