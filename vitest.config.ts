import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 120_000,
    pool: 'forks',
    projects: [
      {
        extends: true,
        test: { name: 'fast', include: ['test/**/*.test.ts'], exclude: ['test/real/**', 'test/rules/**'] },
      },
      {
        // Real servers and clients: one file at a time, so that two cores are enough for each.
        extends: true,
        test: { name: 'real', include: ['test/real/**/*.test.ts', 'test/rules/**/*.test.ts'], testTimeout: 300_000, fileParallelism: false },
      },
    ],
  },
});
