import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { boards } from '../dashboards/boards.ts';

// Writes dashboards/*.json from dashboards/*.ts; with --check says whether the files are what it would write.

const folder = join(import.meta.dirname, '../dashboards');

/** The text of each file, by its path. */
export function boardFiles(): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(boards).map(([name, board]) => [
      join(folder, `${name}.json`),
      `${JSON.stringify(board, null, 2)}\n`,
    ]),
  );
}

/** Files that are not what the code says: other, missing, or boards that no code makes. */
export function staleFiles(): readonly string[] {
  const wanted = boardFiles();
  const there = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => join(folder, name));
  const other = [...wanted].filter(([path, text]) => !there.includes(path) || readFileSync(path, 'utf8') !== text);
  return [...other.map(([path]) => path), ...there.filter((path) => !wanted.has(path))];
}

if (import.meta.main) {
  if (process.argv.includes('--check')) {
    const stale = staleFiles();
    for (const path of stale)
      console.error(`${path} is not what dashboards/*.ts says: run tools/generate-dashboards.ts`);
    if (stale.length > 0) process.exitCode = 1;
  } else for (const [path, text] of boardFiles()) writeFileSync(path, text);
}
