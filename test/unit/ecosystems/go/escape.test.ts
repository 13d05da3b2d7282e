import { describe, expect, test } from 'vitest';
import { encodePath, escapeModule, escapeVersion } from '../../../../src/ecosystems/go/escape.ts';

describe('escapes module paths', () => {
  test.each([
    ['github.com/BurntSushi/toml', 'github.com/!burnt!sushi/toml'],
    ['github.com/GoogleCloudPlatform/cloudsql-proxy', 'github.com/!google!cloud!platform/cloudsql-proxy'],
    ['gopkg.in/yaml.v3', 'gopkg.in/yaml.v3'],
    ['example.com/a!b', null],
    ['example.com/ä', null],
    ['example.com//a', null],
    ['/example.com', null],
    ['example.com/../secret', null],
    ['example.com/a.', null],
    ['example.com/a b', null],
    ['example.com/a?b=c', null],
    ['', null],
  ])('%s', (path, escaped) => {
    expect(escapeModule(path)).toBe(escaped);
  });
});

describe('escapes versions', () => {
  test.each([
    ['v1.0.0-RC1', 'v1.0.0-!r!c1'],
    ['v2.0.0+incompatible', 'v2.0.0+incompatible'],
    ['main', 'main'],
    ['feature/x', null],
    ['v1!', null],
    ['', null],
  ])('%s', (version, escaped) => {
    expect(escapeVersion(version)).toBe(escaped);
  });
});

test('percent-encodes as the go command does', () => {
  expect(encodePath('github.com/!burnt!sushi/toml/@v/v2.0.0+incompatible.mod')).toBe(
    'github.com/%21burnt%21sushi/toml/@v/v2.0.0+incompatible.mod',
  );
});
