import { chmodSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, expect, it } from 'vitest';
import { removeTempDir } from '../../support/paths.ts';
import { dirs, newPath, open, opened, put, row } from './store-bench.ts';

afterEach(() => {
  for (const store of open.splice(0)) store.close();
  for (const dir of dirs.splice(0)) removeTempDir(dir);
});

/** The permission bits of a state file and of what lies beside it, by the end of its name. */
function modesBeside(path: string): Readonly<Record<string, string>> {
  const names = readdirSync(dirname(path)).filter((name) => name.startsWith(basename(path)));
  return Object.fromEntries(
    names.map((name) => [
      name.slice(basename(path).length).replace(/\d{8}T\d{6}Z/, 'STAMP'),
      (statSync(join(dirname(path), name)).mode & 0o777).toString(8),
    ]),
  );
}

function age(path: string): void {
  const db = new DatabaseSync(path);
  db.exec(`DROP TABLE answer; UPDATE meta SET value = '{"version":1}' WHERE key = 'schema'`);
  db.close();
}

it('a new state file, its log and the copy before a migration can be read by their owner only', () => {
  const path = newPath();
  const { store } = opened(path);
  put(store, row('a', 1));
  expect(modesBeside(path)).toEqual({ '': '600', '-wal': '600' });
  store.close();
  age(path);
  put(opened(path).store, row('b', 2));
  expect(modesBeside(path)).toEqual({ '': '600', '-wal': '600', '.layout-1-STAMP': '600' });
});

it('a state file of an earlier release and its copies lose the rights of others; other files and links keep theirs', () => {
  const path = newPath();
  opened(path).store.close();
  const beside = ['.corrupt-20250301T000000Z', '.corrupt-20250301T000000Z-2-wal', '.layout-1-20250301T000000Z', '.bak'];
  for (const end of beside) writeFileSync(`${path}${end}`, '');
  for (const end of ['', ...beside]) chmodSync(`${path}${end}`, 0o664);
  const other = join(dirname(path), 'other');
  writeFileSync(other, '', { mode: 0o644 });
  symlinkSync(other, `${path}.corrupt-20250302T000000Z`);
  opened(path);
  expect(Object.entries(modesBeside(path)).toSorted()).toEqual([
    ['', '600'],
    ['-wal', '600'],
    ['.bak', '664'],
    ['.corrupt-STAMP', '644'],
    ['.corrupt-STAMP-2-wal', '600'],
    ['.layout-1-STAMP', '600'],
  ]);
  expect(statSync(`${path}.corrupt-20250301T000000Z`).mode & 0o777).toBe(0o600);
  expect(statSync(other).mode & 0o777).toBe(0o644);
});

it('a state file that was deleted while in use is written again for its owner only', () => {
  const path = newPath();
  const { store } = opened(path);
  put(store, row('a', 1));
  rmSync(path);
  put(store, row('b', 2));
  store.close();
  expect(modesBeside(path)['']).toBe('600');
});
