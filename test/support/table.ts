import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repoDir } from './paths.ts';

/**
 * Rows that a test has as data, in `test/fixtures/tables/`.
 * @param file  the path of the test below `test/`, without `.test.ts`
 * @param name  which table of the file
 * @param values  what `<key>` stands for in the texts of the rows
 * @throws Error if there is no such table
 */
export function table<Rows>(file: string, name: string, values: Readonly<Record<string, string>> = {}): Rows {
  const tables = JSON.parse(readFileSync(join(repoDir, 'test/fixtures/tables', `${file}.json`), 'utf8'));
  if (!Object.hasOwn(tables, name)) throw new Error(`no table ${name} in ${file}`);
  const fill = (text: string) => text.replaceAll(/<([\w ]+)>/g, (all, key: string) => values[key] ?? all);
  return JSON.parse(JSON.stringify(tables[name]), (_, value) =>
    typeof value === 'string' ? fill(value) : value,
  ) as Rows;
}
