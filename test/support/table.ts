import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repoDir } from './paths.ts';

/**
 * Rows that a test has as data, in `test/fixtures/tables/`.
 * @param file  the path of the test below `test/`, without `.test.ts`
 * @param name  which table of the file
 * @throws Error if there is no such table
 */
export function table<Rows>(file: string, name: string): Rows {
  const tables = JSON.parse(readFileSync(join(repoDir, 'test/fixtures/tables', `${file}.json`), 'utf8'));
  if (!Object.hasOwn(tables, name)) throw new Error(`no table ${name} in ${file}`);
  return tables[name] as Rows;
}
