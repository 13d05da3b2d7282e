import { limits } from '../../../core/limits.ts';
import { printable } from '../../../core/printable.ts';
import { malformed, phrase } from '../../../words/tell.ts';
import { editLines, headTextOf, parseMailDate, parseUnixDate } from '../format.ts';
import { type Head, type Profile, type ProfileReading, sound, unsound } from '../profile.ts';
import { findIndex, hashedAt, indexesIn, isList, listedAt, packageIn, sumIn } from './debian-lists.ts';

const clearsigned = '-----BEGIN PGP SIGNED MESSAGE-----';

/** The headings of the lists of hashes that apt accepts. */
const sums = ['\nSHA256:', '\nSHA512:'];

/** Matches the Release file of one component and architecture, which has neither a date nor hashes. */
const partRelease = /(?:^|\/)(?:binary-[\w-]+|source)\/Release$/;

/**
 * Checks that the Release file of a suite has a date and that `Valid-Until` has not passed. If the file is whole, it
 * must also have SHA-256 or SHA-512 hashes.
 * @see https://wiki.debian.org/DebianRepository/Format
 */
export function readRelease({ path, body, isWhole, nowWallMs }: Omit<Head, 'sum' | 'headers'>): ProfileReading {
  if (partRelease.test(path)) return sound();
  const text = headTextOf(body);
  if (path.endsWith('InRelease') && !text.startsWith(clearsigned)) return unsound(phrase('answer.release'));
  const [, date] = /^Date: (.{1,60})$/m.exec(text) ?? [];
  const changedAtMs = date === undefined ? null : parseMailDate(date);
  if (changedAtMs === null) return unsound(phrase('answer.releaseDate'));
  const [, until] = /^Valid-Until: (.{1,60})$/m.exec(text) ?? [];
  const untilMs = until === undefined ? null : parseMailDate(until);
  if (until !== undefined && untilMs === null) return unsound(phrase('answer.releaseUntil'));
  if (untilMs !== null && untilMs < nowWallMs) return { failure: malformed('answer.releaseValid'), changedAtMs };
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const isSummed = !isWhole || sums.some((line) => bytes.includes(line));
  return isSummed
    ? { ...sound(changedAtMs), names: namesIn(path, text) }
    : { ...unsound(phrase('answer.releaseSums')), changedAtMs };
}

/**
 * Returns what names the archive of a Release file, as apt compares it: apt refuses an archive with another Origin or
 * Label than before. Suite and Codename may change with a release of the distribution, so they are only compared with
 * the folder below `dists`.
 * @see https://salsa.debian.org/apt-team/apt: metaIndex::CheckDist, pkgAcqMetaBase::VerifyVendor
 */
function namesIn(path: string, text: string): string {
  const fields = text.matchAll(/^(Origin|Label|Suite|Codename): (.{1,80})$/gm);
  const {
    Origin = '',
    Label = '',
    Suite,
    Codename,
  } = Object.fromEntries([...fields].map(([, key, value]) => [key, value]));
  const parts = path.split('/');
  const dists = parts.lastIndexOf('dists', -3);
  const folder = dists === -1 ? Suite : parts.slice(dists + 1, -1).join('/');
  const isOfFolder = [Suite, Codename].some((one) => one === folder || one === folder?.replace(/\/[^/]*$/, ''));
  return printable(`Origin: ${Origin}; Label: ${Label}${isOfFolder ? '' : `; not ${folder}`}`, limits.keyNameChars);
}

/** Package archives in Debian's format. */
export const debian: Profile = {
  id: 'debian',
  spec: ['https://wiki.debian.org/DebianRepository/Format', 'https://www.debian.org/mirror/ftpmirror'],
  client: 'apt',
  verifiesBytes: true,
  decodes: false,
  marker: { path: 'project/trace/master', read: (text) => parseUnixDate(text.split('\n', 1)[0] ?? '') },
  read: (head) => (/(^|\/)(InRelease|Release)$/.test(head.path) ? readRelease(head) : null),
  lists: { listedAt, find: findIndex, hashedAt, sumIn, leads: { isList, indexesIn, packageIn } },
  lines: (before, after) =>
    editLines({ before, after, files: '/etc/apt/sources.list*', behind: '/*([[:space:]]|$)', kept: '\\1' }),
};
