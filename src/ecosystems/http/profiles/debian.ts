import { utf8 } from '../../../core/body.ts';
import { limits } from '../../../core/limits.ts';
import { printable } from '../../../core/printable.ts';
import { malformed, phrase } from '../../../words/tell.ts';
import { editLines, headTextOf, parseMailDate, parseUnixDate } from '../format.ts';
import {
  type Head,
  type IndexAt,
  type IndexForm,
  type ListedAt,
  type ListedFile,
  type PackageFile,
  type Packing,
  type Profile,
  type ProfileReading,
  sound,
  unsound,
} from '../profile.ts';

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
  // https://wiki.debian.org/DebianRepository/Format
  // https://www.debian.org/mirror/ftpmirror
  client: 'apt',
  verifiesBytes: true,
  decodes: false,
  marker: { path: 'project/trace/master', read: (text) => parseUnixDate(text.split('\n', 1)[0] ?? '') },
  read: (head) => (/(^|\/)(InRelease|Release)$/.test(head.path) ? readRelease(head) : null),
  lists: { listedAt, find: findIndex, hashedAt, sumIn, leads: { isList, indexesIn, packageIn } },
  lines: (before, after) =>
    editLines({ before, after, files: '/etc/apt/sources.list*', behind: '/*([[:space:]]|$)', kept: '\\1' }),
};

const diffIndex = 'Index';

/**
 * Returns where the signed list names a file; `null`: no signed list covers the path. The InRelease of `dists/<suite>`,
 * or of `dists/<suite>/updates`, lists the files below that folder. For patches (`Packages.diff/`) it lists only the
 * file `Index`, which lists the patches.
 */
export function listedAt(path: string): ListedAt | null {
  const [, suite = '', name = ''] = /^((?:.*\/)?dists\/[^/]+(?:\/updates)?)\/(.+)$/s.exec(path) ?? [];
  if (suite === '' || /^(In)?Release(\.gpg)?$/.test(name)) return null;
  const [, folder, file = ''] = /^(.+\.diff\/)(.+)$/s.exec(name) ?? [];
  const at = { list: `${suite}/InRelease`, name };
  if (folder === undefined || file === diffIndex) return at;
  return { ...at, within: { path: `${suite}/${folder}${diffIndex}`, listed: `${folder}${diffIndex}`, name: file } };
}

/** Matches a path that contains the hash of its file, such as `main/binary-amd64/by-hash/SHA256/<hex>`. */
const byHash = /^(?:(.+)\/)?by-hash\/(?:MD5Sum|SHA1|SHA256|SHA512)\/([0-9a-f]{32,128})$/;

/**
 * Finds a file by its name, or by the hash in its path, in the lines ` <sum> <bytes> <name>` of a list. `null`: the
 * list has no SHA-256 of the file.
 */
function findIndex(list: Uint8Array, name: string): ListedFile | null {
  const lines = linesOf(utf8(list) ?? '');
  const [, folder = '', sum] = byHash.exec(name) ?? [];
  const named = sum === undefined ? name : lines.find((one) => one.sum === sum && folderOf(one.name) === folder)?.name;
  const found = lines.find((one) => one.sum.length === sha256Digits && one.name === named);
  return found === undefined ? null : { sha256: found.sum, bytes: found.bytes };
}

function sumIn(path: string): string | null {
  const sum = byHash.exec(path)?.[2] ?? '';
  return sum.length === sha256Digits ? sum : null;
}

interface Line {
  /** The hash in lower-case hex. Its length shows the algorithm. */
  readonly sum: string;
  readonly bytes: number;
  readonly name: string;
}

const sha256Digits = 64;
const sha512Digits = 128;

function linesOf(text: string): readonly Line[] {
  return [...text.matchAll(/^ ([0-9a-f]{32,128}) +(\d{1,15}) (\S+)$/gm)].map(([, sum = '', bytes, name = '']) => ({
    sum,
    bytes: Number(bytes),
    name,
  }));
}

function folderOf(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf('/')));
}

/**
 * The endings of an index's name, in the order of apt's `Acquire::CompressionTypes`; the uncompressed index is last.
 */
const endings: readonly (readonly [ending: string, packing: Packing])[] = [
  ['.xz', 'xz'],
  ['.bz2', 'other'],
  ['.lzma', 'other'],
  ['.gz', 'gzip'],
  ['.lz4', 'other'],
  ['.zst', 'other'],
  ['', 'plain'],
];
const commonest = ['amd64', 'arm64'];

const suiteList = /^((?:.*\/)?)(dists\/[^/]+(?:\/updates)?)\/(?:In)?Release$/;

function isList(path: string): boolean {
  return suiteList.test(path);
}

/**
 * Returns the indexes that clients read: those of the component `main`, else of the first component. It returns the
 * index for the most common architecture (`amd64`, else `arm64`, else the first by alphabet). It also returns the index
 * for `all`, unless the list says that clients do not read it.
 */
function indexesIn(path: string, list: Uint8Array): readonly IndexAt[] {
  const [, root = null, suite = ''] = suiteList.exec(path) ?? [];
  if (root === null) return [];
  const text = Buffer.from(list).toString('latin1');
  const lines = linesOf(text);
  const component = firstOf(lines, /^([\w.-]+)\/binary-[\w-]+\/Packages(?:\.\w+)?$/, ['main']);
  const own = lines.filter(({ name }) => name.startsWith(`${component}/`));
  const architecture = firstOf(own, /^[\w.-]+\/binary-(?!all\/)([\w-]+)\/Packages(?:\.\w+)?$/, commonest);
  const readsAll = !/^No-Support-for-Architecture-all: .*\bPackages\b/m.test(text);
  const names = [...(architecture === null ? [] : [architecture]), ...(readsAll ? ['all'] : [])];
  return names.flatMap((one) => {
    const name = `${component}/binary-${one}/Packages`;
    const forms = formsOf(name, `${root}${suite}/`, text, lines);
    return forms.length === 0 ? [] : [{ name, forms, root }];
  });
}

/**
 * Returns one of the texts that a pattern captures in a list's file names: the first one in `preferred`, else the first
 * by alphabet. `null`: the pattern matches no name.
 */
function firstOf(lines: readonly Line[], pattern: RegExp, preferred: readonly string[]): string | null {
  const found = new Set(lines.flatMap(({ name }) => pattern.exec(name)?.[1] ?? []));
  return preferred.find((one) => found.has(one)) ?? [...found].toSorted()[0] ?? null;
}

function hashedAt({ list, name }: ListedAt, body: Uint8Array): string | null {
  const text = Buffer.from(body).toString('latin1');
  const sums = linesOf(text).filter((one) => one.name === name);
  if (!isByHash(text) || sums.length === 0 || byHash.test(name)) return null;
  return `${list.replace(/InRelease$/, '')}${hashedNameOf(name, sums)}`;
}

function isByHash(list: string): boolean {
  return /^Acquire-By-Hash: yes$/m.test(list);
}

/** Returns the by-hash path of a file, which contains the hash of the file. It uses the longest hash, as apt does. */
function hashedNameOf(name: string, sums: readonly Line[]): string {
  const [longest] = sums.toSorted((a, b) => b.sum.length - a.sum.length);
  const kind = longest?.sum.length === sha512Digits ? 'SHA512' : 'SHA256';
  return `${folderOf(name)}/by-hash/${kind}/${longest?.sum}`;
}

/**
 * Returns the index in each compression format that the list names with a SHA-256. An empty file, and one above
 * `limits.packageIndexBytes`, is left out. A path by hash comes first, as in apt, because it stays valid during a
 * synchronisation.
 */
function formsOf(name: string, at: string, text: string, lines: readonly Line[]): readonly IndexForm[] {
  return endings.flatMap(([ending, packing]) => {
    const sums = lines.filter((one) => one.name === `${name}${ending}`);
    const file = sums.find(({ sum }) => sum.length === sha256Digits);
    if (file === undefined || file.bytes === 0 || file.bytes > limits.packageIndexBytes) return [];
    const paths = [...(isByHash(text) ? [`${at}${hashedNameOf(name, sums)}`] : []), `${at}${name}${ending}`];
    return [{ paths, file: { sha256: file.sum, bytes: file.bytes }, packing }];
  });
}

function packageIn(stanza: string): PackageFile | null {
  const [, path] = /^Filename: (?:\.\/)?(\S+)$/m.exec(stanza) ?? [];
  const [, bytes] = /^Size: (\d{1,15})$/m.exec(stanza) ?? [];
  const [, sha256] = /^SHA256: ([0-9a-f]{64})$/m.exec(stanza) ?? [];
  return path === undefined || bytes === undefined || sha256 === undefined
    ? null
    : { path, bytes: Number(bytes), sha256 };
}
