import { constants, gunzipSync } from 'node:zlib';
import { getOrElse } from '../../../core/get-or-else.ts';
import { phrase } from '../../../words/tell.ts';
import { editLines, parseEpochSeconds } from '../format.ts';
import { type Profile, type ProfileReading, sound, unsound } from '../profile.ts';

const notAnIndex = unsound(phrase('answer.apk'));

/** How many bytes of the file to unpack: enough for the signature and the beginning of the signed data. */
const packedBytes = 4096;
const nameBytes = 100;
/** The length of a tar header, and where it states a file's length and date, both as octal texts. */
const blockBytes = 512;
const sizeAt = [124, 135] as const;
const dateAt = [136, 147] as const;

/**
 * Returns the date of the first file that the signature covers, wall-clock milliseconds. `null`: no such file is
 * unpacked, or it has no date, as with older versions of `apk index`.
 */
function signedDateOf(unpacked: Buffer): number | null {
  const octal = (at: number, [from, to]: readonly [number, number]): number =>
    Math.max(0, Number.parseInt(unpacked.toString('latin1', at + from, at + to), 8) || 0);
  for (let at = 0; at + blockBytes <= unpacked.length; ) {
    if (unpacked.toString('latin1', at, at + 6) !== '.SIGN.') return octal(at, dateAt) * 1_000 || null;
    at += blockBytes * (1 + Math.ceil(octal(at, sizeAt) / blockBytes));
  }
  return null;
}

/**
 * Checks the beginning of an APKINDEX.tar.gz. It consists of gzip members; the first one may be the signature. The date
 * is that of the signed files.
 */
export function readApkIndex(body: Uint8Array): ProfileReading {
  const how = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 8 * 2 ** 20 };
  const unpacked = getOrElse(() => gunzipSync(body.subarray(0, packedBytes), how), null);
  const name = unpacked?.subarray(0, nameBytes).toString('latin1').split('\0', 1)[0] ?? '';
  const isIndex = /^(\.SIGN\.(RSA|RSA256|RSA512|DSA)\.|DESCRIPTION$|APKINDEX$)/.test(name);
  return unpacked !== null && isIndex ? sound(signedDateOf(unpacked)) : notAnIndex;
}

/** For Alpine, the base URL is the folder that contains the branches, such as `v3.20`. */
export const alpine: Profile = {
  id: 'alpine',
  // https://wiki.alpinelinux.org/wiki/Apk_spec
  client: 'apk',
  decodes: false,
  marker: { path: 'last-updated', read: parseEpochSeconds },
  read: ({ path, body }) => (/(^|\/)APKINDEX\.tar\.gz$/.test(path) ? readApkIndex(body) : null),
  lines: (before, after) => editLines({ before, after, files: '/etc/apk/repositories', behind: '/+', kept: '/' }),
};
