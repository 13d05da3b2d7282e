import type { ProbeFailure } from '../../core/failure.ts';
import type { Sentence } from '../../core/result.ts';
import { failureOf } from '../../words/tell.ts';
import type { Bypass, Chain } from '../client.ts';

export interface Summed {
  readonly bytes: number;
  /** As lower-case hex. */
  readonly sha256: string;
}

/** The beginning of a file at a mirror, or the whole file. */
export interface Head {
  /** The path below the mirror's base URL, as configured. */
  readonly path: string;
  readonly body: Uint8Array;
  /** True where `body` is the whole file. */
  readonly isWhole: boolean;
  /** Length and hash of the whole file, which may be longer than `body`; `null`: the file was not read to its end. */
  readonly sum: Summed | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly nowWallMs: number;
}

export interface Reading {
  readonly failure: ProbeFailure | null;
  /** The date that the file states, wall-clock milliseconds; `null`: it states none. */
  readonly changedAtMs: number | null;
}

/** A file that states when the mirror was last updated. */
interface Marker {
  readonly path: string;
  /** The stated date, wall-clock milliseconds; `null`: the text is malformed. */
  read(text: string): number | null;
}

export interface ListedAt {
  /** The path of the list below the mirror. */
  readonly list: string;
  readonly name: string;
}

export interface ListedFile {
  /** As lower-case hex. */
  readonly sha256: string;
  readonly bytes: number;
}

/** An index of packages that a signed list names. */
export interface IndexAt {
  /** Below the mirror: all are the same file, and the first that exists is used. */
  readonly paths: readonly string[];
  readonly file: ListedFile;
  /** The index is compressed with gzip. */
  readonly isPacked: boolean;
  /** The folder below the mirror that the packages' paths are relative to: empty, or with a final slash. */
  readonly root: string;
}

export interface PackageFile extends ListedFile {
  readonly path: string;
}

/** How to find packages through a signed list. */
export interface Leads {
  /** The index that the list at `path` names; `null`: the list names no usable index. */
  indexIn(path: string, list: Uint8Array): IndexAt | null;
  /** The package in one stanza of an index; `null`: the stanza has no path, size or SHA-256. */
  packageIn(stanza: string): PackageFile | null;
}

/** Lines for one package manager. The URLs in them must be safe to paste: the caller checks that. */
export interface Lines {
  readonly text: string;
  readonly rollback: string;
  readonly notes: readonly Sentence[];
}

/** One well-known kind of file mirror. */
export interface Profile {
  readonly id: string;
  readonly spec: readonly string[];
  /** The package manager, and the key of its lines in a remedy. */
  readonly client: string;
  /** The package manager offers HTTP/2; absent: only HTTP/1.1. */
  readonly offersHttp2?: true;
  /** Limits the package manager to HTTP/1.1. */
  readonly withoutHttp2?: Bypass;
  /** Whether the package manager decodes a `Content-Encoding`; some, such as apt, store the body as sent. */
  readonly decodes: boolean;
  /** The file that states when a mirror was last updated; `null`: these mirrors have none. */
  readonly marker: Marker | null;
  /** Reads a file whose format the profile knows; `null`: it knows no format for this path. */
  read(head: Head): Reading | null;
  /** The mirrors' signed lists of files; absent: files are signed individually, if at all. */
  readonly lists?: {
    /** The list that names the file at `path`; `null`: no list does. */
    listedAt(path: string): ListedAt | null;
    /** What a list states of the file `name`; `null`: the list does not name it. */
    find(list: Uint8Array, name: string): ListedFile | null;
    /** How to find packages through a list; absent: lists lead to no packages. */
    readonly leads?: Leads;
  };
  lines(before: Chain, after: Chain): Lines;
}

/** The reading of a valid file. */
export function sound(changedAtMs: number | null = null): Reading {
  return { failure: null, changedAtMs };
}

/** The reading of a file in another format than expected. */
export function unsound(expected: Sentence): Reading {
  return { failure: failureOf('malformed', expected), changedAtMs: null };
}

/** The `lines` of a profile whose lines state a whole chain: the rollback states the old chain. */
export function linesBy(stateChain: (chain: Chain) => string, ...notes: readonly Sentence[]): Profile['lines'] {
  return (before, after) => ({ text: stateChain(after), rollback: stateChain(before), notes });
}

/** The URL of a chain's first member, with `end` for its final slashes; empty for a chain without members. */
export function headUrlOf({ members }: Chain, end: '' | '/' = ''): string {
  const [first] = members;
  return first === undefined ? '' : `${first.plain.replace(/\/+$/, '')}${end}`;
}
