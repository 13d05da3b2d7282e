import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { Skips } from './test/support/skips.ts';

/** All cores: vitest itself would leave one out. */
const cores = Math.max(2, availableParallelism());

export default defineConfig({
  test: {
    pool: 'forks',
    // What never comes ends a test, and nothing else does: limits are for what hangs, far beyond what a busy machine
    // needs and beyond what a test waits for (test/support/patience.ts). No test has a limit of its own.
    testTimeout: 900_000,
    hookTimeout: 900_000,
    expect: { poll: { timeout: 300_000 } },
    reporters: ['default', new Skips()],
    projects: [
      {
        extends: true,
        test: {
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: ['test/real/**', 'test/rules/**'],
          maxWorkers: cores,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Real servers and clients, after the others. They wait more than they work: twice as many files at a time as
        // cores, but with MIRRORWATCH_LONG=1, whose stories are about time, one more.
        extends: true,
        test: {
          name: 'real',
          include: ['test/real/**/*.test.ts', 'test/rules/**/*.test.ts'],
          maxWorkers: process.env.MIRRORWATCH_LONG === '1' ? cores + 1 : 2 * cores,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
