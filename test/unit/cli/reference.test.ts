import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadCommands } from '../../../src/cli/program.ts';
import { referenceFiles } from '../../../tools/generate-reference.ts';
import { exits } from '../../../tools/reference/exits.ts';
import { repoDir } from '../../support/paths.ts';
import { run } from './run-program.ts';

const commands = await loadCommands();

const files = await referenceFiles();

test.each([...files.keys()])('%s is what the code says (npm run generate writes it)', (path) => {
  expect(readFileSync(join(repoDir, path), 'utf8')).toBe(files.get(path));
});

test('the package ships the man page', () => {
  const manifest = JSON.parse(readFileSync(join(repoDir, 'package.json'), 'utf8'));
  expect(manifest.files).toContain('man');
  expect(files.has(manifest.man)).toBe(true);
});

test('only the exit codes of each command are documented', () => {
  expect(Object.keys(exits).toSorted()).toEqual(commands.map(({ name }) => name).toSorted());
});

test.each([[[]], [['bash']], [['tcsh', 'x']]])(
  'completion %j of 1.0 prints nothing that a shell evaluates',
  async (words) => {
    const { code, out, err } = await run(['completion', ...words]);
    expect([code, out]).toEqual([0, '']);
    expect(err).toContain('completion does nothing any more');
  },
);
