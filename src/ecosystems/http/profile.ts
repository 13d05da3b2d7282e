import type { ProbeFailure } from '../../core/failure.ts';
import type { Sentence } from '../../core/sentence.ts';
import { failureOf } from '../../words/failure.ts';
import type { Bypass } from '../bypass.ts';
import type { Chain } from '../client.ts';

/** What a whole file comes to. */
export interface Summed {
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** The beginning of a file as a mirror sent it. */
export interface Head {
  /** Below the mirror, as configured. */
  readonly path: string;
  readonly body: Uint8Array;
  /** True where `body` is the whole file. */
  readonly isWhole: boolean;
  /** The whole of it, longer than `body` perhaps; `null`: it was not read whole. */
  readonly sum: Summed | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly nowWallMs: number;
}

/** What a profile makes of a file: what is wrong with it, and the date that it states (wall ms). */
export interface Reading {
  /** `null`: nothing. */
  readonly failure: ProbeFailure | null;
  /** `null`: it states none. */
  readonly changedAtMs: number | null;
}

/** A file that says when a mirror was last brought up to date. */
export interface Marker {
  readonly path: string;
  /** Wall ms; `null` where it states none: malformed. */
  read(text: string): number | null;
}

/** Where a signed list names a file. */
export interface ListedAt {
  /** The list, below the mirror. */
  readonly list: string;
  /** The file, as the list names it. */
  readonly name: string;
}

/** A file as a signed list has it. */
export interface ListedFile {
  /** Lower-case hex. */
  readonly sha256: string;
  readonly bytes: number;
}

/** An index of packages that a signed list names, in the form that is read. */
export interface IndexAt {
  /** Below the mirror, the first one that is there is taken: all are the same file. */
  readonly paths: readonly string[];
  readonly file: ListedFile;
  /** By gzip. */
  readonly isPacked: boolean;
  /** What the paths of its packages are below: empty, or with a slash at its end. */
  readonly root: string;
}

/** A package as an index has it. */
export interface PackageFile extends ListedFile {
  readonly path: string;
}

/** How a signed list leads to packages. */
export interface Leads {
  /** `null`: it names no index that could be read. */
  indexIn(path: string, list: Uint8Array): IndexAt | null;
  /** One stanza of an index; `null`: it names no package with its size and SHA-256. */
  packageIn(stanza: string): PackageFile | null;
}

/** Lines for one package manager; each URL is one that may be pasted. */
export interface Lines {
  readonly text: string;
  readonly rollback: string;
  readonly notes: readonly Sentence[];
}

/** One well-known kind of file mirror. */
export interface Profile {
  /** As `profile` of a mirror names it. */
  readonly id: string;
  /** For people. */
  readonly title: string;
  readonly spec: readonly string[];
  /** The package manager, and the key of its lines in a remedy. */
  readonly client: string;
  /** Whether its client offers HTTP/2; absent: HTTP/1.1 alone. */
  readonly offersHttp2?: true;
  /** What makes it speak HTTP/1.1 alone; absent: it has nothing of that kind. */
  readonly withoutHttp2?: Bypass;
  /** Whether its client undoes a `Content-Encoding`; others, as curl and apt, store what they are sent. */
  readonly decodes: boolean;
  /** `null`: it has no such file. */
  readonly marker: Marker | null;
  /** Reads a file that it knows by its path; `null`: it says nothing about this one. */
  read(head: Head): Reading | null;
  /** Signed lists of files; absent: each file is signed by itself, if at all. */
  readonly lists?: {
    /** `null`: no list names it. */
    listedAt(path: string): ListedAt | null;
    /** `null`: it is not in this list. */
    find(list: Uint8Array, name: string): ListedFile | null;
    /** Absent: they lead to no packages. */
    readonly leads?: Leads;
  };
  lines(before: Chain, after: Chain): Lines;
}

/** Nothing wrong, with the date that was found. */
export function sound(changedAtMs: number | null = null): Reading {
  return { failure: null, changedAtMs };
}

/** Not the format that was expected. */
export function unsound(expected: Sentence): Reading {
  return { failure: failureOf('malformed', expected), changedAtMs: null };
}

/** The URL of a chain's first member, with or without a slash at its end; empty where there is none. */
export function headUrl({ members }: Chain, end: '' | '/' = ''): string {
  const [first] = members;
  return first === undefined ? '' : `${first.plain.replace(/\/+$/, '')}${end}`;
}
