import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    pool: 'forks',
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: ['test/real/**', 'test/rules/**'],
          testTimeout: 30_000,
        },
      },
      {
        // Real servers and clients: one file at a time, so that two cores are enough for each.
        extends: true,
        test: {
          name: 'real',
          include: ['test/real/**/*.test.ts', 'test/rules/**/*.test.ts'],
          testTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
