import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, test, vi } from 'vitest';
import { limits } from '../../../src/core/limits.ts';
import { countProbingThreads, createMachine, measureCpuSeconds, measureMemory } from '../../../src/io/machine.ts';
import { tempDir } from '../../support/paths.ts';
import { run } from '../../support/process.ts';

afterEach(() => vi.restoreAllMocks());

test('resident memory is that of Node, in bytes, and part of the virtual memory', () => {
  const { resident = 0, virtual = 0, heap = 0 } = measureMemory();
  expect(resident / process.memoryUsage.rss()).toBeCloseTo(1, 0);
  expect(virtual).toBeGreaterThan(resident);
  expect(heap).toBeGreaterThan(0);
});

test('CPU time is in seconds', () => {
  vi.spyOn(process, 'cpuUsage').mockReturnValue({ user: 2_500_000, system: 250_000 });
  expect(measureCpuSeconds()).toEqual({ user: 2.5, system: 0.25 });
});

test.each([
  [1, 2],
  [2, 2],
  [3, 3],
  [64, 3],
])('on %d cores %d threads probe at most: the heavy one, and a core of their own for the others', (cores, threads) =>
  expect(countProbingThreads(cores)).toBe(threads),
);

test('a file with settings is read up to a length, and a list of packages at any', async () => {
  const folder = tempDir('machine');
  const { read } = createMachine({ env: {}, home: folder, cwd: folder, root: folder });
  const lengthOf = async (name: string, length: number) => {
    const file = join(folder, name);
    writeFileSync(file, 'a'.repeat(length));
    const text = await read(file);
    return text.tag === 'ok' ? text.text.length : text.code;
  };
  const most = limits.settingsChars;
  expect(await lengthOf('.npmrc', most)).toBe(most);
  for (const name of ['.npmrc', 'Dockerfile', 'uv.toml']) expect(await lengthOf(name, most + 1)).toBe('EFBIG');
  for (const name of ['package-lock.json', 'go.sum', 'uv.lock', 'requirements-dev.txt'])
    expect(await lengthOf(name, most + 1)).toBe(most + 1);
});

describe('the main thread', () => {
  const machine = fileURLToPath(new URL('../../../src/io/machine.ts', import.meta.url));
  const program = (cores: number): string => `
    import { getPriority } from 'node:os';
    import { Worker } from 'node:worker_threads';
    import { yieldToProbingThreads } from ${JSON.stringify(machine)};
    const code = 'import { parentPort } from "node:worker_threads"; import { getPriority } from "node:os"; parentPort.once("message", () => parentPort.postMessage(getPriority(0)));';
    const niceOf = (worker) => new Promise((resolve) => { worker.once('message', resolve); worker.postMessage(0); });
    const early = new Worker(code, { eval: true });
    const before = getPriority(0);
    yieldToProbingThreads(${cores});
    console.log(JSON.stringify({ before, own: getPriority(0), early: await niceOf(early) }));
    process.exit();
  `;
  it.each([
    [1, 10],
    [2, 10],
    [3, -20],
  ])('lowers its own priority and not that of a thread that runs, with %i cores', async (cores, least) => {
    const ran = await run(process.execPath, ['--input-type=module', '--eval', program(cores)]);
    const { before, own, early } = JSON.parse(ran.stdout);
    expect({ own, early }).toEqual({ own: Math.max(before, least), early: before });
  });
});
