import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { heldBodyOf, type WholeBody } from '../../../src/core/body.ts';
import { limits } from '../../../src/core/limits.ts';
import { atOnce, bytesPerSlice } from '../../../src/core/slices.ts';
import { type Wanted, walkJson } from '../../../src/ecosystems/json-walk.ts';
import { expectInProportion } from '../../support/growth.ts';

/** A body that is read in pieces of so many bytes. */
function inPieces(text: string | Uint8Array, bytes: number): WholeBody {
  const whole = Buffer.from(text as string);
  const read = (at: number, wanted: number) => whole.subarray(at, at + (wanted === bytesPerSlice ? bytes : wanted));
  return { bytes: whole.length, read };
}

const sizes = [4, 5, 7, 64, bytesPerSlice];

const flawsOf = (text: string | Uint8Array): ReadonlySet<string | null> =>
  new Set(sizes.map((bytes) => atOnce(walkJson(inPieces(text, bytes), {}))));

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('JSON of any length', () => {
  test('is valid where JSON.parse accepts it, however it is cut into pieces', () =>
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(flawsOf(text)).toEqual(new Set([null]));
      }),
    ));

  test('is broken where JSON.parse refuses it, also after one change', () => {
    const bytes = '{}[],:"\\/0123456789.eE+-truefalsn \t\n\r\u00e9\u0001u';
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.nat(), fc.constantFrom(...bytes), (text, at, cut, byte) => {
        const from = at % (text.length + 1);
        const changed = text.slice(0, from) + byte + text.slice(from + (cut % 3));
        expect([changed, flawsOf(changed)]).toEqual([changed, new Set([parses(changed) ? null : 'broken'])]);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ...['[1,]', '{"a":1,}', '{"a" 1}', '[01]', '[1.]', '[.5]', '[+1]', '[1e]', '[1e+]', '[--1]', '[-]', '-', '1 2'],
    ...['["\\x"]', '["\\u12"]', '["\\u12g4"]', '["a\nb"]', '["\u0000"]', '[tru]', '[truee]', '[nul', '{}{}', '{} x'],
    ...['["a"', '{"a":}', '[,1]', '[1,,2]', '{1:2}', '{,}', '\u00a0[]', '[]]', '[}', '{"a":1]', "['a']", '[NaN]'],
    ...['', ' ', '"', '"\\', '[1-2]', '[1.2.3]', '[1e1e1]', '{"a":1 "b":2}', '{"a"', '{"a":', ']', ':', ','],
  ])('%j is broken', (text) => expect([parses(text), flawsOf(text)]).toEqual([false, new Set(['broken'])]));

  test.each([
    ...['0', '-0', '-0.5e+10', '1E9', 'true', ' null ', '""', '"\\u00e9\\"\\\\\\/\\b"', '[]', '{}', '\t[ ]\r\n', '[0]'],
    ...[`[${'9'.repeat(3_000)}]`, `["${'x'.repeat(200_000)}"]`, `{"${'k'.repeat(200_000)}":1}`, '{"":{"":[{}]}}'],
  ])('valid: %.40s', (text) => expect([parses(text), flawsOf(text)]).toEqual([true, new Set([null])]));

  test('characters are not cut at the end of a piece, and other bytes are no UTF-8', () => {
    expect(flawsOf(JSON.stringify(['é', '€', '😀', 'aé€😀'.repeat(50)]))).toEqual(new Set([null]));
    for (const bytes of [[0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xf0, 0x9f, 0x98], [0xc0, 0xaf], [0x80]])
      expect(flawsOf(Buffer.from([0x5b, 0x22, ...bytes, 0x22, 0x5d]))).toEqual(new Set(['utf8']));
    expect(flawsOf(Buffer.from('\ufeff[1]'))).toEqual(new Set(['broken']));
  });

  test('may be so deep, and no deeper', () => {
    const lists = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    expect(flawsOf(lists(limits.jsonDepth))).toEqual(new Set([null]));
    expect(flawsOf(lists(limits.jsonDepth + 1))).toEqual(new Set(['deep']));
    expect(flawsOf('{"a":['.repeat(100_000))).toEqual(new Set(['deep']));
  });
});

describe('what is wanted', () => {
  /** Reports every value as a whole, by its path. */
  const all = (path: string, found: [string, unknown][], depth: number): Wanted => ({
    begins: (kind) => void found.push([path, kind]),
    ...(depth > 0
      ? { member: (key) => all(`${path}.${key}`, found, depth - 1), entry: all(`${path}[]`, found, depth - 1) }
      : { value: (value) => void found.push([path, value]) }),
  });

  function found(text: string, depth: number, bytes = bytesPerSlice): readonly [string, unknown][] {
    const told: [string, unknown][] = [];
    expect(atOnce(walkJson(inPieces(text, bytes), all('', told, depth)))).toBe(null);
    return told;
  }

  test('is told with its kind, to the depth that is wanted', () => {
    const text = '{"a":{"b":[1,"x",{"c":null}],"é\\n":true},"a":2,"__proto__":{"x":1}}';
    for (const bytes of sizes)
      expect(found(text, 2, bytes)).toEqual([
        ['', 'object'],
        ['.a', 'object'],
        ['.a.b', 'list'],
        ['.a.b', [1, 'x', { c: null }]],
        ['.a.é\n', 'scalar'],
        ['.a.é\n', true],
        ['.a', 'scalar'],
        ['.__proto__', 'object'],
        ['.__proto__.x', 'scalar'],
        ['.__proto__.x', 1],
      ]);
  });

  test('as a whole is what JSON.parse gives', () =>
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(...sizes), (text, bytes) => {
        let value: unknown;
        atOnce(
          walkJson(inPieces(text, bytes), {
            value: (whole) => {
              value = whole;
            },
          }),
        );
        expect(value).toEqual(JSON.parse(text));
      }),
    ));

  test('as a whole has a bound, and so has a key', () => {
    const long = 'x'.repeat(limits.jsonPartBytes - 2);
    const told = found(`{"a":"${long}","b":"${long}x","${long}":1}`, 1);
    expect(told.filter(([, value]) => value !== 'object' && value !== 'scalar')).toEqual([
      ['.a', long],
      ['.b', undefined],
      ['.', 1],
    ]);
  });

  test('is told a thousand at a time', () => {
    let told = 0;
    const work = walkJson(heldBodyOf(Buffer.from(`[${'1,'.repeat(20_000)}1]`)), { entry: { value: () => told++ } });
    let most = 0;
    for (let before = 0; work.next().done !== true; before = told) most = Math.max(most, told - before);
    expect([told, most <= 1_001]).toEqual([20_001, true]);
  });
});

test.each([
  ['an escape', (size: number) => `["${'\\"'.repeat(size)}"]`],
  ['a number', (size: number) => `[${'1,'.repeat(size)}1]`],
  ['a digit', (size: number) => `[${'1'.repeat(size)}]`],
  ['an empty object', (size: number) => `[${'{},'.repeat(size)}1]`],
  ['a key', (size: number) => `{${'"a":1,'.repeat(size)}"a":1}`],
  ['a blank', (size: number) => `[${' '.repeat(size)}]`],
])('%s again and again is read in proportion', (_, make) => {
  const wanted: Wanted = { entry: {}, member: () => ({ value: () => undefined }) };
  expectInProportion(50_000, make, (text) => atOnce(walkJson(heldBodyOf(Buffer.from(text)), wanted)));
});
