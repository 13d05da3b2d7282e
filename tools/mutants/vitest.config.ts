import { defineConfig } from 'vitest/config';

/** The tests that a mutant of the judge or of the configuration has to pass: those that need no server. */
export default defineConfig({
  test: {
    include: ['test/unit/{detect,advise,config}/**/*.test.ts'],
    testTimeout: 60_000,
  },
});
