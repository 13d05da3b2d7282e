import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { boards } from '../dashboards/boards.ts';

// Writes dashboards/*.json from dashboards/*.ts. With --check it writes nothing, and fails if a file differs.

// Helm packs no file from outside the chart, so it has a copy.
const folders = ['dashboards', 'deploy/kubernetes/mirrorwatch/dashboards'].map((path) =>
  join(import.meta.dirname, '..', path),
);

/** The text of each dashboard file, by its path. */
export function boardFiles(): ReadonlyMap<string, string> {
  return new Map(
    folders.flatMap((folder) =>
      Object.entries(boards).map(([name, board]): [string, string] => [
        join(folder, `${name}.json`),
        `${JSON.stringify(board, null, 2)}\n`,
      ]),
    ),
  );
}

/** The files that differ from the code: with another text, missing, or of a dashboard that no code generates. */
export function staleFiles(): readonly string[] {
  const wanted = boardFiles();
  const there = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .map((name) => join(folder, name)),
  );
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
