import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Reporter, TestModule } from 'vitest/node';
import { repoDir } from './paths.ts';

/** Of a file that `npm test` runs: CPU time without the programs that it starts, and duration. Seconds. */
export type Times = Readonly<Record<string, { readonly cpu: number; readonly took: number }>>;

/** Files that use less have no row, seconds. */
const rowFrom = 1;
/**
 * A file may use so many times the CPU time of its row on this machine, and so many seconds beside. The median of all
 * rows shows how much slower this machine is, or how busy.
 */
const outgrown = { times: 1.5, beside: 2 };

const table = join(repoDir, 'test', 'times.json');

export function readTimes(): Times {
  return JSON.parse(readFileSync(table, 'utf8')) as Times;
}

/**
 * After `npm test`, lists the files that have outgrown their rows in `test/times.json`, and the run fails. Durations are
 * recorded only. With UPDATE_TIMES=1 it writes the table, which a quiet machine should do.
 */
export class TimesReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const all = modules.map((module) => {
      const cpu = module.meta().cpuSeconds ?? 0;
      return { file: relative(repoDir, module.moduleId), cpu, took: module.diagnostic().duration / 1000 };
    });
    const report = join(repoDir, 'node_modules', '.cache');
    mkdirSync(report, { recursive: true });
    writeFileSync(join(report, `test-times-${process.env['MIRRORWATCH_TESTS'] ?? 'named'}.json`), JSON.stringify(all));
    if (process.env['MIRRORWATCH_TESTS'] !== 'first') return;
    if (process.env['UPDATE_TIMES'] === '1') {
      const rows = all.filter(({ cpu, took }) => Math.max(cpu, took) >= rowFrom).toSorted((a, b) => b.cpu - a.cpu);
      const round = (seconds: number): number => Math.round(seconds * 10) / 10;
      const lines = rows.map(({ file, cpu, took }) => `  "${file}": { "cpu": ${round(cpu)}, "took": ${round(took)} }`);
      writeFileSync(table, `{\n${lines.join(',\n')}\n}\n`);
      return;
    }
    const times = readTimes();
    const ratios = all.flatMap(({ file, cpu }) => {
      const row = times[file]?.cpu ?? 0;
      return row < rowFrom ? [] : cpu / row;
    });
    const slower = Math.max(1, ratios.toSorted((a, b) => a - b)[Math.floor(ratios.length / 2)] ?? 1);
    const usual = (file: string): number => slower * (times[file]?.cpu ?? rowFrom);
    const late = all.filter(({ file, cpu }) => cpu > outgrown.times * usual(file) + outgrown.beside);
    if (late.length === 0) return;
    process.exitCode = 1;
    console.error(
      '\nThese files use far more CPU time than test/times.json says. Make them quicker, or see CONTRIBUTING.md:',
    );
    for (const { file, cpu } of late) console.error(`  ${file}: ${cpu.toFixed(1)} s, not ${usual(file).toFixed(1)} s`);
  }
}
