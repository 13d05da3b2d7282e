import { spawn } from 'node:child_process';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

// Measures the mutation score of detection, advice and configuration, on lines selected by seed. Stryker changes the
// code of these lines, one change at a time, and runs the unit tests that reach the line. If no test fails, the mutant
// has survived. The packages are no dependencies of the project:
//   npm install --no-save --no-package-lock @stryker-mutator/core@10.1.1 @stryker-mutator/vitest-runner@10.1.1
//   npm run mutants -- --seed 1 --lines 150 --out mutants.json

const root = join(import.meta.dirname, '../..');
const folders = ['detect', 'advise', 'config'] as const;
const stryker = join(root, 'node_modules/.bin/stryker');

/** A mutant in Stryker's report (mutation-testing-report-schema, version 2). */
interface Mutant {
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly status:
    | 'Killed'
    | 'Survived'
    | 'NoCoverage'
    | 'Timeout'
    | 'CompileError'
    | 'RuntimeError'
    | 'Ignored'
    | 'Pending';
  readonly location: { readonly start: { readonly line: number } };
}

/**
 * Selects lines of code of `folders` at random, as `file:line`. The text of a line decides whether it is selected. So
 * the same line is also selected in another commit or file, and two commits are compared on mostly the same mutants.
 * Imports, comments, blank lines and single brackets are left out, because they have no mutants.
 */
function drawLines(seed: number, count: number): string[] {
  const lines = folders.flatMap((folder) =>
    globSync(`src/${folder}/**/*.ts`, { cwd: root }).flatMap((file) =>
      readFileSync(join(root, file), 'utf8')
        .split('\n')
        .map((text, at) => ({ place: `${file}:${at + 1}`, text: text.trim() }))
        .filter(({ text }) => !/^($|\/\/|\/?\*|import |\} from |[\])}>;,]+$)/.test(text)),
    ),
  );
  return lines
    .map(({ place, text }) => ({ place, lot: hash('sha256', `${seed} ${text}`) }))
    .toSorted((a, b) => (a.lot < b.lot ? -1 : 1))
    .slice(0, count)
    .map(({ place }) => place);
}

/** The 95 % Wilson interval of a share, in percent. */
function intervalOf(hits: number, of: number): readonly [number, number] {
  const z = 1.96;
  const share = hits / of;
  const middle = share + z ** 2 / (2 * of);
  const spread = z * Math.sqrt((share * (1 - share)) / of + z ** 2 / (4 * of ** 2));
  const percent = (value: number) => Math.round((1_000 * value) / (1 + z ** 2 / of)) / 10;
  return [percent(middle - spread), percent(middle + spread)];
}

function scoreOf(mutants: readonly Mutant[]) {
  const count = (...statuses: readonly Mutant['status'][]) =>
    mutants.filter(({ status }) => statuses.includes(status)).length;
  const killed = count('Killed', 'Timeout');
  const valid = killed + count('Survived', 'NoCoverage');
  return {
    mutants: valid,
    killed,
    survived: count('Survived'),
    noCoverage: count('NoCoverage'),
    scorePercent: valid === 0 ? null : Math.round((1_000 * killed) / valid) / 10,
    intervalPercent: valid === 0 ? null : intervalOf(killed, valid),
  };
}

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    lines: { type: 'string', default: '150' },
    concurrency: { type: 'string', default: '1' },
    out: { type: 'string' },
  },
});
if (!existsSync(stryker)) {
  console.error(
    'Stryker is not installed: npm install --no-save --no-package-lock @stryker-mutator/core@10.1.1 @stryker-mutator/vitest-runner@10.1.1',
  );
  process.exit(2);
}
const seed = Number(values.seed);
const drawn = drawLines(seed, Number(values.lines));
const folder = mkdtempSync(join(tmpdir(), 'mirrorwatch-mutants-'));
const report = join(folder, 'report.json');
writeFileSync(
  join(folder, 'stryker.json'),
  JSON.stringify({
    testRunner: 'vitest',
    vitest: { configFile: 'tools/mutants/vitest.config.ts' },
    plugins: ['@stryker-mutator/vitest-runner'],
    coverageAnalysis: 'perTest',
    ignoreStatic: true,
    concurrency: Number(values.concurrency),
    // Stryker cannot use TypeScript 7, which has no JavaScript interface. So it must not find the project's tsconfig.
    tsconfigFile: 'none.json',
    ignorePatterns: ['.cache', 'deploy/kubernetes'],
    tempDirName: join(folder, 'sandbox'),
    // Much more than a test needs on a busy machine, so that only a mutant that never ends times out.
    timeoutMS: 120_000,
    dryRunTimeoutMinutes: 60,
    reporters: ['json', process.stdout.isTTY ? 'progress' : 'progress-append-only'],
    jsonReporter: { fileName: report },
    mutate: drawn.map((line) => line.replace(/:(\d+)$/, ':$1-$1')),
  }),
);
const child = spawn(stryker, ['run', join(folder, 'stryker.json')], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit'],
});
const [code] = await once(child, 'exit');
if (code !== 0) process.exit(1);
const { files } = JSON.parse(readFileSync(report, 'utf8')) as { files: Record<string, { mutants: readonly Mutant[] }> };
rmSync(folder, { recursive: true });
const mutants = Object.entries(files).flatMap(([file, one]) => one.mutants.map((mutant) => ({ ...mutant, file })));
const result = {
  seed,
  lines: drawn.length,
  all: scoreOf(mutants),
  ...Object.fromEntries(
    folders.map((name) => [name, scoreOf(mutants.filter(({ file }) => file.startsWith(`src/${name}/`)))]),
  ),
  alive: mutants
    .filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
    .map(({ file, location, mutatorName, replacement = '' }) =>
      `${file}:${location.start.line} ${mutatorName}: ${replacement}`.slice(0, 160),
    ),
};
const text = `${JSON.stringify(result, null, 2)}\n`;
if (values.out === undefined) process.stdout.write(text);
else writeFileSync(values.out, text);
