import { expect, test } from 'vitest';
import { newNamesPage } from '../../../tools/generate-new-names.ts';
import { breakingIn, type Contract } from '../../../tools/release/contract.ts';
import { flattenSchema } from '../../../tools/release/flatten.ts';
import { table } from '../../support/table.ts';

const before: Contract = {
  metrics: { mirror_up: 'gauge{registry}', mirror_lag_seconds: 'gauge{registry}' },
  config: { listen: 'string', 'mirrors[].kind': '"a" | "b"' },
  commands: { run: { options: ['--config'], exits: [0, 1] } },
};
const rows = table<readonly (readonly [string, Contract, readonly string[]])[]>('unit/release/contract', 'rows');

test.each(rows)('%s', (_, changes, expected) => {
  const found = breakingIn(before, { ...before, ...changes });
  expect(found.map(({ name, kind }) => `${name} ${kind}`)).toEqual(expected);
});

test('the page of new names has no parts of a new name, and one line for a field of several kinds', () => {
  const now: Contract = {
    ...before,
    webhooks: {
      'mirror.lag.data.page': 'string',
      'mirror.outage.data.page': 'string',
      'mirror.cap': 'object',
      'mirror.cap.data.page': 'string',
    },
  };
  expect(
    newNamesPage({ ...before, webhooks: {} }, now)
      .split('\n')
      .filter((line) => line.startsWith('- ')),
  ).toEqual(['- `mirror.KIND.data.page`', '- `mirror.cap`']);
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
