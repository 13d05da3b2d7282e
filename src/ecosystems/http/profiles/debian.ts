import { utf8 } from '../../../core/body.ts';
import { limits } from '../../../core/limits.ts';
import { malformed, phrase } from '../../../words/tell.ts';
import { editLines, headTextOf, parseMailDate, parseUnixDate } from '../format.ts';
import {
  type Head,
  type IndexAt,
  type ListedAt,
  type ListedFile,
  type PackageFile,
  type Profile,
  type Reading,
  sound,
  unsound,
} from '../profile.ts';

const clearsigned = '-----BEGIN PGP SIGNED MESSAGE-----';

/** The titles of the sums that apt accepts. */
const sums = ['\nSHA256:', '\nSHA512:'];

/**
 * Checks that a Release file has a date and that `Valid-Until` has not passed; if the file is whole, also that it has
 * SHA-256 or SHA-512 sums.
 * @see https://wiki.debian.org/DebianRepository/Format
 */
export function readRelease({ path, body, isWhole, nowWallMs }: Omit<Head, 'sum' | 'headers'>): Reading {
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
  return isSummed ? sound(changedAtMs) : { ...unsound(phrase('answer.releaseSums')), changedAtMs };
}

/** The InRelease of `dists/<suite>`, or of `dists/<suite>/updates`, lists the files below that folder. */
function listedAt(path: string): ListedAt | null {
  const [, suite = '', name = ''] = /^((?:.*\/)?dists\/[^/]+(?:\/updates)?)\/(.+)$/.exec(path) ?? [];
  return suite === '' || /^(In)?Release(\.gpg)?$/.test(name) ? null : { list: `${suite}/InRelease`, name };
}

/** Finds the line ` <sha256> <bytes> <name>`. Only SHA-256 sums have 64 digits. */
function find(list: Uint8Array, name: string): ListedFile | null {
  for (const line of (utf8(list) ?? '').split('\n')) {
    const [, sha256 = '', bytes = '', named] = /^ ([0-9a-f]{64}) +(\d{1,15}) (\S+)$/.exec(line) ?? [];
    if (named === name) return { sha256, bytes: Number(bytes) };
  }
  return null;
}

/** Archives in Debian's format. */
export const debian: Profile = {
  id: 'debian',
  spec: ['https://wiki.debian.org/DebianRepository/Format', 'https://www.debian.org/mirror/ftpmirror'],
  client: 'apt',
  decodes: false,
  marker: { path: 'project/trace/master', read: (text) => parseUnixDate(text.split('\n', 1)[0] ?? '') },
  read: (head) => (/(^|\/)(InRelease|Release)$/.test(head.path) ? readRelease(head) : null),
  lists: { listedAt, find, leads: { indexIn, packageIn } },
  lines: (before, after) =>
    editLines({ before, after, files: '/etc/apt/sources.list*', behind: '/*([[:space:]]|$)', kept: '\\1' }),
};

const architectures = ['amd64', 'arm64'];

interface Index extends ListedFile {
  /** Such as `main/binary-amd64/Packages.gz`. */
  readonly name: string;
  readonly folder: string;
  /** The lowest rank is preferred. */
  readonly rank: number;
}

/**
 * Prefers the index of `main`, of the commonest architecture, compressed with gzip. A path by hash comes first, because
 * it stays valid during a synchronisation.
 */
function indexIn(path: string, list: Uint8Array): IndexAt | null {
  const [, root = null, suite = ''] = /^((?:.*\/)?)(dists\/[^/]+(?:\/updates)?)\/(?:In)?Release$/.exec(path) ?? [];
  if (root === null) return null;
  const text = Buffer.from(list).toString('latin1');
  const [best] = indexesIn(text).toSorted((a, b) => a.rank - b.rank || (a.name < b.name ? -1 : 1));
  if (best === undefined) return null;
  const { sha256, bytes, name, folder } = best;
  const at = `${root}${suite}/`;
  const byHash = /^Acquire-By-Hash: yes$/m.test(text) ? [`${at}${folder}/by-hash/SHA256/${sha256}`] : [];
  return { paths: [...byHash, `${at}${name}`], file: { sha256, bytes }, isPacked: name.endsWith('.gz'), root };
}

/** Reads lines ` <sha256> <bytes> <component>/binary-<architecture>/Packages[.gz]`. */
function indexesIn(text: string): readonly Index[] {
  const found: Index[] = [];
  for (const [, sha256 = '', size = '', name = '', folder = '', component, architecture = '', packed] of text.matchAll(
    /^ ([0-9a-f]{64}) +(\d{1,15}) ((([\w.-]+)\/binary-([\w-]+))\/Packages(\.gz)?)$/gm,
  )) {
    const bytes = Number(size);
    if (bytes === 0 || bytes > limits.packageIndexBytes) continue;
    const known = architectures.indexOf(architecture);
    const rank =
      (component === 'main' ? 0 : 100) +
      2 * (known < 0 ? architectures.length : known) +
      (packed === undefined ? 1 : 0);
    found.push({ sha256, bytes, name, folder, rank });
  }
  return found;
}

function packageIn(stanza: string): PackageFile | null {
  const [, path] = /^Filename: (?:\.\/)?(\S+)$/m.exec(stanza) ?? [];
  const [, bytes] = /^Size: (\d{1,15})$/m.exec(stanza) ?? [];
  const [, sha256] = /^SHA256: ([0-9a-f]{64})$/m.exec(stanza) ?? [];
  return path === undefined || bytes === undefined || sha256 === undefined
    ? null
    : { path, bytes: Number(bytes), sha256 };
}
