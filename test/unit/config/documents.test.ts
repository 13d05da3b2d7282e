import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { formatIssues } from '../../../src/config/format-issues.ts';
import { configJsonSchema, type SchemaNode } from '../../../src/config/json-schema.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { configReference, configSchemaText } from '../../../src/config/reference.ts';
import { diskFiles, expandPlainly } from './support.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const examples = readdirSync(`${root}examples`).filter((name) => name.endsWith('.yaml'));

describe('generated pages are those of the schema (node tools/generate-config-docs.ts)', () => {
  test('docs/configuration.md', () => {
    expect(readFileSync(`${root}docs/configuration.md`, 'utf8')).toBe(configReference());
  });
  test('docs/mirrorwatch.schema.json', () => {
    expect(readFileSync(`${root}docs/mirrorwatch.schema.json`, 'utf8')).toBe(configSchemaText());
  });
  test('every key has a meaning', () => {
    const rows = configReference()
      .split('\n')
      .filter((line) => line.startsWith('| `'));
    expect(rows.length).toBeGreaterThan(100);
    expect(rows.filter((row) => /\|\s*\|$/.test(row))).toEqual([]);
  });
});

describe('examples', () => {
  test('full-go.yaml shows every key at the top', () => {
    const { properties = {} } = configJsonSchema() as SchemaNode;
    const text = readFileSync(`${root}examples/full-go.yaml`, 'utf8');
    expect(Object.keys(properties).filter((key) => !new RegExp(`^${key}:`, 'm').test(text))).toEqual([]);
  });
  test('there are some', () => expect(examples.length).toBeGreaterThanOrEqual(4));
  test.each(examples)('%s loads without a mistake, a warning or a variable set', (name) => {
    const path = `${root}examples/${name}`;
    const loaded = loadConfig({
      text: readFileSync(path, 'utf8'),
      path,
      env: {},
      files: diskFiles,
      expand: expandPlainly,
    });
    expect(loaded.tag === 'ok' ? formatIssues(loaded.value.warnings, name) : formatIssues(loaded.error, name)).toBe('');
  });
});
