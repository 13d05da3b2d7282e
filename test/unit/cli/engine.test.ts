import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { createLoad } from '../../../src/cli/engine.ts';
import { repoDir } from '../../support/paths.ts';

/** What a program sees that first calls `replaceProcess`, as lines; the first run of it writes one before. */
function seen(env: Readonly<Record<string, string>>): readonly string[] {
  const script = `
    console.log('begun');
    const { replaceProcess } = await import(${JSON.stringify(`${repoDir}/src/cli/engine.ts`)});
    replaceProcess();
    const { MALLOC_ARENA_MAX, MALLOC_TRIM_THRESHOLD_ } = process.env;
    console.log([process.pid, MALLOC_ARENA_MAX, MALLOC_TRIM_THRESHOLD_, process.execArgv.length].join(' '));
    process.exit();`;
  const { stdout, pid } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
  });
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.replace(`${pid}`, 'pid'));
}

test.each([
  ['without a bound, the process begins anew, once, with bounds', {}, ['begun', 'begun', 'pid 2 131072 3']],
  ['a bound of the operator stays', { MALLOC_ARENA_MAX: '1' }, ['begun', 'pid 1  3']],
  ['and a threshold', { MALLOC_TRIM_THRESHOLD_: '9' }, ['begun', 'begun', 'pid 2 9 3']],
])('%s', (_name, env, want) => expect(seen(env)).toEqual(want));

/** The second in which the load calls for compilers; `null`: in none of ten minutes. */
function calledAt(spentMsOf: (second: number) => number): number | null {
  const load = createLoad();
  let spentMs = 0;
  for (let second = 1; second <= 600; second += 1) {
    spentMs += spentMsOf(second);
    if (load(second * 1_000, spentMs)) return second;
  }
  return null;
}

test.each([
  ['a start, then two probes a second', (second: number) => (second <= 2 ? 900 : 20), null],
  ['scrapes and a thread that starts', (second: number) => (second % 15 === 0 ? 400 : 30), null],
  ['a long response after a minute', (second: number) => (second >= 60 ? 1_000 : 20), 61],
  ['200 probes a second', () => 400, 14],
] as const)('%s', (_, spentMsOf, second) => expect(calledAt(spentMsOf)).toBe(second));
