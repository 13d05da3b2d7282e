import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { formatIssues } from '../../../src/config/format-issues.ts';
import { buildConfigJsonSchema, type SchemaNode } from '../../../src/config/json-schema.ts';
import { loadConfigSlowly } from '../../../src/config/load-slowly.ts';
import { registry } from '../../../src/ecosystems/registry.ts';
import { expandTargets } from '../../../src/schedule/targets.ts';
import { configReference, configSchemaText } from '../../../tools/config-reference.ts';
import { diskFiles } from './support.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const examples = readdirSync(`${root}examples`).filter((name) => name.endsWith('.yaml'));

describe('generated pages are those of the schema (node tools/generate-config-docs.ts)', () => {
  test('docs/configuration.md', () =>
    expect(readFileSync(`${root}docs/configuration.md`, 'utf8')).toBe(configReference()));
  test('docs/mirrorwatch.schema.json', () =>
    expect(readFileSync(`${root}docs/mirrorwatch.schema.json`, 'utf8')).toBe(configSchemaText()));
  test('every key has a meaning', () => {
    const rows = configReference()
      .split('\n')
      .filter((line) => line.startsWith('| `'));
    expect(rows.length).toBeGreaterThan(100);
    expect(rows.filter((row) => /\|\s*\|$/.test(row))).toEqual([]);
  });
});

describe('examples', () => {
  test('full-go.yaml shows every key at the top but `pair`, which has ended', () => {
    const { properties = {} } = buildConfigJsonSchema() as SchemaNode;
    const text = readFileSync(`${root}examples/full-go.yaml`, 'utf8');
    const keys = Object.keys(properties).filter((key) => key !== 'pair');
    expect(keys.filter((key) => !new RegExp(`^${key}:`, 'm').test(text))).toEqual([]);
    expect(text).not.toMatch(/^pair:/m);
  });
  test('each ecosystem has one of its own, and one has all', () => {
    const named = examples.map((name) => {
      const found = readFileSync(`${root}examples/${name}`, 'utf8').matchAll(/ecosystem: (\w+)/g);
      return new Set([...found].map(([, id]) => id));
    });
    const alone = named.filter(({ size }) => size === 1).flatMap((ids) => [...ids]);
    expect(registry.ids.filter((id) => !alone.includes(id))).toEqual([]);
    expect(named.some((ids) => registry.ids.every((id) => ids.has(id)))).toBe(true);
  });
  test.each(examples)('%s loads without a mistake, a warning or a variable set', async (name) => {
    const path = `${root}examples/${name}`;
    const loaded = await loadConfigSlowly({
      text: readFileSync(path, 'utf8'),
      path,
      env: {},
      files: { read: async (file) => diskFiles.read(file), list: async (folder) => diskFiles.list(folder) },
      expand: (config) => expandTargets(config, registry),
    });
    expect(loaded.tag === 'ok' ? formatIssues(loaded.value.warnings, name) : formatIssues(loaded.error, name)).toBe('');
  });
});
