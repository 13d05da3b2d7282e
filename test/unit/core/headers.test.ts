import { expect, test } from 'vitest';
import { readHeaders } from '../../../src/core/http.ts';

test.each([
  ['a tenant', ['X-Scope-OrgID: team'], { 'x-scope-orgid': 'team' }],
  ['a colon in the value', ['X-Note: a: b'], { 'x-note': 'a: b' }],
  ['no space, and one behind', ['Authorization:Basic eA== '], { authorization: 'Basic eA==' }],
  ['a name twice', ['X-A: 1', 'x-a: 2'], { 'x-a': '2' }],
  ['none', [], {}],
  ['no value', ['X-A:'], null],
  ['only spaces for a value', ['X-A:   '], null],
  ['a value on the next line', ['X-A:\r\n b'], null],
  ['a tab before the value', ['X-A:\tb '], { 'x-a': 'b' }],
  ['no name', [': 1'], null],
  ['a space in the name', ['X A: 1'], null],
  ['a second line', ['X-A: 1\r\nX-B: 2'], null],
  ['one of them is none', ['X-A: 1', 'words'], null],
])('headers: %s', (_, lines, wanted) => {
  const found = readHeaders(lines);
  const shown =
    found === null ? null : Object.fromEntries(Object.entries(found).map(([name, value]) => [name, value.reveal()]));
  expect(shown).toEqual(wanted);
});
