import { z } from 'zod';
import { durationMs, durationPattern, sizeBytes, sizePattern } from '../../core/units.ts';
import { checked, mapping, readable } from '../fields.ts';
import { filePathExpected, isFilePath } from './path.ts';
import { compilePattern } from './pattern.ts';

/** What the file expects of one path's answers: plain data; what it does not name is not looked at. */
export interface Expect {
  /** Lower-case hex. */
  readonly sha256?: string;
  readonly bytes?: number;
  readonly bytesMin?: number;
  readonly bytesMax?: number;
  /** The first bytes, lower-case hex. */
  readonly startsHex?: string;
  /** A regular expression that the beginning of the file must hold. */
  readonly matches?: string;
  readonly newerThanMs?: number;
  /** Absolute path of the keyring whose keys sign it. */
  readonly signedBy?: string;
}

const count = z.int({ error: 'a whole number of bytes' }).min(0, { error: 'a whole number of bytes' });
const sizeExpected = 'a size such as 1MiB (units KiB MiB GiB), or a whole number of bytes';
const size = z.union([count, checked('', sizeExpected, (value) => sizePattern.test(value))]);

/** The keys of `expect`. */
const expectKeys = mapping(
  {
    sha256: checked('SHA-256 of the whole file, hex.', '64 hexadecimal digits', (value) =>
      /^[0-9a-f]{64}$/i.test(value),
    ).optional(),
    bytes: count.meta({ description: 'Its exact size in bytes.' }).optional(),
    bytesMin: size.meta({ description: 'The least size.' }).optional(),
    bytesMax: size.meta({ description: 'The largest size.' }).optional(),
    starts: checked(
      'The text that it begins with.',
      'a text of 1 to 200 characters',
      (value) => value.length >= 1 && value.length <= 200,
    ).optional(),
    startsHex: checked(
      'The bytes that it begins with, hex.',
      'an even number of hexadecimal digits, at most 400',
      (value) => /^([0-9a-f]{2}){1,200}$/i.test(value),
    ).optional(),
    matches: readable(
      'A regular expression that its first 16 KiB hold; `^` and `$` are ends of lines. Matched in time that grows with the text alone: without back-references and looking around.',
      'a regular expression',
      compilePattern,
    ).optional(),
    newerThan: checked(
      'The greatest age: of the date that it states where the profile knows one (`InRelease`, `lastsync`), else of `Last-Modified`.',
      'a duration such as 2d (units ms s m h d)',
      (value) => durationPattern.test(value),
    ).optional(),
    signedBy: checked(
      'A keyring of OpenPGP keys (binary, not armoured), one of which must have signed the file: in it (`InRelease`), or in `Release.gpg` or `<path>.sig` beside it. Verified by `gpgv` where the whole file is read: by `get` up to 64 KiB, else by `whole`.',
      'the path of a file',
      (value) => value !== '' && !/\p{Cc}/u.test(value),
    )
      .meta({ title: 'path' })
      .optional(),
  },
  'a mapping with sha256, bytes, bytesMin, bytesMax, starts, startsHex, matches, newerThan or signedBy',
);

/** One entry of `modules.http` that is a mapping. */
export const fileEntry = mapping(
  {
    upstream: checked(
      'Whose file it is: only mirrors of this upstream are asked. Left out: every mirror of the ecosystem.',
      'the upstream of a mirror',
      (value) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(value),
    ).optional(),
    path: checked('The path below the base URL of each mirror.', filePathExpected, isFilePath),
    expect: expectKeys.meta({ description: 'What its answers must be.' }).optional(),
  },
  'a path, or { upstream, path, expect }',
);

/**
 * Sizes and ages as numbers, hex in lower case, the beginning as bytes.
 * @param keyring  the absolute path of a keyring
 */
export function readExpect(file: z.output<typeof expectKeys>, keyring: (name: string) => string): Expect {
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
