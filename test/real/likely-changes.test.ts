import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { repoDir } from '../support/paths.ts';

/**
 * CONTRIBUTING.md lists the files of each likely change. Here the declaration of the change is made in a copy of the sources:
 * every file that then does not compile is in the list.
 */

const run = promisify(execFile);
const copied = [
  'src',
  'locales',
  'test',
  'bench',
  'tools',
  'dashboards',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
];
let copy: string;

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'mirrorwatch-change-'));
  for (const name of copied) cpSync(join(repoDir, name), join(copy, name), { recursive: true });
  symlinkSync(join(repoDir, 'node_modules'), join(copy, 'node_modules'));
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

function edit(file: string, from: string, to: string): void {
  const path = join(copy, file);
  const text = readFileSync(path, 'utf8');
  expect(text, `${file} has: ${from}`).toContain(from);
  writeFileSync(path, text.replace(from, to));
}

function addTexts(keys: readonly string[]): void {
  for (const language of ['en', 'zh']) {
    const path = join(copy, `locales/${language}.json`);
    const texts = JSON.parse(readFileSync(path, 'utf8'));
    for (const key of keys) texts[`${key}.drift`] = texts[`${key}.throughput`];
    writeFileSync(path, JSON.stringify(texts, null, 2));
  }
}

async function brokenFiles(): Promise<readonly string[]> {
  const { stdout } = await run('npx', ['tsc', '--noEmit', '-p', '.'], { cwd: copy }).catch((error) => error);
  return [...new Set([...String(stdout).matchAll(/^([a-z][^(\n]*)\(\d/gm)].map(([, file = '']) => file))];
}

/** The files and folders that a part of CONTRIBUTING.md names. */
function namedIn(heading: string): readonly string[] {
  const text = readFileSync(join(repoDir, 'CONTRIBUTING.md'), 'utf8');
  const part = text.split(/^### /m).find((section) => section.startsWith(`${heading}\n`)) ?? '';
  return [...part.matchAll(/`((?:src|test|locales|dashboards|tools|examples)\/[^`]*|[A-Z]+\.md|openapi\.yaml)`/g)].map(
    ([, path = '']) => path,
  );
}

it.each([
  {
    heading: 'A threshold key',
    make: () =>
      edit('src/core/config.ts', 'readonly minGain: number;', 'readonly minGain: number; readonly patience: number;'),
  },
  {
    heading: 'A receiver of messages',
    make: () =>
      edit('src/core/receiver-format.ts', '  wecom: {', "  zulip: { form: 'cards', secrets: 'none' },\n  wecom: {"),
  },
  {
    heading: 'A kind of finding',
    make: () => {
      edit(
        'src/core/finding.ts',
        '  spike: {',
        "  drift: { severity: 'warning', advice: { rank: 10, costs: 'time' } },\n  spike: {",
      );
      addTexts(['finding', 'ended', 'kind', 'advice.cause']);
      return run('node', ['tools/generate-texts.ts'], { cwd: copy });
    },
  },
  {
    heading: 'A profile of file mirrors',
    make: () => edit('src/ecosystems/http/profiles.ts', 'conda', 'drift, conda'),
  },
])('$heading: what does not compile is named', async ({ heading, make }) => {
  const kept = ['src/core', 'locales', 'src/ecosystems/http/profiles.ts'];
  await make();
  const broken = await brokenFiles();
  for (const name of kept) cpSync(join(repoDir, name), join(copy, name), { recursive: true, force: true });
  const named = namedIn(heading);
  expect(named.length).toBeGreaterThan(3);
  expect(named.filter((path) => !existsSync(join(repoDir, path)))).toEqual([]);
  expect(broken.length).toBeGreaterThan(0);
  expect(
    broken.filter((file) => !named.some((path) => file === path || (path.endsWith('/') && file.startsWith(path)))),
  ).toEqual([]);
});
