import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { parse as parseToml } from 'smol-toml';
import { expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { readYaml } from '../../../src/ecosystems/chain-forms.ts';
import { changeSetting, type FileFormat, valuesOf } from '../../../src/formats/format.ts';
import { ini } from '../../../src/formats/ini.ts';
import { npmrc } from '../../../src/formats/npmrc.ts';
import { toml } from '../../../src/formats/toml.ts';
import { json, yaml } from '../../../src/formats/yaml.ts';
import { expectInProportion } from '../../support/growth.ts';
import { iniTexts, jsonTexts, leavesOf, npmrcTexts, tomlTexts, yamlTexts } from './documents.ts';

/** What another parser reads: of the same library without places, or of the language. */
const readers: Readonly<Record<string, (text: string) => ReadonlyMap<string, unknown>>> = {
  toml: (text) => leavesOf(parseToml(text, { integersAsBigInt: true })),
  yaml: (text) => leavesOf(parseYaml(text, { logLevel: 'silent', uniqueKeys: false }) ?? {}),
  json: (text) => leavesOf(JSON.parse(text)),
  ini: (text) => listed(ini, text),
  npmrc: (text) => listed(npmrc, text),
};

/** What a format lists, where no other parser is at hand: test/real/settings-files.test.ts has those of the clients. */
function listed(format: FileFormat, text: string): ReadonlyMap<string, unknown> {
  const parsed = format.parse(text);
  return valuesOf(parsed.tag === 'ok' ? parsed.value : []);
}

const wanted = fc.oneof(
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom(
    'a # b',
    "it's",
    '"',
    '\\',
    'x\ny',
    ' a ',
    '',
    '$' + '{A}',
    ']',
    '}',
    '\u007f',
    '\ud800',
    '2020-01-01',
  ),
);

const formats = [
  ['ini', ini, iniTexts],
  ['npmrc', npmrc, npmrcTexts],
  ['toml', toml, tomlTexts],
  ['yaml', yaml, yamlTexts],
  ['json', json, jsonTexts],
] as const;

test.each(formats)(
  '%s: after an edit, another parser reads the one value anew and all others as before',
  (name, format, texts) => {
    const read = readers[name] ?? (() => new Map());
    let [tried, done] = [0, 0];
    fc.assert(
      fc.property(texts, fc.nat(), wanted, (text, which, value) => {
        const parsed = format.parse(text);
        if (parsed.tag === 'error') return;
        expect(valuesOf(parsed.value)).toEqual(read(text));
        const settings = parsed.value.filter((one) => typeof one.value === 'string');
        const setting = settings[which % settings.length];
        if (setting === undefined) return;
        // If a key occurs several times, the last one counts.
        const last = parsed.value.findLast((one) => isDeepStrictEqual(one.path, setting.path)) ?? setting;
        tried += 1;
        const changed = changeSetting(format, text, setting.path, value);
        if (changed.tag === 'error') return;
        done += 1;
        expect(read(changed.value)).toEqual(new Map([...read(text), [JSON.stringify(setting.path), value]]));
        expect(changed.value.startsWith(text.slice(0, last.from))).toBe(true);
        expect(changed.value.endsWith(text.slice(last.to))).toBe(true);
      }),
      { numRuns: 1_500 },
    );
    // A format that refuses everything would pass.
    expect([tried > 100, done / tried > 0.5], `${done} of ${tried}`).toEqual([true, true]);
  },
);

test.each(formats)('%s: any text is read or rejected at a line that it has', (_, format, texts) => {
  const any = fc.oneof(
    fc.string({ unit: 'binary' }),
    texts,
    fc.tuple(texts, fc.string(), texts).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(any, (text) => {
      const parsed = format.parse(text);
      if (parsed.tag === 'error') {
        expect(parsed.error).toBeGreaterThanOrEqual(1);
        expect(parsed.error).toBeLessThanOrEqual(text.split(/\r\n|\r|\n/).length);
      } else
        for (const { begin, from, to } of parsed.value) {
          expect(begin).toBeLessThanOrEqual(from);
          expect(from).toBeLessThanOrEqual(to);
          expect(to).toBeLessThanOrEqual(text.length);
        }
    }),
    { numRuns: 1_000 },
  );
});

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
