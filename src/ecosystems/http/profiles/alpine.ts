import { constants, gunzipSync } from 'node:zlib';
import { phrase } from '../../../words/tell.ts';
import { editLines, parseEpochSeconds } from '../format.ts';
import { type Profile, type ProfileReading, sound, unsound } from '../profile.ts';

const notAnIndex = unsound(phrase('answer.apk'));

/** How many bytes of the file to unpack: enough for the signature and the beginning of the signed data. */
const packedBytes = 4096;
const nameBytes = 100;

/** Checks the beginning of an APKINDEX.tar.gz. It consists of gzip members; the first one may be the signature. */
export function readApkIndex(body: Uint8Array): ProfileReading {
  try {
    const unpacked = gunzipSync(body.subarray(0, packedBytes), {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: 8 * 2 ** 20,
    });
    const name = unpacked.subarray(0, nameBytes).toString('latin1').split('\0', 1)[0] ?? '';
    return /^(\.SIGN\.(RSA|RSA256|RSA512|DSA)\.|DESCRIPTION$|APKINDEX$)/.test(name) ? sound() : notAnIndex;
  } catch {
    return notAnIndex;
  }
}

/** For Alpine, the base URL is the folder that contains the branches, such as `v3.20`. */
export const alpine: Profile = {
  id: 'alpine',
  spec: ['https://wiki.alpinelinux.org/wiki/Apk_spec'],
  client: 'apk',
  decodes: false,
  marker: { path: 'last-updated', read: parseEpochSeconds },
  read: ({ path, body }) => (/(^|\/)APKINDEX\.tar\.gz$/.test(path) ? readApkIndex(body) : null),
  lines: (before, after) => editLines({ before, after, files: '/etc/apk/repositories', behind: '/+', kept: '/' }),
};
