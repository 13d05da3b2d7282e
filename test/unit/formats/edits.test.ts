import { describe, expect, test } from 'vitest';
import { changeSetting, type FileFormat, type SettingPath } from '../../../src/formats/format.ts';
import { ini } from '../../../src/formats/ini.ts';
import { npmrc } from '../../../src/formats/npmrc.ts';
import { toml } from '../../../src/formats/toml.ts';
import { json, yaml } from '../../../src/formats/yaml.ts';
import { table } from '../../support/table.ts';

const formats = { ini, toml, npmrc, yaml, json } as const satisfies Record<string, FileFormat>;

/** `after`: the whole new text, or why nothing is changed: `form`, or the line that the client rejects. */
type Row = readonly [
  name: string,
  format: keyof typeof formats,
  before: string,
  path: SettingPath,
  after: string | { readonly refused: number | 'form' },
];

const url = 'https://b.example.com/simple';
const [index, registry] = [['global', 'index-url'], ['registry']];

const rows = table<readonly Row[]>('unit/formats/edits', 'rows');

describe('one value is changed, and the rest of the text stays', () => {
  test.each(rows)('%s (%s)', (_, format, before, path, after) => {
    const changed = changeSetting(formats[format], before, path, url);
    if (typeof after === 'string') expect(changed).toEqual({ tag: 'ok', value: after });
    else {
      const isForm = after.refused === 'form';
      const key = isForm ? 'change.form' : 'change.syntax';
      expect(changed).toMatchObject({
        tag: 'error',
        error: isForm ? { key } : { key, values: { line: after.refused } },
      });
    }
  });

  const mirror = { name: 'mirror', url, default: true };
  test.each(
    table<[string, string, number, string][]>(
      'unit/formats/edits',
      'one value is changed, and the rest of the text stays: a further index in a uv.toml: %s',
    ),
  )('a further index in a uv.toml: %s', (_, before, at, after) =>
    expect(changeSetting(toml, before, ['index', at], mirror)).toEqual({ tag: 'ok', value: after }),
  );

  test.each([
    ['ini', '[global]\nindex-url = a\n', index],
    ['npmrc', 'registry=a\n', registry],
  ] as const)('%s: what the format cannot hold is not written', (format, before, path) => {
    for (const value of format === 'ini' ? ['a\nb', ' a', 'a\r', true] : ['true', 'null'])
      expect(changeSetting(formats[format], before, path, value)).toMatchObject({
        tag: 'error',
        error: { key: 'change.form' },
      });
  });
});
