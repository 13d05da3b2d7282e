import { execFileSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { repoDir } from '../../support/paths.ts';

/** The names of Node's own modules that a process has loaded once it has loaded this file. */
function loadedWith(file: string): readonly string[] {
  const url = JSON.stringify(pathToFileURL(`${repoDir}/${file}`).href);
  const script = `await import(${url}); console.log(JSON.stringify(process.moduleLoadList)); process.exit()`;
  const args = ['--input-type=module', '--eval', script];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as string[];
}

test.each(['src/cli/main.ts', 'src/io/worker.ts'])('%s loads no second undici, the one built into Node', (file) => {
  const loaded = loadedWith(file);
  expect(loaded).toContain('NativeModule net');
  expect(loaded.filter((name) => name.includes('deps/undici'))).toEqual([]);
});
