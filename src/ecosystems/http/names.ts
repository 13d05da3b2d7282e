import { z } from 'zod';
import { error, ok } from '../../core/result.ts';
import { durationMs, durationPattern, sizeBytes, sizePattern } from '../../core/units.ts';
import { phrase } from '../../words/tell.ts';
import { checked, errorOf, mapping, readable } from '../fields.ts';
import type { Names } from '../names.ts';
import { filePathExpected, isFilePath } from './format.ts';
import { compilePattern } from './pattern.ts';

/** What is expected of one file; absent fields are not checked. */
export interface Expect {
  /** The SHA-256 of the whole file, lower-case hex. */
  readonly sha256?: string;
  readonly bytes?: number;
  readonly bytesMin?: number;
  readonly bytesMax?: number;
  /** The first bytes, lower-case hex. */
  readonly startsHex?: string;
  /** A pattern for `compilePattern` that must match in the first 16 KiB of the file. */
  readonly matches?: string;
  /** The maximum age of the file by its date, milliseconds. */
  readonly newerThanMs?: number;
  /** The absolute path of a keyring. One of its keys must have signed the file, or a list that names the file. */
  readonly signedBy?: string;
}

const count = z.int(errorOf(phrase('expected.bytesWhole'))).min(0, errorOf(phrase('expected.bytesWhole')));
const sizeExpected = phrase('expected.bytesSize');
const size = z.union([count, checked('', sizeExpected, (value) => sizePattern.test(value))]);

const expectKeys = mapping(
  'What the content of the file must match.',
  {
    sha256: checked('SHA-256 of the whole file, hex.', phrase('expected.hex'), (value) =>
      /^[0-9a-f]{64}$/i.test(value),
    ).optional(),
    bytes: count.describe('The exact size of the file in bytes.').optional(),
    bytesMin: size.describe('The minimum size of the file, in bytes or with a unit.').optional(),
    bytesMax: size.describe('The maximum size of the file, in bytes or with a unit.').optional(),
    starts: checked(
      'The text at the start of the file.',
      phrase('expected.text200'),
      (value) => value.length >= 1 && value.length <= 200,
    ).optional(),
    startsHex: checked('The first bytes of the file, hex.', phrase('expected.hexEven'), (value) =>
      /^([0-9a-f]{2}){1,200}$/i.test(value),
    ).optional(),
    matches: readable(
      'A regular expression that must match in the first 16 KiB. `^` and `$` match at the start and end of a line. Back-references and lookaround are not supported, because matching must take linear time.',
      phrase('expected.regular'),
      compilePattern,
    ).optional(),
    newerThan: checked(
      'The maximum age of the date in the file, if the profile defines one (`InRelease`, `lastsync`), else of `Last-Modified`.',
      phrase('expected.durationDays', { example: '2d' }),
      (value) => durationPattern.test(value),
    ).optional(),
    signedBy: checked(
      'A binary (not armoured) keyring of OpenPGP keys. One of the keys must have signed the file, in the file itself (`InRelease`) or in `Release.gpg` or `<path>.sig` next to it. The program `gpgv` verifies the signature: in the step `get` if the file has at most 64 KiB, else in the step `whole`. For the `InRelease` of a Debian suite both steps verify it, together with the indexes that apt reads.',
      phrase('expected.path'),
      (value) => value !== '' && !/\p{Cc}/u.test(value),
    )
      .meta({ title: 'path' })
      .optional(),
  },
  phrase('expected.mappingWith', {
    keys: 'sha256, bytes, bytesMin, bytesMax, starts, startsHex, matches, newerThan or signedBy',
  }),
);

const fileEntry = mapping(
  null,
  {
    upstream: checked(
      'Upstream of the file: only mirrors of this upstream get requests for it. Default: every mirror of the ecosystem.',
      phrase('expected.upstreamMirror'),
      (value) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(value),
    ).optional(),
    path: checked('The path below the base URL of each mirror.', filePathExpected, isFilePath),
    expect: expectKeys.optional(),
  },
  phrase('expected.mappingWith', { keys: 'upstream, path and expect' }),
);

/**
 * Converts the configuration key `expect` of a file.
 * @param keyring  resolves the file name of a keyring to an absolute path
 */
function readExpect(file: z.output<typeof expectKeys>, keyring: (name: string) => string): Expect {
  const { sha256, bytes, bytesMin, bytesMax, starts, startsHex, matches, newerThan, signedBy } = file;
  const hex = startsHex ?? (starts === undefined ? undefined : Buffer.from(starts, 'utf8').toString('hex'));
  return {
    ...(sha256 === undefined ? {} : { sha256: sha256.toLowerCase() }),
    ...(bytes === undefined ? {} : { bytes }),
    ...(bytesMin === undefined ? {} : { bytesMin: bytesOf(bytesMin) }),
    ...(bytesMax === undefined ? {} : { bytesMax: bytesOf(bytesMax) }),
    ...(hex === undefined ? {} : { startsHex: hex.toLowerCase() }),
    ...(matches === undefined ? {} : { matches }),
    ...(newerThan === undefined ? {} : { newerThanMs: durationMs(newerThan) }),
    ...(signedBy === undefined ? {} : { signedBy: keyring(signedBy) }),
  };
}

function bytesOf(size: number | string): number {
  return typeof size === 'number' ? size : sizeBytes(size);
}

export const httpNames: Names = {
  describes: 'Paths of files. The first one of an upstream is the canary of its mirrors.',
  entry: { describes: 'A path below the base URL of each mirror.', expected: phrase('expected.filePath') },
  parse: (text) => (isFilePath(text) ? ok({ module: text, version: null }) : error(filePathExpected)),
  form: {
    schema: fileEntry,
    read(value, files) {
      const { upstream, path, expect } = value as z.output<typeof fileEntry>;
      return {
        module: path,
        version: null,
        ...(upstream === undefined ? {} : { upstream }),
        ...(expect === undefined
          ? {}
          : { expect: readExpect(expect, (name) => files.keyring(['expect', 'signedBy'], name)) }),
      };
    },
  },
  byHand: (text) => ({ module: text.replace(/^\/+/, ''), version: null }),
  newest: null,
  isFixed: () => false,
  example: null,
  private: null,
};
