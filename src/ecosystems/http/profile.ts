import { isMarkup } from '../../core/body.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import type { Sentence } from '../../core/result.ts';
import { failureOf, malformed, phrase, wrongContent } from '../../words/tell.ts';
import type { Bypass, Chain } from '../client.ts';
import { matchesBeginning } from '../talk.ts';

/** For each format: the end of a file's name, the first bytes in hex, and the name of the format. */
const beginnings: readonly (readonly [RegExp, string, Sentence | string])[] = [
  [/\.(gz|tgz|apk|crate)$/, '1f8b', 'gzip'],
  [/\.(xz|txz)$/, 'fd377a585a00', 'xz'],
  [/\.(zst|tzst)$/, '28b52ffd', 'Zstandard'],
  [/\.bz2$/, '425a68', 'bzip2'],
  [/\.(zip|jar|war|whl|conda)$/, '504b0304', 'zip'],
  [/\.(deb|udeb)$/, '213c617263683e0a', phrase('answer.debianPackage')],
  [/\.rpm$/, 'edabeedb', phrase('answer.rpmPackage')],
];

/** Matches the paths of HTML or XML files, and of folders, because listings of folders are HTML. */
const markup = /\.(html?|xml|pom|svg|xsd)$|\/$/;

/**
 * Returns the failure if the body is a web page instead of a file, or if its first bytes do not fit the file's name.
 * `null`: neither.
 */
export function formatFailure({ path, body }: Pick<Head, 'path' | 'body'>): ProbeFailure | null {
  const known = beginnings.find(([ending]) => ending.test(path));
  if (known !== undefined && matchesBeginning(body, known[1])) return null;
  if (!markup.test(path) && isMarkup(body)) return wrongContent('answer.notPage', { what: phrase('answer.aFile') });
  if (known === undefined) return null;
  const [, , title] = known;
  return malformed('answer.byName', { what: title });
}

export function startsWith(body: Uint8Array, hex: string): boolean {
  const wanted = Buffer.from(hex, 'hex');
  return wanted.equals(body.subarray(0, wanted.length));
}

/** Returns the first `bytes` bytes of a body as text. Invalid UTF-8 becomes U+FFFD. */
export function headTextOf(body: Uint8Array, bytes = 16 * 1024): string {
  return new TextDecoder('utf-8').decode(body.subarray(0, bytes));
}

interface Edit {
  readonly before: Chain;
  readonly after: Chain;
  /** The files to edit, as a shell pattern. */
  readonly files: string;
  /** An extended regular expression for the text after the URL. `kept` replaces that text. */
  readonly behind: string;
  readonly kept: string;
}

/**
 * Makes shell lines that replace the first URL of the chain `before` by the first URL of `after` in a client's files.
 */
export function editLines({ before, after, files, behind, kept }: Edit): Lines {
  const [from, to] = [headUrlOf(before), headUrlOf(after)];
  const line = (old: string, next: string): string =>
    `grep -rlF '${old}' ${files} | xargs -r sed -Ei 's#${escaped(old)}${behind}#${next}${kept}#g'`;
  return {
    text: line(from, to),
    rollback: line(to, from),
    notes: [phrase('note.entries', { from, files })],
  };
}

function escaped(url: string): string {
  return url.replace(/[.+]/g, '\\$&');
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * Parses a date such as `Sat, 10 Feb 2024 11:07:25 UTC` to wall-clock milliseconds; `null`: the text has another
 * format. The day and the hour may have one digit, as in apt.
 */
export function parseMailDate(text: string): number | null {
  const [, day, month = '', year, time] =
    /^\w{3}, {1,2}(\d{1,2}) (\w{3}) (\d{4}) {1,2}(\d{1,2}:\d{2}:\d{2}) (?:UTC|GMT|Z|[+-]0000)$/.exec(text.trim()) ?? [];
  return utc(year, month, day, time);
}

/**
 * Parses `Wed Jul 17 20:15:36 UTC 2024`, the format of `date -u`, to wall-clock milliseconds; `null`: the text has
 * another format.
 */
export function parseUnixDate(text: string): number | null {
  const [, month = '', day, time, year] =
    /^\w{3} (\w{3}) {1,2}(\d{1,2}) (\d{2}:\d{2}:\d{2}) (?:UTC|GMT) (\d{4})$/.exec(text.trim()) ?? [];
  return utc(year, month, day, time);
}

/**
 * Parses a text of nine or ten digits, seconds since 1970, to wall-clock milliseconds; `null`: the text has another
 * format.
 */
export function parseEpochSeconds(text: string): number | null {
  const [, seconds] = /^(\d{9,10})\s*$/.exec(text) ?? [];
  return seconds === undefined ? null : Number(seconds) * 1000;
}

/** Parses `20240717201536`, in UTC, to wall-clock milliseconds; `null`: the text has another format. */
export function compactDate(text: string): number | null {
  const [, year, month, day, h, m, s] = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})$/.exec(text) ?? [];
  return utc(year, months[Number(month) - 1] ?? '', day, `${h}:${m}:${s}`);
}

function utc(
  year: string | undefined,
  month: string,
  day: string | undefined,
  time: string | undefined,
): number | null {
  const at = months.indexOf(month);
  if (year === undefined || day === undefined || time === undefined || at < 0) return null;
  const ms = Date.parse(`${year}-${String(at + 1).padStart(2, '0')}-${day.padStart(2, '0')}T${time.padStart(8, '0')}Z`);
  return Number.isNaN(ms) ? null : ms;
}

/** Matches a path segment: characters that URLs need not escape, and percent escapes. */
const segment = /^(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+$/;
const dots = /^(?:\.|%2e){1,2}$/i;

export const filePathExpected = phrase('expected.filePathSuch');

/** True for a path that can be requested below a mirror's base URL unchanged. The path of a folder ends in a slash. */
export function isFilePath(text: string): boolean {
  if (text.length > limits.moduleChars) return false;
  const segments = text.replace(/\/$/, '').split('/');
  return segments.every((one) => segment.test(one) && !dots.test(one));
}

export interface Summed {
  readonly bytes: number;
  /** The SHA-256 of the whole file, lower-case hex. */
  readonly sha256: string;
}

export interface Head {
  /** The path below the mirror's base URL. */
  readonly path: string;
  readonly body: Uint8Array;
  readonly isWhole: boolean;
  /** Length and hash of the whole file, which may be longer than `body`; `null`: the file was not read to its end. */
  readonly sum: Summed | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly nowWallMs: number;
}

export interface ProfileReading {
  readonly failure: ProbeFailure | null;
  /** The date that the file states, wall-clock milliseconds; `null`: none. */
  readonly changedAtMs: number | null;
  /** Which archive the file is of, as it states; compared between mirrors. Absent: the file does not state it. */
  readonly names?: string;
  /** What clients need and this step does not check; absent: nothing. */
  readonly unchecked?: Sentence;
}

interface Marker {
  readonly path: string;
  /** Returns the date in the marker file, wall-clock milliseconds; `null`: the text is malformed. */
  read(text: string): number | null;
}

/** Where a signed list names a file: the list's path, and the file's name in the list. */
export interface ListedAt {
  readonly list: string;
  readonly name: string;
  /**
   * A second list, for a file that the signed list does not name; absent: there is none. `path`: the path of the second
   * list. `listed`: the second list's name in the signed list. `name`: the file's name in the second list.
   */
  readonly within?: { readonly path: string; readonly listed: string; readonly name: string };
}

export interface ListedFile {
  /** The SHA-256 that the list states, lower-case hex. */
  readonly sha256: string;
  readonly bytes: number;
}

/** How an index is compressed. `other`: a format that mirrorwatch cannot decompress. */
export type Packing = 'plain' | 'gzip' | 'xz' | 'other';

/** An index in one compression format, or uncompressed. */
export interface IndexForm {
  /**
   * The paths of this one file below the mirror's base URL. If one fails, the package manager requests the next one.
   */
  readonly paths: readonly string[];
  readonly file: ListedFile;
  readonly packing: Packing;
}

/** An index (a list of packages). A signed list names the index, with its hash. */
export interface IndexAt {
  readonly name: string;
  /**
   * The index in each compression format, in the package manager's order. The package manager requests a format only if
   * the mirror has none of the earlier ones.
   */
  readonly forms: readonly IndexForm[];
  /** The folder that the packages' paths are relative to: empty, or with a final slash. */
  readonly root: string;
}

export interface PackageFile extends ListedFile {
  readonly path: string;
}

export interface Leads {
  /** True for the path of a signed list whose indexes name packages. */
  isList(path: string): boolean;
  /**
   * Returns the indexes that all clients of one architecture read, among those that the signed list at `path` names.
   */
  indexesIn(path: string, list: Uint8Array): readonly IndexAt[];
  /** Reads the entry of one package in an index. `null`: the entry has no path, size or SHA-256. */
  packageIn(stanza: string): PackageFile | null;
}

/** The lines of a remedy for one package manager. The caller checks that the URLs are safe to paste. */
export interface Lines {
  readonly text: string;
  readonly rollback: string;
  readonly notes: readonly Sentence[];
}

/** An artifact that an index names. */
export interface NamedArtifact {
  /** The SHA-256 that the index states, lower-case hex. */
  readonly want: string;
  /** The path of the file with the URL of downloads. */
  readonly file: string;
  /** Returns the URL of the artifact by the text of that file; `null`: it states no usable URL. */
  urlIn(text: string): string | null;
}

/** One well-known kind of file mirror. */
export interface Profile {
  readonly id: string;
  readonly spec: readonly string[];
  /** The package manager; also the key of its lines in a remedy. */
  readonly client: string;
  /** True if the package manager verifies files by signatures of the distribution; absent: not known. */
  readonly verifiesBytes?: true;
  /** True if the package manager supports HTTP/2; absent: it uses only HTTP/1.1. */
  readonly offersHttp2?: true;
  readonly withoutHttp2?: Bypass;
  /** Whether the package manager decodes a `Content-Encoding`; apt, for one, stores the body as sent. */
  readonly decodes: boolean;
  /**
   * The marker: a small file with the date of the mirror's last synchronisation. `null`: mirrors of this profile have
   * none.
   */
  readonly marker: Marker | null;
  /** Checks a file in a format that the profile knows. `null`: the profile does not know the file. */
  read(head: Head): ProfileReading | null;
  /**
   * Returns the newest artifact that an index file names; `null`: the file is no index, or names none. Absent: clients
   * download below the base URL of the mirror.
   */
  newestIn?(path: string, body: Uint8Array): NamedArtifact | null;
  /** Returns the URL of a download, by a file that states where downloads are; `null`: it states none. */
  downloadIn?(path: string, body: Uint8Array): string | null;
  /** True for a file that never changes, and that mirrors serve with a checksum beside it (`.sha1`); absent: none is. */
  hasSumBeside?(path: string): boolean;
  /** The signed lists that name files; absent: mirrors of this profile have none. */
  readonly lists?: {
    /** Returns the list that covers `path`, even if it does not name the file; `null`: no list covers it. */
    listedAt(path: string): ListedAt | null;
    /** Returns what a list states about a file; `null`: the list does not name the file. */
    find(list: Uint8Array, name: string): ListedFile | null;
    /**
     * Returns the path with the file's hash, at which clients request a listed file. `null`: they request it by its
     * name.
     */
    hashedAt(at: ListedAt, list: Uint8Array): string | null;
    /** Returns the SHA-256 in a path of a file, lower-case hex; `null`: the path contains none. */
    sumIn(path: string): string | null;
    /** How to find packages through a signed list and the indexes that it names; absent: no packages are checked. */
    readonly leads?: Leads;
  };
  lines(before: Chain, after: Chain): Lines;
}

/** Makes the result for a valid file. */
export function sound(changedAtMs: number | null = null): ProfileReading {
  return { failure: null, changedAtMs };
}

/** Makes the result for a malformed file. */
export function unsound(expected: Sentence): ProfileReading {
  return { failure: failureOf('malformed', expected), changedAtMs: null };
}

/**
 * Makes the method `lines` of a profile whose remedy replaces a setting as a whole. The rollback is the same setting
 * for the old chain.
 */
export function linesBy(stateChain: (chain: Chain) => string, ...notes: readonly Sentence[]): Profile['lines'] {
  return (before, after) => ({ text: stateChain(after), rollback: stateChain(before), notes });
}

/** Returns the URL of a chain's first member, with `end` in place of its final slashes; empty for an empty chain. */
export function headUrlOf({ members }: Chain, end: '' | '/' = ''): string {
  const [first] = members;
  return first === undefined ? '' : `${first.plain.replace(/(?<!\/)\/+$/, '')}${end}`;
}
