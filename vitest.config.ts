import { globSync } from 'node:fs';
import { availableParallelism, constants, setPriority } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';
import { Skips } from './test/support/skips.ts';
import { representatives, slow } from './test/support/tiers.ts';
import { TimesReporter } from './test/support/times.ts';

/**
 * A daemon that a test starts lowers the priority of its thread (docs/decisions/0027-own-work-outside-the-phases.md), and the worker
 * keeps that for all later files. The clients that a daemon runs have the lowest priority. Beside busy workers both would get
 * less than a tenth of a core, so all have the lowest. Where other work shares the machine, tests do not give way to it.
 */
if (process.env['CI'] !== undefined) setPriority(constants.priority.PRIORITY_LOW);

/** All cores: vitest itself would leave one out. */
const cores = Math.max(2, availableParallelism());
/** With the real Git, which they start a thousand times. */
const withGit = 'test/unit/features/actions/{git,git-hostile,merge-request}.test.ts';
const daemons = ['test/daemon/**/*.test.ts', 'test/fault/**/*.test.ts'];
const parts = ['test/real/**/*.test.ts', 'test/rules/**/*.test.ts', withGit];
/** Temporary files are in memory and go with the run. */
const globalSetup = ['test/support/temp-folder.ts'];
/** Each worker loads modules once for all of its files: a file leaves nothing behind that another could see. */
const shared = { isolate: false, globalSetup };
/** Tests that start daemons, servers and clients wait: of so many, most times one of each core has something to do. */
const waiting = { maxWorkers: 3 * cores, sequence: { groupOrder: 2 } };
/** `first`: what `npm test` runs. `rest`: what `npm run test:rest` runs. Without it, all: for files that are named. */
const tier = process.env['MIRRORWATCH_TESTS'];

function chosen(project: 'code' | 'parts', include: readonly string[], exclude: readonly string[] = []) {
  const isFirst = (file: string) => representatives.includes(file) || (project === 'code' && !slow.includes(file));
  const files = globSync(include, { exclude });
  return tier === undefined ? files : files.filter((file) => isFirst(file) === (tier === 'first'));
}

export default defineConfig({
  test: {
    pool: 'forks',
    // Node strips the types and keeps what it compiled (NODE_COMPILE_CACHE in package.json). There is no vi.mock.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    // What never comes ends a test, and nothing else does: limits are for what hangs, far beyond what a busy machine
    // needs and beyond what a test waits for (test/support/patience.ts). No test has a limit of its own.
    testTimeout: 900_000,
    hookTimeout: 900_000,
    expect: { poll: { timeout: 300_000 } },
    // Programs made with Go collect garbage a quarter as often: they end soon, and collecting is a fifth of their cost.
    env: { GOGC: '400' },
    setupFiles: ['test/support/quick-imports.ts'],
    runner: './test/support/counting-runner.ts',
    reporters: ['default', new Skips(), new TimesReporter()],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        // Code of this repository, each part by itself.
        extends: true,
        test: {
          name: 'fast',
          include: chosen('code', ['test/**/*.test.ts'], [...daemons, ...parts]),
          ...shared,
          // One more than cores, since some of them wait, too.
          maxWorkers: cores + 1,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Whole daemons and real sockets, all of it in this repository.
        extends: true,
        test: {
          name: 'daemon',
          include: chosen('parts', daemons),
          ...shared,
          ...waiting,
        },
      },
      {
        // Servers and clients of their makers. A process that has grown large would start programs slowly.
        extends: true,
        test: {
          name: 'real',
          globalSetup,
          include: chosen('parts', parts),
          ...waiting,
        },
      },
    ],
  },
});
