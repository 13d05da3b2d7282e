import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compactDate,
  formatFailure,
  isFilePath,
  parseEpochSeconds,
  parseMailDate,
  parseUnixDate,
} from '../../../../src/ecosystems/http/format.ts';
import type { Head } from '../../../../src/ecosystems/http/profile.ts';
import { readApkIndex } from '../../../../src/ecosystems/http/profiles/alpine.ts';
import { readRelease } from '../../../../src/ecosystems/http/profiles/debian.ts';
import { rootNameOf } from '../../../../src/ecosystems/http/profiles/maven.ts';
import { profiles } from '../../../../src/ecosystems/http/profiles.ts';
import { checkHash, judge } from '../../../../src/ecosystems/http/verify.ts';
import { table } from '../../../support/table.ts';

const nowWallMs = Date.parse('2023-11-14T22:13:20Z');

function head(path: string, body: Uint8Array | string, more: Partial<Head> = {}): Head {
  const bytes = Buffer.from(body);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const sum = more.isWhole === false ? null : { bytes: bytes.length, sha256 };
  return { path, body: bytes, isWhole: true, sum, headers: {}, nowWallMs, ...more };
}

test.each([
  [parseMailDate, 'Sat, 10 Feb 2024 11:07:25 UTC', '2024-02-10T11:07:25Z'],
  [parseMailDate, 'Sat, 10 Feb 2024 11:07:25 GMT', '2024-02-10T11:07:25Z'],
  [parseMailDate, 'Sat, 1 Jun 2024 01:02:03 +0000', '2024-06-01T01:02:03Z'],
  [parseMailDate, 'Sat, 10 Feb 2024 11:07:25 Z', '2024-02-10T11:07:25Z'],
  [parseMailDate, 'Sat, 10 Feb 2024  1:07:25 UTC', '2024-02-10T01:07:25Z'],
  [parseMailDate, 'Thu,  1 Feb 2024 01:07:25 -0000', '2024-02-01T01:07:25Z'],
  [parseMailDate, 'Sat, 10 Feb 2024 11:07:25 +0800', null],
  [parseMailDate, 'Sat, 32 Feb 2024 11:07:25 UTC', null],
  [parseUnixDate, 'Wed Jul 17 20:15:36 UTC 2024', '2024-07-17T20:15:36Z'],
  [parseUnixDate, 'Mon Jul  1 20:15:36 UTC 2024', '2024-07-01T20:15:36Z'],
  [parseUnixDate, 'Wed Jul 17 20:15:36 CEST 2024', null],
  [parseEpochSeconds, '1699990000\n', '2023-11-14T19:26:40Z'],
  [parseEpochSeconds, '1699990000000', null],
  [parseEpochSeconds, '', null],
  [compactDate, '20231111095912', '2023-11-11T09:59:12Z'],
  [compactDate, '20231311095912', null],
] as const)('dates: %o of %j', (read, text, want) => expect(read(text)).toBe(want === null ? null : Date.parse(want)));

describe('paths', () => {
  test.each([
    ['dists/bookworm/InRelease', true],
    ['pool/main/g/gcc-12/libstdc++6_12.2.0-14+deb12u1_amd64.deb', true],
    ['simple/', true],
    ['a%20b', true],
    ['', false],
    ['/etc/passwd', false],
    ['a//b', false],
    ['../x', false],
    ['a/%2e%2E/b', false],
    ['a?b', false],
    ['a#b', false],
    ['a b', false],
    ['a%2', false],
    ['a\\..\\b', false],
    ['ä', false],
    ['x'.repeat(401), false],
  ])('%s: %s', (path, want) => expect(isFilePath(path)).toBe(want));

  test('what is a path stays below the mirror, and stands in the URL as it is written', () =>
    fc.assert(
      fc.property(fc.oneof(fc.webPath(), fc.string(), fc.stringMatching(/^[a.%2e/]{1,12}$/)), (path) => {
        if (isFilePath(path))
          expect(new URL(`https://m.example.com/base/${path}`).href).toBe(`https://m.example.com/base/${path}`);
      }),
      { numRuns: 3_000 },
    ));
});

test.each([
  ['x.tar.gz', gzipSync('x'), null],
  ['x.tar.gz', Buffer.from('plain'), 'malformed'],
  ['x.deb', Buffer.from('!<arch>\ndebian-binary'), null],
  ['x.deb', Buffer.from('<html>'), 'wrong_content'],
  ['x.txt', Buffer.from('  <!DOCTYPE html>'), 'wrong_content'],
  ['x.html', Buffer.from('<!DOCTYPE html>'), null],
  ['pool/', Buffer.from('<html>'), null],
  ['x.zip', Buffer.alloc(0), 'malformed'],
  ['x.txt', Buffer.alloc(0), null],
] as const)('a file by its name: %s beginning with %s: %s', (path, body, want) =>
  expect(formatFailure({ path, body })?.kind ?? null).toBe(want),
);

describe('what an entry expects', () => {
  const part = { isWhole: false, headers: { 'content-length': '1000' } };
  test.each([
    ['nothing', {}, {}, null],
    ['a size, of the head alone', { bytes: 1000 }, part, null],
    ['another size, of the head alone', { bytes: 1001 }, part, 'malformed'],
    ['a size that nobody says', { bytes: 1001 }, { isWhole: false, headers: {} }, null],
    [
      'a size of a coded answer',
      { bytes: 1 },
      { ...part, headers: { ...part.headers, 'content-encoding': 'gzip' } },
      null,
    ],
    ['a size, of the whole', { bytes: 5 }, { headers: { 'content-length': '1000' } }, null],
    ['too much', { bytesMax: 4 }, {}, 'malformed'],
    ['too little', { bytesMin: 6 }, {}, 'malformed'],
    ['its first bytes', { startsHex: '6865' }, {}, null],
    ['more bytes than there are', { startsHex: '68656c6c6f21' }, {}, 'wrong_content'],
    ['a pattern', { matches: '^h.*o$' }, {}, null],
    ['another pattern', { matches: '^hallo' }, {}, 'wrong_content'],
    ['a pattern of ours that is none', { matches: '(' }, {}, 'wrong_content'],
    ['a hash of what was not read', { sha256: '0'.repeat(64) }, part, null],
    ['another hash', { sha256: '0'.repeat(64) }, {}, 'mismatch'],
  ])('%s', (_, expected, more, want) => {
    const answer = head('x', 'hello', more);
    const judged = judge(answer, expected, null);
    const failure = checkHash(answer, expected)?.failure ?? (judged.tag === 'error' ? judged.error : null);
    expect(failure?.kind ?? null).toBe(want);
  });

  test.each([
    [nowWallMs - 1000, null],
    [nowWallMs - 1001, 'malformed'],
    [nowWallMs + 1000, null],
    [null, 'malformed'],
  ])('an age of one second at most, changed at %s: %s', (changedAtMs, want) => {
    const judged = judge(head('x', 'hello'), { newerThanMs: 1000 }, changedAtMs);
    expect(judged.tag === 'error' ? judged.error.kind : null).toBe(want);
  });
});

describe('Release files', () => {
  const text = 'Origin: Debian\nDate: Sat, 11 Nov 2023 09:59:12 UTC\nSHA256:\n';
  test.each([
    ['a Release', 'dists/x/Release', text, null],
    ['an InRelease without a signature', 'dists/x/InRelease', text, 'a signed Release file'],
    ['no date', 'dists/x/Release', 'Origin: x\nSHA256:\n', 'a Release file with its date'],
    ['a date that is none', 'dists/x/Release', 'Date: now\nSHA256:\n', 'a Release file with its date'],
    [
      'of one component, which has no date',
      'dists/x/main/binary-amd64/Release',
      'Archive: x\nComponent: main\nArchitecture: amd64\n',
      null,
    ],
    ['of the sources of one', 'dists/x/main/source/Release', 'Archive: x\nArchitecture: source\n', null],
    ['no sums', 'dists/x/Release', text.replace('SHA256', 'MD5Sum'), 'a Release file with SHA256 sums'],
    [
      'sums after others, longer than the head',
      'dists/x/Release',
      text.replace('SHA256', `MD5Sum:\n${' x\n'.repeat(9000)}SHA256`),
      null,
    ],
    ['only SHA512 sums', 'dists/x/Release', text.replace('SHA256', 'SHA512'), null],
    ['valid', 'dists/x/Release', `Valid-Until: Wed, 15 Nov 2023 00:00:00 UTC\n${text}`, null],
    [
      'expired',
      'dists/x/Release',
      `Valid-Until: Tue, 14 Nov 2023 00:00:00 UTC\n${text}`,
      'a Release file that is still valid',
    ],
    [
      'valid until whenever',
      'dists/x/Release',
      `Valid-Until: soon\n${text}`,
      'a Release file with a readable Valid-Until date',
    ],
  ])('%s', (_, path, body, want) => {
    const { failure } = readRelease({ path, body: Buffer.from(body), isWhole: true, nowWallMs });
    expect(failure === null ? null : (failure as { expected: string }).expected).toBe(want);
  });

  test('the sums may follow after the beginning that was read, as in those of Ubuntu', () => {
    const body = Buffer.from(text.replace('SHA256:', 'MD5Sum:'));
    expect(readRelease({ path: 'dists/x/Release', body, isWhole: false, nowWallMs }).failure).toBeNull();
  });
});

describe('an index of Alpine', () => {
  test('a bomb is unpacked no further than its first bytes', () => {
    const bomb = gzipSync(Buffer.alloc(64 * 2 ** 20));
    expect(readApkIndex(bomb).failure?.kind).toBe('malformed');
  });
  test.each([
    ['nothing', Buffer.alloc(0)],
    ['no gzip', Buffer.from('APKINDEX')],
    ['gzip of nothing', gzipSync('')],
  ])('%s', (_, body) => expect(readApkIndex(body).failure?.kind).toBe('malformed'));
  test.each(['.SIGN.RSA.k', '.SIGN.RSA256.k', '.SIGN.RSA512.k', '.SIGN.DSA.k', 'DESCRIPTION', 'APKINDEX'])(
    'begins with %s',
    (name) => expect(readApkIndex(gzipSync(`${name}\0`)).failure).toBeNull(),
  );

  const entry = (name: string, size: string, date: string): Buffer => {
    const block = Buffer.alloc(1024);
    for (const [text, at] of [
      [name, 0],
      [size, 124],
      [date, 136],
    ] as const)
      block.write(text, at, 'latin1');
    return gzipSync(block);
  };
  const signature = entry('.SIGN.RSA.k', '00000000777', '14525000000');
  test.each<[string, readonly Buffer[], number | null]>([
    [
      'the date of the signed files, not of the signature',
      [signature, entry('APKINDEX', '1', '14525252525')],
      1_700_091_221,
    ],
    ['none, as older tools wrote', [signature, entry('DESCRIPTION', '1', '00000000000')], null],
    ['none behind a length below zero', [entry('.SIGN.RSA.k', '-7777777777', '1'), entry('APKINDEX', '1', '1')], null],
    ['none where nothing is signed', [signature], null],
  ])('%s', (_, members, want) =>
    expect(readApkIndex(Buffer.concat(members)).changedAtMs).toBe(want === null ? null : want * 1_000),
  );
});

test.each([
  ['<metadata/>', 'metadata'],
  ['\n<?xml version="1.0"?><!-- <html> --><project xmlns="x">', 'project'],
  ['<!DOCTYPE html><html>', '!DOCTYPE'],
  ['<!-- without end', ''],
  ['<?xml', ''],
  ['plain', ''],
  ['< metadata>', ''],
])('the outermost element: %j: %s', (text, want) => expect(rootNameOf(text)).toBe(want));

describe('any profile reads any file', () => {
  const paths = table<string[]>('unit/ecosystems/http/formats', 'paths');
  test.each(profiles.map((profile) => [profile.id, profile] as const))('%s', (_, profile) => {
    fc.assert(
      fc.property(
        fc.constantFrom(...paths),
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc.json().map((text) => Buffer.from(text)),
        ),
        fc.boolean(),
        (path, body, isWhole) => {
          const read = profile.read(head(path, body, { isWhole }));
          if (read !== null) expect(read.changedAtMs === null || Number.isFinite(read.changedAtMs)).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
    fc.assert(fc.property(fc.string(), (text) => Number.isNaN(profile.marker?.read(text) ?? 0) === false));
  });
});
