import { utf8 } from '../../../core/body-text.ts';
import { malformed } from '../../../words/failure.ts';
import { phrase } from '../../../words/tell.ts';
import { mailDate, unixDate } from '../dates.ts';
import { headText } from '../format.ts';
import { editLines } from '../lines.ts';
import { type Head, type ListedAt, type ListedFile, type Profile, type Reading, sound, unsound } from '../profile.ts';
import { indexIn, packageIn } from './debian-packages.ts';

const clearsigned = '-----BEGIN PGP SIGNED MESSAGE-----';

/**
 * What apt looks at first in a Release file: a date, not yet past its `Valid-Until`, and a list of SHA-256 sums. Its
 * signature is another matter: `expect.signedBy`.
 * @see https://wiki.debian.org/DebianRepository/Format
 */
export function readRelease({ path, body, nowWallMs }: Pick<Head, 'path' | 'body' | 'nowWallMs'>): Reading {
  const text = headText(body);
  if (path.endsWith('InRelease') && !text.startsWith(clearsigned)) return unsound(phrase('answer.release'));
  const [, date] = /^Date: (.{1,60})$/m.exec(text) ?? [];
  const changedAtMs = date === undefined ? null : mailDate(date);
  if (changedAtMs === null) return unsound(phrase('answer.releaseDate'));
  const [, until] = /^Valid-Until: (.{1,60})$/m.exec(text) ?? [];
  const untilMs = until === undefined ? null : mailDate(until);
  if (until !== undefined && untilMs === null) return unsound(phrase('answer.releaseUntil'));
  if (untilMs !== null && untilMs < nowWallMs) return { failure: malformed('answer.releaseValid'), changedAtMs };
  return /^SHA256:/m.test(text) ? sound(changedAtMs) : { ...unsound(phrase('answer.releaseSums')), changedAtMs };
}

/** An index below `dists/<suite>`, by the InRelease there; a suite of updates is one level further down. */
function listedAt(path: string): ListedAt | null {
  const [, suite = '', name = ''] = /^((?:.*\/)?dists\/[^/]+(?:\/updates)?)\/(.+)$/.exec(path) ?? [];
  return suite === '' || /^(In)?Release(\.gpg)?$/.test(name) ? null : { list: `${suite}/InRelease`, name };
}

/** A line of the sums: ` <sha256> <bytes> <name>`. No other sum has 64 digits. */
function find(list: Uint8Array, name: string): ListedFile | null {
  for (const line of (utf8(list) ?? '').split('\n')) {
    const [, sha256 = '', bytes = '', named] = /^ ([0-9a-f]{64}) +(\d{1,15}) (\S+)$/.exec(line) ?? [];
    if (named === name) return { sha256, bytes: Number(bytes) };
  }
  return null;
}

/** Debian archives and those of its form. */
export const debian: Profile = {
  id: 'debian',
  title: 'a Debian archive',
  spec: ['https://wiki.debian.org/DebianRepository/Format', 'https://www.debian.org/mirror/ftpmirror'],
  client: 'apt',
  decodes: false,
  marker: { path: 'project/trace/master', read: (text) => unixDate(text.split('\n', 1)[0] ?? '') },
  read: (head) => (/(^|\/)(InRelease|Release)$/.test(head.path) ? readRelease(head) : null),
  lists: { listedAt, find, leads: { indexIn, packageIn } },
  lines: (before, after) =>
    editLines({ before, after, files: '/etc/apt/sources.list*', behind: '/*([[:space:]]|$)', kept: '\\1' }),
};
