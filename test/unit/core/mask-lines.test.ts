import { describe, expect, it } from 'vitest';
import { maskLines } from '../../../src/core/mask-lines.ts';
import { table } from '../../support/table.ts';

it.each<[string, readonly string[]]>([
  ['several in a list', ['tokens:', '- s3cret', '- s3cret']],
  [
    'a key of an API',
    ['api_key: s3cret', 'apiKey=s3cret', 'access_key_id: s3cret', 'secret-key = s3cret', 'pwd=s3cret'],
  ],
  ['an element of XML', ['<server>', '  <password>s3cret</password>', '</server>']],
  ['an element of XML over lines', ['  <password>', '    s3cret', '  </password>']],
  ['two quotes that stand for one', ["token = 'a''b", "s3cret'"]],
  ['lines after one that is too long to search', [`token = """${'a '.repeat(600)}`, 's3cret', 'b"""', 'key: s3cret']],
])('%s is not shown', (_, lines) => expect(maskLines(lines).join('\n')).not.toContain('s3cret'));

it('what is no secret is shown, behind one too', () => {
  const lines = ["token: 'a''b'", 'index: https://h/x', '<url>https://h/y</url>'];
  expect(maskLines(lines)).toEqual(['token: ***', ...lines.slice(1)]);
});

describe('a netrc', () => {
  it.each<[string, readonly string[], readonly string[]]>(table('unit/core/mask-lines', 'a netrc'))(
    '%s',
    (_, lines, want) => expect(maskLines(lines)).toEqual(want),
  );

  it('what only looks like one is shown', () => {
    const lines = ['default = true', 'machine = "h"', 'user-agent: x', 'default: x', 'accounts', 'machinery x'];
    expect(maskLines(lines)).toEqual(lines);
  });
});

it('a netrc below a key that holds a secret is one', () =>
  expect(maskLines(['password=s3cret', 'machine h login a password s3cret'])).toEqual([
    'password=***',
    'machine h login *** password ***',
  ]));
