import { expect, test } from 'vitest';
import { readYaml } from '../../../src/ecosystems/chain-forms.ts';
import type { FileFormat } from '../../../src/formats/format.ts';
import { ini } from '../../../src/formats/ini.ts';
import { npmrc } from '../../../src/formats/npmrc.ts';
import { toml } from '../../../src/formats/toml.ts';
import { yaml } from '../../../src/formats/yaml.ts';
import { expectInProportion } from '../../support/growth.ts';

const rows = (count: number, row: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => row(at)).join('');

test.each<readonly [name: string, format: FileFormat, size: number, text: (size: number) => string]>([
  ['lists in .npmrc', npmrc, 400, (size) => rows(size, (at) => `a${at}[]=x\n`)],
  ['keys in .npmrc', npmrc, 1_000, (size) => rows(size, (at) => `a${at}=x\n`)],
  ['keys in pip.conf', ini, 1_000, (size) => `[g]\n${rows(size, (at) => `a${at}=x\n`)}`],
  ['lines of one value in pip.conf', ini, 1_000, (size) => `[g]\na=b\n${rows(size, (at) => ` a${at}\n`)}`],
  ['tables in uv.toml', toml, 400, (size) => rows(size, (at) => `[[a]]\nb = ${at}\n`)],
  ['dotted keys in uv.toml', toml, 400, (size) => rows(size, (at) => `a.b.c${at} = 1\n`)],
  ['an inline list in uv.toml', toml, 400, (size) => `a = [${rows(size, (at) => `{ b = ${at} }, `)}]\n`],
  ['keys in .yarnrc.yml', yaml, 400, (size) => rows(size, (at) => `a${at}: x\n`)],
  ['aliases in .yarnrc.yml', yaml, 400, (size) => rows(size, (at) => `a${at}: &b${at} x\nc${at}: *b${at}\n`)],
])('%s cost in proportion', (_, format, size, text) => expectInProportion(size, text, (whole) => format.parse(whole)));

test('keys in YAML files of the project cost in proportion', () => {
  const text = (size: number) => rows(size, (at) => `a${at}: x\n`);
  expectInProportion(400, text, (whole) => readYaml(whole));
});

const long = Array.from({ length: 51 }, () => 'a').join('.');

test.each([
  ['of a table', `[b]\n[${long}]\nc = 1\n`, 2],
  ['of a value', `b = 1\n\n${long} = [1, 2]\n`, 3],
  ['of a value in an inline table', `b = { c = 1, ${long} = 1 }\n`, 1],
])('a path %s with more names than TOML files have is refused: its members would fill the memory', (_, text, line) => {
  expect(toml.parse(text)).toEqual({ tag: 'error', error: line });
  expect(toml.parse(text.replace('a.a.', ''))).toMatchObject({ tag: 'ok' });
});

test.each([
  ['an anchor of the whole file', '&a\nb: 1\nc: *a\n', undefined],
  ['of two anchors of one name, the nearer one', 'a: &x 1\nb: &x 2\nc: *x\n', 2],
  ['an anchor of a key', '&x a: 1\nc: *x\n', 'a'],
])('an alias in .yarnrc.yml has the value of %s', (_, text, value) => {
  const parsed = yaml.parse(text);
  expect(parsed.tag === 'ok' && parsed.value.find(({ path }) => path[0] === 'c')?.value).toEqual(value);
});

test('a key that occurs twice, or thousands of aliases, make a YAML file of the project invalid', () => {
  expect(readYaml('a: 1\na: 2\n')).toBeNull();
  expect(readYaml('a: &b { c: 1 }\nd: { <<: *b }\n')).toEqual({ a: { c: 1 }, d: { c: 1 } });
  expect(readYaml(rows(6_000, (at) => `a${at}: &b${at} x\nc${at}: *b${at}\n`))).toBeNull();
});
