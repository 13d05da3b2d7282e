import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { h1Of, h1OfMod, sha256HexOf } from '../../../../src/ecosystems/go/h1.ts';
import { hello } from './zip.ts';

const file = (name: string, content: string) => ({ name, sha256Hex: sha256HexOf(Buffer.from(content)) });

test.each([
  ['synthetic', 'module github.com/pkg/errors\n', 'h1:bwawxfHBFNV+L2hUp1rHADufV3IMtnDRdf1r5NINEl0='],
  ['without its line feed', 'module github.com/pkg/errors', 'h1:ciX58fOM2R8Tb7vIVCMkdFooGz33gIPVSbp4Ij0WKik='],
  ['empty', '', 'h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY='],
  [
    'golang.org/x/mod',
    'module golang.org/x/mod\n\ngo 1.17\n\nrequire golang.org/x/tools v0.1.12 // tagx:ignore\n',
    'h1:iBbtSCu2XBx23ZKBPSOrRkjjQPZFPuis4dIYUhu/chs=',
  ],
  ['uuid', 'module github.com/google/uuid\n', 'h1:TIyPZe4MgqvfeYDBFedMoGGpEw/LqOeaOT+nhxU+yHo='],
  ['hello', hello.mod, hello.modH1],
])('go.mod hashes of docs/protocols/go.md#the-hash-h1, docs/protocols/go.md#modules-of-our-tests: %s', (_, body, h1) =>
  expect(h1OfMod(Buffer.from(body))).toBe(h1),
);

describe('file sets', () => {
  test('two files without line feeds', () => {
    const files = [file('xyz', 'data for xyz'), file('abc', 'data for abc')];
    expect(h1Of(files)).toBe('h1:EP6WfDoQTSk9klnxcjriWJOGztueJUywHNmWeq+efB8=');
  });

  test('the synthetic module, in any order', () => {
    const files = hello.entries.map(({ name, content }) => file(name, content));
    fc.assert(
      fc.property(fc.shuffledSubarray(files, { minLength: files.length }), (shuffled) => {
        expect(h1Of(shuffled)).toBe(hello.h1);
      }),
    );
  });

  test('names sort by bytes, not by UTF-16 units', () => {
    // U+FF5A sorts after U+1F600 in UTF-16, before it in UTF-8.
    const low = file('\uFF5A', '1');
    const high = file('\u{1F600}', '2');
    const lines = [low, high].map(({ name, sha256Hex: hex }) => `${hex}  ${name}\n`).join('');
    expect(h1Of([high, low])).toBe(`h1:${Buffer.from(sha256HexOf(Buffer.from(lines)), 'hex').toString('base64')}`);
  });

  test('a line feed in a name has no hash', () => expect(h1Of([file('a\nb', '')])).toBeNull());
});
