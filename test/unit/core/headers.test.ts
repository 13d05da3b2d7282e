import { expect, test } from 'vitest';
import { readHeaders } from '../../../src/core/http.ts';
import { table } from '../../support/table.ts';

test.each(
  table<[string, readonly string[], Readonly<Record<string, string>> | null][]>('unit/core/headers', 'headers: %s'),
)('headers: %s', (_, lines, wanted) => {
  const found = readHeaders(lines);
  const shown =
    found === null ? null : Object.fromEntries(Object.entries(found).map(([name, value]) => [name, value.reveal()]));
  expect(shown).toEqual(wanted);
});
