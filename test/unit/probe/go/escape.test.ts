import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodePath, escapeModule, escapeVersion, unescapePath } from '../../../../src/probe/go/escape.ts';

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

describe('unescapes', () => {
  test.each([
    ['github.com/!burnt!sushi/toml', 'github.com/BurntSushi/toml'],
    ['github.com/BurntSushi/toml', null],
    ['a!', null],
    ['a!1', null],
    ['a!!b', null],
  ])('%s', (escaped, plain) => {
    expect(unescapePath(escaped)).toBe(plain);
  });

  test('what was escaped comes back', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9~_]{1,20}(\/[A-Za-z0-9~_-]{1,20}){0,3}$/), (path) => {
        expect(unescapePath(escapeModule(path) ?? '!')).toBe(path);
      }),
    );
  });
});

test('percent-encodes as the go command does', () => {
  expect(encodePath('github.com/!burnt!sushi/toml/@v/v2.0.0+incompatible.mod')).toBe(
    'github.com/%21burnt%21sushi/toml/@v/v2.0.0+incompatible.mod',
  );
});
