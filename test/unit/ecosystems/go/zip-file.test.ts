import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { heldBodyOf } from '../../../../src/core/body.ts';
import type { ProbeFailure } from '../../../../src/core/failure.ts';
import { limits } from '../../../../src/core/limits.ts';
import type { Result } from '../../../../src/core/result.ts';
import type { HashedFile } from '../../../../src/ecosystems/go/h1.ts';
import { h1Of } from '../../../../src/ecosystems/go/h1.ts';
import { readModuleZip } from '../../../../src/ecosystems/go/zip-file.ts';
import { malformed, phrase, wrongContent } from '../../../../src/words/tell.ts';
import { worked } from '../worked.ts';
import { hello, type MadeEntry, type MadeZip, makeZip } from './zip.ts';

const read = async (zip: Uint8Array, prefix: string): Promise<Result<readonly HashedFile[], ProbeFailure>> =>
  (await worked(readModuleZip(heldBodyOf(zip), prefix))).value;

const inside = (name: string, more: Partial<MadeEntry> = {}): MadeEntry => ({
  name: `${hello.prefix}${name}`,
  ...more,
});

describe('whole archives hash alike, however they are packed', () => {
  test.each<[string, readonly MadeEntry[], MadeZip]>([
    ['deflated', hello.entries, {}],
    ['stored', hello.entries.map((entry) => ({ ...entry, method: 0 as const })), {}],
    ['in another order', hello.entries.toReversed(), {}],
    ['zip64 end record', hello.entries, { zip64: true }],
    ['zip64 entries', hello.entries.map((entry) => ({ ...entry, zip64: true })), { zip64: true }],
    ['a comment at the end', hello.entries, { comment: 'PK\x05\x06 is no end' }],
  ])('%s', async (_, entries, options) => {
    const got = await read(makeZip(entries, options), hello.prefix);
    expect(got.tag === 'ok' && h1Of(got.value)).toBe(hello.h1);
  });

  test('bytes behind the end do not count, as far as the go command searches', async () => {
    const zip = makeZip(hello.entries);
    const got = await read(Buffer.concat([zip, Buffer.from('x')]), hello.prefix);
    expect(got.tag === 'ok' && h1Of(got.value)).toBe(hello.h1);
    expect(await read(Buffer.concat([zip, Buffer.alloc(65 * 1024)]), hello.prefix)).toMatchObject({
      tag: 'error',
      error: { kind: 'cut' },
    });
  });

  test('a directory counts as an empty file', async () => {
    const got = await read(makeZip([inside('sub/', { method: 0 })]), hello.prefix);
    expect(got).toEqual({
      tag: 'ok',
      value: [
        { name: `${hello.prefix}sub/`, sha256Hex: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' },
      ],
    });
  });

  test('a directory may be listed twice', async () => {
    const sub = inside('sub/', { method: 0 });
    expect(await read(makeZip([sub, sub]), hello.prefix)).toMatchObject({ tag: 'ok', value: [{}, {}] });
  });

  test('an empty archive holds nothing', async () =>
    expect(await read(makeZip([]), hello.prefix)).toEqual({ tag: 'ok', value: [] }));
});

const sound = makeZip(hello.entries);

const faulty = (what: ReturnType<typeof phrase>) => malformed('answer.zip', { what });

test.each<[string, Uint8Array, object]>([
  ['a web page', Buffer.from('<!doctype html>'), wrongContent('answer.moduleZip')],
  ['JSON', Buffer.from('{"error":1}'), malformed('answer.moduleZip')],
  ['nothing', Buffer.alloc(0), malformed('answer.moduleZip')],
  ['cut in half', sound.subarray(0, 200), { kind: 'cut', phase: 'transfer', bytesRead: 200 }],
  ['cut by one byte', sound.subarray(0, -1), { kind: 'cut', phase: 'transfer', bytesRead: sound.length - 1 }],
  ['more entries announced', makeZip(hello.entries, { count: 5 }), faulty(phrase('answer.zipDirectory'))],
  ['fewer entries announced', makeZip(hello.entries, { count: 3 }), faulty(phrase('answer.zipDirectory'))],
  [
    'too many entries',
    makeZip(hello.entries, { count: limits.zipEntries + 1, zip64: true }),
    faulty(phrase('answer.zipMany')),
  ],
  ['another module', makeZip([{ name: 'example.com/other@v1.0.0/a.go' }]), faulty(phrase('answer.zipWithin'))],
  ['escaped names', makeZip([{ name: 'example.com/!hello@v1.0.0/a.go' }]), faulty(phrase('answer.zipWithin'))],
  ['a name twice', makeZip([inside('a.go'), inside('a.go')]), faulty(phrase('answer.nameOnce'))],
  ['names equal but for case', makeZip([inside('a.go'), inside('A.go')]), faulty(phrase('answer.nameOnce'))],
  [
    'directories equal but for case',
    makeZip([inside('a/', { method: 0 }), inside('A/', { method: 0 })]),
    faulty(phrase('answer.nameOnce')),
  ],
  ['a way out', makeZip([inside('../a.go')]), faulty(phrase('answer.cleanNames'))],
  ['a back slash', makeZip([inside('a\\b.go')]), faulty(phrase('answer.cleanNames'))],
  ['two slashes', makeZip([inside('a//b.go')]), faulty(phrase('answer.cleanNames'))],
  ['GO.MOD', makeZip([inside('GO.MOD')]), faulty(phrase('answer.zipLower'))],
  ['go.mod below the root', makeZip([inside('sub/go.mod')]), faulty(phrase('answer.zipRoot'))],
  [
    'a huge go.mod',
    makeZip([inside('go.mod', { plainBytes: limits.modBytes + 1 })]),
    faulty(phrase('answer.withinCap', { name: 'go.mod' })),
  ],
  [
    'a sum of sizes past the cap',
    makeZip([inside('a', { plainBytes: limits.zipBytes }), inside('b', { content: 'x' })]),
    faulty(phrase('answer.zipSum')),
  ],
  [
    'a bomb that declares less',
    makeZip([inside('a', { content: 'x'.repeat(1e6), plainBytes: 10 })]),
    faulty(phrase('answer.zipEntries')),
  ],
  [
    'a file that declares more',
    makeZip([inside('a', { content: 'x', plainBytes: 10 })]),
    faulty(phrase('answer.zipEntries')),
  ],
  ['a wrong checksum', makeZip([inside('a', { content: 'x', crc: 1 })]), faulty(phrase('answer.zipEntries'))],
  ['an encrypted entry', makeZip([inside('a', { content: 'x', flags: 1 })]), faulty(phrase('answer.zipEntries'))],
  ['bzip2', makeZip([inside('a', { content: 'x', method: 12 })]), faulty(phrase('answer.zipEntries'))],
])('broken archives: %s', async (_, body, failure) =>
  expect(await read(body, hello.prefix)).toEqual({ tag: 'error', error: failure }),
);

test('ß and ss are two names, as they are for Go', async () =>
  expect((await read(makeZip([inside('ß.go'), inside('ss.go')]), hello.prefix)).tag).toBe('ok'));

test('any damage ends typed, and never in another hash', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(sound.length - 1),
      fc.integer({ min: 1, max: 255 }),
      fc.nat(sound.length),
      async (at, flip, length) => {
        const damaged = Buffer.from(sound);
        damaged.writeUInt8((damaged[at] ?? 0) ^ flip, at);
        const got = await read(damaged, hello.prefix);
        // A flipped bit in a name inside the module gives other names, and so another hash; in a time stamp, none.
        if (got.tag === 'ok') expect(got.value).toHaveLength(hello.entries.length);
        expect((await read(sound.subarray(0, length), hello.prefix)).tag).toBe(
          length === sound.length ? 'ok' : 'error',
        );
      },
    ),
    { numRuns: 500 },
  );
});
