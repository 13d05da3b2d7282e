import { expect } from 'vitest';

/**
 * Runs a check for each row of a table and fails once, with the name and the reason of each row that fails.
 * @param nameOf  how a row is named in the message
 * @param check   throws, or rejects, for a row that fails
 * @throws Error if the table has no rows
 */
export async function expectRows<Row>(
  rows: Iterable<Row>,
  nameOf: (row: Row) => string,
  check: (row: Row) => void | Promise<void>,
): Promise<void> {
  const failed: string[] = [];
  let count = 0;
  for (const row of rows) {
    count += 1;
    try {
      await check(row);
    } catch (error) {
      failed.push(`${nameOf(row)}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (count === 0) throw new Error('a table without rows');
  expect(failed.join('\n')).toBe('');
}
