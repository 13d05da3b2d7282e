import type { ProbeFailure } from '../../core/failure.ts';
import type { Sentence } from '../../core/result.ts';
import { failureOf } from '../../words/tell.ts';
import type { Chain } from '../client.ts';

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

/** One well-known kind of file mirror. */
export interface Profile {
  readonly id: string;
  /** The package manager; also the key of its lines in a remedy. */
  readonly client: string;
  /** True if the package manager verifies files by signatures of the distribution; absent: not known. */
  readonly verifiesBytes?: true;
  /** True if the package manager supports HTTP/2; absent: it uses only HTTP/1.1. */
  readonly offersHttp2?: true;
  /** Whether the package manager decodes a `Content-Encoding`; apt, for one, stores the body as sent. */
  readonly decodes: boolean;
  /**
   * The marker: a small file with the date of the mirror's last synchronisation. `null`: mirrors of this profile have
   * none.
   */
  readonly marker: Marker | null;
  /** Checks a file in a format that the profile knows. `null`: the profile does not know the file. */
  read(head: Head): ProfileReading | null;
  /** True for a file that never changes, and that mirrors serve with a checksum beside it (`.sha1`, `.md5`); absent: none is. */
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
