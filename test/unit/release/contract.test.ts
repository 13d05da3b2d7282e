import { expect, test } from 'vitest';
import { type Contract, differencesOf, unnamedIn } from '../../../tools/release/contract.ts';
import { flattenSchema } from '../../../tools/release/flatten.ts';
import { table } from '../../support/table.ts';

const before: Contract = {
  metrics: { mirror_up: 'gauge{registry}', mirror_lag_seconds: 'gauge{registry}' },
  config: { listen: 'string', 'mirrors[].name': 'string' },
};
const changelog = (lines: string): string =>
  `# Changelog\n\n## 1.1.0 (unreleased)\n\n${lines}\n\n## 1.0.0\n\n- [CHANGE] \`mirror_up\`\n`;

const rows = table<readonly (readonly [string, Contract, string, readonly string[]])[]>(
  'unit/release/contract',
  'rows',
);

test.each(rows)('%s', (_, now, lines, unnamed) => {
  const found = unnamedIn(changelog(lines), '1.0.0', differencesOf(before, now));
  expect(found.map(({ name, kind }) => `${name} ${kind}`)).toEqual(unnamed);
});

test('a schema becomes paths with types: lists, choices, references and what may be absent', () => {
  const schema = {
    type: 'object',
    required: ['a'],
    properties: {
      a: { anyOf: [{ type: 'string' }, { type: 'array', items: { $ref: '#/defs/node' } }] },
      b: { enum: ['x', 'y'] },
      c: { type: 'object', additionalProperties: { type: 'number' } },
    },
    defs: { node: { type: 'object', required: ['next'], properties: { next: { $ref: '#/defs/node' } } } },
  };
  expect(flattenSchema(schema)).toEqual({
    a: 'array | string',
    'a[]': 'object',
    b: '"x" | "y" | ?',
    c: '? | object',
    'c.*': 'number',
  });
});
