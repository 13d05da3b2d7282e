import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listUsage } from '../../../src/cli/completion.ts';
import { loadCommands } from '../../../src/cli/program.ts';
import { referenceFiles } from '../../../tools/generate-reference.ts';
import { exits } from '../../../tools/reference/exits.ts';
import { repoDir } from '../../support/paths.ts';
import { run } from './run-program.ts';

const commands = await loadCommands();

const files = await referenceFiles();

test.each([...files.keys()])('%s is what the code says (npm run generate writes it)', (path) =>
  expect(readFileSync(join(repoDir, path), 'utf8')).toBe(files.get(path)),
);

test('the package ships what is generated for shells and man', () => {
  const manifest = JSON.parse(readFileSync(join(repoDir, 'package.json'), 'utf8'));
  expect(manifest.files).toEqual(expect.arrayContaining(['completions', 'man']));
  expect(manifest.scripts.prepack).toContain('npm run completions');
  expect(files.has(manifest.man)).toBe(true);
});

test('only the exit codes of each command are documented', () =>
  expect(Object.keys(exits).toSorted()).toEqual(commands.map(({ name }) => name).toSorted()));

test.each(['bash', 'zsh', 'fish'])('completion %s prints every command', async (shell) => {
  const { code, out, err } = await run(['completion', shell]);
  expect([code, err]).toEqual([0, '']);
  for (const { name } of commands) expect(out).toContain(name);
});

test.each([[[]], [['tcsh']], [['bash', 'zsh']], [['constructor']]])('completion %j: usage, 2', async (words) => {
  const { code, out, err } = await run(['completion', ...words]);
  expect([code, out]).toEqual([2, '']);
  expect(err).toContain('usage: mirrorwatch completion bash|zsh|fish');
});

test('the usage is read: what options take, and what a first word may be', () => {
  const rows = new Map(listUsage(commands).map((row) => [row.name, row]));
  const takes = (command: string, option: string) =>
    rows.get(command)?.options.find(({ name }) => name === option)?.takes;
  expect([...rows].flatMap(([name, { first }]) => (first.length > 0 ? [[name, first]] : []))).toEqual([
    ['rank', ['go', 'npm', 'pypi', 'oci', 'http']],
    ['advice', ['go', 'npm', 'pypi', 'oci', 'http', 'accept', 'dismiss']],
    ['actions', ['stop', 'resume', 'undo']],
    ['webhook', ['test']],
    ['completion', ['bash', 'zsh', 'fish']],
  ]);
  expect(takes('run', 'log-level')).toEqual(['debug', 'info', 'warn', 'error']);
  expect(takes('demo', 'ecosystem')).toEqual(['go', 'npm', 'pypi', 'oci', 'http', 'all']);
  expect(takes('check', 'config')).toBe('file');
  for (const name of rows.keys()) expect(takes(name, 'lang')).toEqual(['en', 'zh']);
  expect(takes('init', 'home')).toBe('folder');
  expect(takes('rank', 'rounds')).toBe('anything');
});
