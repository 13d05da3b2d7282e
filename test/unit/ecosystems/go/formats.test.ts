import { describe, expect, test } from 'vitest';
import { limits } from '../../../../src/core/limits.ts';
import { atOnce, charsPerSlice, type Slices } from '../../../../src/core/slices.ts';
import { parseInfo } from '../../../../src/ecosystems/go/conversation.ts';
import { latestOf, parseList } from '../../../../src/ecosystems/go/list.ts';
import { hashesOf, parseRecord } from '../../../../src/ecosystems/go/lookup.ts';
import { isSynthetic, parseModFile } from '../../../../src/ecosystems/go/mod-file.ts';
import { malformed, wrongContent } from '../../../../src/words/tell.ts';

const page = '<!DOCTYPE html><html><body>Log in</body></html>';
const bytes = (text: string) => Buffer.from(text, 'utf8');

describe('version lists', () => {
  test.each<[string, string, readonly string[]]>([
    ['sorted by version', 'v1.10.0\nv1.9.0\nv1.2.0\n', ['v1.2.0', 'v1.9.0', 'v1.10.0']],
    ['without a final line feed', 'v1.0.0', ['v1.0.0']],
    ['empty: a module without tags', '', []],
    ['blank lines only', '\n\n', []],
    ['with times', 'v1.0.0 2019-01-01T00:00:00Z\n', ['v1.0.0']],
    ['with carriage returns', 'v1.0.0\r\nv1.1.0\r\n', ['v1.0.0', 'v1.1.0']],
    ['pseudo-versions dropped', 'v1.0.0\nv0.0.0-20170915032832-14c0d48ead0c\n', ['v1.0.0']],
    ['short forms are legal and name no version', 'v1\nv1.2\nv1.2.3\n', ['v1.2.3']],
    ['each once', 'v1.0.0\nv1.0.0\n', ['v1.0.0']],
    ['incompatible ones', 'v2.0.0+incompatible\n', ['v2.0.0+incompatible']],
    ['lines without a version', 'master\nv1.0.0\n1.0.1\n<br>\nlatest\n', ['v1.0.0']],
    ['no line with a version', '["v1.0.0"]\nmaster\n', []],
    ['a version too long to keep', `v1.0.0-${'a'.repeat(limits.versionChars)}\nv1.0.0\n`, ['v1.0.0']],
  ])('%s', (_, body, versions) =>
    expect(atOnce(parseList(bytes(body)))).toEqual({ tag: 'ok', value: { count: versions.length, kept: versions } }),
  );

  test.each<[string, Uint8Array, object]>([
    ['a page', bytes(page), wrongContent('answer.versions')],
    ['a page after blank lines', bytes(`\uFEFF\n  ${page}`), wrongContent('answer.versions')],
    ['no UTF-8', Buffer.from([0x76, 0xff]), malformed('answer.versions')],
  ])('refuses %s', (_, body, failure) => expect(atOnce(parseList(body))).toEqual({ tag: 'error', error: failure }));

  test('keeps the highest, and counts all', () => {
    const all = Array.from({ length: limits.versionsKept + 2 }, (_, patch) => `v1.0.${patch}`);
    const read = atOnce(parseList(bytes(all.join('\n'))));
    expect(read.tag === 'ok' && [read.value.kept.length, read.value.kept[0]]).toEqual([limits.versionsKept, 'v1.0.2']);
    expect(read.tag === 'ok' && read.value.count).toBe(limits.versionsKept + 2);
  });

  test('keeps the release below thousands of pre-releases, which latest resolves to', () => {
    const all = Array.from({ length: limits.versionsKept + 2 }, (_, at) => `v2.0.0-rc.${at}`);
    const read = atOnce(parseList(bytes(['v1.0.0', ...all].join('\n'))));
    expect(read.tag === 'ok' && latestOf(read.value.kept, null)).toEqual({ tag: 'version', version: 'v1.0.0' });
  });
});

describe('a text that is long is read in slices', () => {
  const slices = (work: Slices<unknown>): number => {
    let count = 1;
    while (work.next().done !== true) count += 1;
    return count;
  };
  const chars = 4_000_000;

  test.each<[string, (body: Uint8Array) => Slices<unknown>, string]>([
    ['a list of versions', parseList, 'v1.0.0-a.b.c\n'],
    ['a list of blank lines', parseList, '\n'],
    ['a list of one line', parseList, 'v1.0.0 '],
    ['a go.mod', parseModFile, 'require example.com/x v1.0.0\n'],
    ['a go.mod of blank lines', parseModFile, '\n'],
  ])('%s', (_, read, piece) => {
    const text = piece.repeat(chars / piece.length);
    const lines = text.split('\n').length;
    // Of one line the beginning alone is looked at.
    const least = lines === 1 ? 1 : Math.max(chars / charsPerSlice, lines / 1_000) - 1;
    expect(slices(read(bytes(text)))).toBeGreaterThanOrEqual(least);
  });

  test('a list in any order keeps the highest', () => {
    const versions = Array.from({ length: 20_000 }, (_, at) => `v1.${(at * 7_919) % 20_000}.0`);
    expect(atOnce(parseList(bytes(versions.join('\n'))))).toEqual({
      tag: 'ok',
      value: {
        count: 20_000,
        kept: Array.from({ length: limits.versionsKept }, (_, at) => `v1.${20_000 - limits.versionsKept + at}.0`),
      },
    });
  });

  test('a go.mod that says its module behind much else', () => {
    const text = `${'go 1.21 // x\n'.repeat(50_000)}module example.com/a`;
    expect(atOnce(parseModFile(bytes(text)))).toEqual({ tag: 'ok', value: 'example.com/a' });
  });
});

describe('version information', () => {
  test.each<[string, string, string | null, string]>([
    ['plain', '{"Version":"v1.0.0","Time":"2019-01-02T03:04:05Z"}', 'v1.0.0', 'v1.0.0'],
    ['no time', '{"Version":"v1.0.0"}', 'v1.0.0', 'v1.0.0'],
    ['a null time', '{"Version":"v1.0.0","Time":null}', 'v1.0.0', 'v1.0.0'],
    ['with an origin', '{"Version":"v1.0.0","Origin":{"VCS":"git"},"More":1}', null, 'v1.0.0'],
    ['keys in any case, as Go reads them', '{"version":"v1.0.0"}', 'v1.0.0', 'v1.0.0'],
    ['a time with a zone', '{"Version":"v1.0.0","Time":"2019-01-02T03:04:05.5+01:00"}', null, 'v1.0.0'],
  ])('%s', (_, body, asked, info) => expect(parseInfo(bytes(body), asked)).toEqual({ tag: 'ok', value: info }));

  test.each<[string, string, string | null, object]>([
    ['another version', '{"Version":"v1.0.1"}', 'v1.0.0', malformed('answer.versionAsked')],
    ['a version that is none', '{"Version":"main"}', null, malformed('answer.info')],
    ['no version', '{"Time":"2019-01-02T03:04:05Z"}', null, malformed('answer.info')],
    ...['yesterday', '2019-01-02T03:04Z', '2019-02-29T03:04:05Z', '2019-13-02T03:04:05Z', '2019-01-02T24:04:05Z'].map(
      (time): [string, string, string | null, object] => [
        `a time that is none: ${time}`,
        `{"Version":"v1.0.0","Time":"${time}"}`,
        null,
        malformed('answer.info'),
      ],
    ),
    ['a time that is a number', '{"Version":"v1.0.0","Time":1546398245}', null, malformed('answer.info')],
    ['a byte order mark', '\uFEFF{"Version":"v1.0.0"}', null, malformed('answer.info')],
    ['a list', '[]', null, malformed('answer.info')],
    ['null', 'null', null, malformed('answer.info')],
    ['cut JSON', '{"Version":"v1.0', null, malformed('answer.info')],
    ['nothing', '', null, malformed('answer.info')],
    ['a page', page, null, wrongContent('answer.info')],
  ])('refuses %s', (_, body, asked, failure) =>
    expect(parseInfo(bytes(body), asked)).toEqual({ tag: 'error', error: failure }),
  );
});

describe('go.mod files', () => {
  test.each([
    ['synthetic', 'module github.com/pkg/errors\n', 'github.com/pkg/errors'],
    ['after comments', '// a\n\nmodule example.com/a // b\n', 'example.com/a'],
    ['quoted', 'module "example.com/a"\n', 'example.com/a'],
    ['back-quoted', 'module `example.com/a`\n', 'example.com/a'],
    ['in a block', 'module (\n\n\texample.com/a\n)\n', 'example.com/a'],
    ['with carriage returns', 'module example.com/a\r\n\r\ngo 1.21\r\n', 'example.com/a'],
    ['after go', 'go 1.21\nmodule example.com/a\n', 'example.com/a'],
  ])('%s', (_, body, path) => expect(atOnce(parseModFile(bytes(body)))).toEqual({ tag: 'ok', value: path }));

  test.each<[string, Uint8Array, object]>([
    ['a page', bytes(page), wrongContent('answer.goMod')],
    ['a NUL', bytes('module example.com/a\0\n'), malformed('answer.goMod')],
    ['no UTF-8', Buffer.from([0xff, 0xfe]), malformed('answer.goMod')],
    ['a byte order mark', bytes('\uFEFF// a\nmodule example.com/a\n'), malformed('answer.goMod')],
    ['nothing', bytes(''), malformed('answer.moduleLine')],
    ['no directive', bytes('go 1.21\n'), malformed('answer.moduleLine')],
    ['a directive in a comment', bytes('// module example.com/a\n'), malformed('answer.moduleLine')],
    ['a word that begins like it', bytes('modules example.com/a\n'), malformed('answer.moduleLine')],
    ['a directive without a path', bytes('module\n'), malformed('answer.moduleLine')],
    ['an error text', bytes('not found: module example.com/a: no\n'), malformed('answer.moduleLine')],
  ])('refuses %s', (_, body, failure) => expect(atOnce(parseModFile(body))).toEqual({ tag: 'error', error: failure }));

  test('a generated one is distinguished from a real one', () => {
    expect(isSynthetic(bytes('module example.com/a\n'), 'example.com/a')).toBe(true);
    expect(isSynthetic(bytes('module example.com/a\n\ngo 1.21\n'), 'example.com/a')).toBe(false);
  });
});

describe('checksum records', () => {
  const lines = 'rsc.io/quote v1.5.2 h1:zip=\nrsc.io/quote v1.5.2/go.mod h1:mod=\n';

  test('id, text and note', () => {
    const record = parseRecord(bytes(`12\n${lines}\nthe note\n`));
    expect(record && { ...record, note: Buffer.from(record.note).toString() }).toEqual({
      id: 12,
      text: lines,
      note: 'the note\n',
    });
  });

  test.each([
    ['nothing', ''],
    ['a page', page],
    ['no id', `${lines}\nnote`],
    ['an id with a leading zero', `012\n${lines}\nnote`],
    ['an id past exact numbers', `9999999999999999\n${lines}\nnote`],
    ['no blank line', `12\n${lines}`],
    ['no text', '12\n\nnote'],
    ['a control character', `12\n${lines.replace('zip', '\t')}\nnote`],
  ])('refuses %s', (_, body) => expect(parseRecord(bytes(body))).toBeNull());

  test.each<[string, string, object | null]>([
    ['both lines', lines, { 'rsc.io/quote@v1.5.2': 'h1:zip=', 'rsc.io/quote@v1.5.2/go.mod': 'h1:mod=' }],
    [
      'further hashes are passed over',
      `${lines}rsc.io/quote v1.5.2 h2:more\n`,
      { 'rsc.io/quote@v1.5.2': 'h1:zip=', 'rsc.io/quote@v1.5.2/go.mod': 'h1:mod=' },
    ],
    ['one line only', 'rsc.io/quote v1.5.2 h1:zip=\n', null],
    ['another version', lines.replaceAll('v1.5.2', 'v1.5.3'), null],
    ['another module', lines.replaceAll('rsc.io/quote', 'rsc.io/Quote'), null],
    ['a fourth word', lines.replaceAll('=', '= x'), null],
  ])('hashes: %s', (_, text, hashes) => expect(hashesOf(text, 'rsc.io/quote', 'v1.5.2')).toEqual(hashes));
});
