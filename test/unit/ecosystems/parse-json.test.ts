import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { heldBodyOf } from '../../../src/core/body.ts';
import { limits } from '../../../src/core/limits.ts';
import { error, type Sentence } from '../../../src/core/result.ts';
import { atOnce } from '../../../src/core/slices.ts';
import { parseIndexConfig } from '../../../src/ecosystems/cargo/index-file.ts';
import { parseInfo } from '../../../src/ecosystems/go/conversation.ts';
import { parsePackageLock } from '../../../src/ecosystems/npm/lock-reader.ts';
import { parsePackument } from '../../../src/ecosystems/npm/packument.ts';
import { readManifest } from '../../../src/ecosystems/oci/manifest.ts';
import { readToken } from '../../../src/ecosystems/oci/token.ts';
import { parseJson } from '../../../src/ecosystems/parse-json.ts';
import { readJsonPage } from '../../../src/ecosystems/pypi/page.ts';
import { failureOf, malformed, phrase } from '../../../src/words/tell.ts';
import { expectInProportion } from '../../support/growth.ts';

const it = phrase('answer.goMod');
const tooMuch = { tag: 'error', error: phrase('answer.deep', { what: it, values: 1_100_000, deep: 100 }) };
const broken = { tag: 'error', error: it };
const lists = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
/** So many values: the list itself, and its numbers. */
const numbers = (values: number): string => `[${'1,'.repeat(values - 2)}1]`;

describe('JSON of a stranger', () => {
  test('is what JSON.parse gives', () =>
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parseJson(text, it)).toEqual({ tag: 'ok', value: JSON.parse(text) });
      }),
    ));

  test.each([
    ['as deep as may be', lists(limits.jsonDepth), 'ok'],
    ['one deeper', lists(limits.jsonDepth + 1), tooMuch],
    ['objects within one another', '{"a":'.repeat(101), tooMuch],
    ['wide and flat', `[${'[],{},'.repeat(200)}[]]`, 'ok'],
    ['as many values as may be', numbers(limits.jsonValues), 'ok'],
    ['one more', numbers(limits.jsonValues + 1), tooMuch],
    ['millions of empty objects', `[${'{},'.repeat(limits.jsonValues)}{}]`, tooMuch],
    ['brackets and commas in a string', JSON.stringify(`${'[{,"\\'.repeat(limits.jsonValues)}`), 'ok'],
    ['brackets behind an escaped quote', `["\\"${'['.repeat(200)}"]`, 'ok'],
    ['brackets behind an escaped backslash', `["\\\\",${'['.repeat(200)}`, tooMuch],
    ['brackets in a string without an end', `["${'['.repeat(200)}`, broken],
    ['a backslash at the end', '["\\', broken],
    ['more ends than beginnings', ']'.repeat(300), broken],
    ['nothing', '', broken],
  ])('%s', (_, text, want) => {
    const read = parseJson(text, it);
    expect(want === 'ok' ? read.tag : read).toEqual(want);
  });

  test('is looked through in proportion to its length', () => {
    expectInProportion(
      50_000,
      (size) => `["${'\\"'.repeat(size)}${'['.repeat(size)}`,
      (text) => parseJson(text, it),
    );
    expectInProportion(
      50_000,
      (size) => `[${'1,'.repeat(size)}`,
      (text) => parseJson(text, it),
    );
  });
});

describe('too much of it is an answer of the mirror, not a defect of ours', () => {
  const deep = `{"name":"hello","Version":"v1.0.0","schemaVersion":2,"token":"x","x":${lists(100)}}`;
  const deeply = (what: Sentence) => phrase('answer.deep', { what, values: 1_100_000, deep: 100 });
  const tooDeep = (what: Sentence) => error(failureOf('malformed', deeply(what)));
  const tooNested = (what: Sentence) => error(failureOf('malformed', phrase('answer.nested', { what, deep: 100 })));
  const noFiles = { file: () => undefined, restart: () => undefined };

  test.each<[string, (body: Uint8Array) => unknown, unknown]>([
    [
      'a packument',
      (body) => atOnce(parsePackument(heldBodyOf(body), 'hello', null)),
      tooNested(phrase('answer.object', { what: phrase('answer.packument') })),
    ],
    [
      'a project page',
      (body) => atOnce(readJsonPage(heldBodyOf(body), 'https://a/', noFiles)),
      tooNested(phrase('answer.pageJson')),
    ],
    ['version information', (body) => parseInfo(body, null), tooDeep(phrase('answer.info'))],
    [
      'a manifest',
      (body) => readManifest(body, 'application/vnd.oci.image.manifest.v1+json'),
      { expected: deeply(phrase('answer.schema')) },
    ],
    ['a token', (body) => readToken(Buffer.from(body).toString()), null],
    ['an index of crates', (body) => parseIndexConfig(body), tooDeep(phrase('answer.cratesConfig'))],
    ['a package-lock.json', (body) => parsePackageLock(Buffer.from(body).toString()), null],
  ])('%s', (_, read, want) => expect(read(Buffer.from(deep))).toEqual(want));

  test('a packument has so many versions and no more', () => {
    const packument = (count: number) =>
      heldBodyOf(
        Buffer.from(
          `{"name":"hello","versions":{${Array.from({ length: count }, (_, at) => `"${at}.0.0":{}`).join(',')}}}`,
        ),
      );
    const most = atOnce(parsePackument(packument(limits.packumentVersions), 'hello', null));
    expect(most.tag === 'ok' && most.value.listed).toEqual({ count: 100_000, newest: '99999.0.0' });
    expect(atOnce(parsePackument(packument(limits.packumentVersions + 1), 'hello', null))).toEqual({
      tag: 'error',
      error: malformed('answer.npmMost', { count: 100000 }),
    });
  });
});
