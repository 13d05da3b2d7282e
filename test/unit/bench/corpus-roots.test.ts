import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { lastLine, readRoots, takeRoots } from '../../../bench/corpus/roots.ts';
import { removeTempDir, tempDir } from '../../support/paths.ts';

const dirs: string[] = [];
afterAll(() => {
  for (const dir of dirs) removeTempDir(dir);
});

function folder(): string {
  const dir = tempDir('corpus-roots');
  dirs.push(dir);
  return dir;
}

/** A registry that refuses `bad`; each other root brings ten packages. */
function taking(dir: string, count: number) {
  const asked: string[] = [];
  let held = 0;
  const run = (roots: readonly string[]) =>
    takeRoots(
      { dir, roots, count, say: () => undefined },
      () => held,
      (root) => {
        asked.push(root);
        if (root === 'bad') return Promise.resolve('404 Not Found');
        held += 10;
        return Promise.resolve(null);
      },
    );
  return { asked, run };
}

test('roots are taken in order until enough is held; one that is refused is named', async () => {
  const { asked, run } = taking(folder(), 20);
  expect(await run(['a', 'bad', 'b', 'c'])).toEqual(['bad: 404 Not Found']);
  expect(asked).toEqual(['a', 'bad', 'b']);
});

test('the next run goes on: what was taken is not taken again, and what was refused is', async () => {
  const dir = folder();
  const first = taking(dir, 10);
  await first.run(['a', 'b']);
  const second = taking(dir, 100);
  await second.run(['bad', 'a', 'b']);
  const third = taking(dir, 100);
  await third.run(['bad', 'a', 'b', 'c']);
  expect([first.asked, second.asked, third.asked]).toEqual([['a'], ['bad', 'b'], ['bad', 'c']]);
});

test('roots are read by part, and a mistake is told with its place', () => {
  const file = join(folder(), 'roots.json');
  const read = (text: string) => {
    writeFileSync(file, text);
    return readRoots(file);
  };
  expect(read('{"npm": ["a"], "go": []}')).toEqual({ npm: ['a'], go: [] });
  expect(() => read('{"npm": [1]}')).toThrow(`${file}: `);
  expect(() => read('{"nmp": []}')).toThrow('nmp');
  expect(readRoots(join(import.meta.dirname, '../../../bench/corpus/roots.json')).debian).toEqual([]);
});

test('the reason of a client is its last line', () => {
  expect(lastLine('npm error code E404\nnpm error 404 Not Found\n\n')).toBe('npm error 404 Not Found');
});
