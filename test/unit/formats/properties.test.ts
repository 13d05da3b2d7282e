import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { parse as parseToml } from 'smol-toml';
import { expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { changeSetting, type FileFormat, valuesOf } from '../../../src/formats/format.ts';
import { ini } from '../../../src/formats/ini.ts';
import { npmrc } from '../../../src/formats/npmrc.ts';
import { toml } from '../../../src/formats/toml.ts';
import { json, yaml } from '../../../src/formats/yaml.ts';
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
