import { expect, test } from 'vitest';
import { encodePath, escapeModule, escapeVersion } from '../../../../src/ecosystems/go/escape.ts';
import { table } from '../../../support/table.ts';

test.each(table<[string, string | null][]>('unit/ecosystems/go/escape', 'escapes module paths'))(
  'escapes module paths: %s',
  (path, escaped) => expect(escapeModule(path)).toBe(escaped),
);

test.each([
  ['v1.0.0-RC1', 'v1.0.0-!r!c1'],
  ['v2.0.0+incompatible', 'v2.0.0+incompatible'],
  ['main', 'main'],
  ['feature/x', null],
  ['v1!', null],
  ['', null],
])('escapes versions: %s', (version, escaped) => expect(escapeVersion(version)).toBe(escaped));

test('percent-encodes as the go command does', () =>
  expect(encodePath('github.com/!burnt!sushi/toml/@v/v2.0.0+incompatible.mod')).toBe(
    'github.com/%21burnt%21sushi/toml/@v/v2.0.0+incompatible.mod',
  ));
