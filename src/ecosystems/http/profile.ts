import type { ProbeFailure } from '../../core/failure.ts';
import type { Sentence } from '../../core/result.ts';
import { failureOf } from '../../words/tell.ts';
import type { Bypass, Chain } from '../client.ts';

/** Length and hash of a whole file. */
export interface Summed {
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** The beginning of a file as sent by a mirror. */
export interface Head {
  /** Below the mirror, as configured. */
  readonly path: string;
  readonly body: Uint8Array;
  /** True where `body` is the whole file. */
  readonly isWhole: boolean;
  /** Length and hash of the whole file, which may be longer than `body`; `null`: not read whole. */
  readonly sum: Summed | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly nowWallMs: number;
}

/** A profile's reading of a file: its failure and its stated date (wall ms). */
export interface Reading {
  /** `null`: nothing. */
  readonly failure: ProbeFailure | null;
  /** `null`: none stated. */
  readonly changedAtMs: number | null;
}

/** A file with the date of a mirror's last update. */
interface Marker {
  readonly path: string;
  /** Wall ms; `null`: no date, which is malformed. */
  read(text: string): number | null;
}

/** The place of a file in a signed list. */
export interface ListedAt {
  /** The list, below the mirror. */
  readonly list: string;
  /** The name in the list. */
  readonly name: string;
}

/** A file according to a signed list. */
export interface ListedFile {
  /** Lower-case hex. */
  readonly sha256: string;
  readonly bytes: number;
}

/** An index of packages in a signed list, in the form that we read. */
export interface IndexAt {
  /** Below the mirror; the first that exists is used: all are the same file. */
  readonly paths: readonly string[];
  readonly file: ListedFile;
  /** Compressed with gzip. */
  readonly isPacked: boolean;
  /** The prefix of its packages' paths: empty, or with a final slash. */
  readonly root: string;
}

/** A package according to an index. */
export interface PackageFile extends ListedFile {
  readonly path: string;
}

/** How to find packages through a signed list. */
export interface Leads {
  /** `null`: it has no readable index. */
  indexIn(path: string, list: Uint8Array): IndexAt | null;
  /** One stanza of an index; `null`: no package with size and SHA-256. */
  packageIn(stanza: string): PackageFile | null;
}

/** Lines for one package manager; each URL is safe to paste. */
export interface Lines {
  readonly text: string;
  readonly rollback: string;
  readonly notes: readonly Sentence[];
}

/** One well-known kind of file mirror. */
export interface Profile {
  /** The value of `profile` of a mirror. */
  readonly id: string;
  readonly spec: readonly string[];
  /** The package manager, and the key of its lines in a remedy. */
  readonly client: string;
  /** Whether its client offers HTTP/2; absent: HTTP/1.1 only. */
  readonly offersHttp2?: true;
  /** The setting that limits it to HTTP/1.1; absent: none. */
  readonly withoutHttp2?: Bypass;
  /** Whether its client decodes a `Content-Encoding`; others, such as curl and apt, store the body as sent. */
  readonly decodes: boolean;
  /** `null`: it has no such file. */
  readonly marker: Marker | null;
  /** Reads a file of a known path; `null`: the profile does not know this one. */
  read(head: Head): Reading | null;
  /** Signed lists of files; absent: files are signed individually, if at all. */
  readonly lists?: {
    /** `null`: it is in no list. */
    listedAt(path: string): ListedAt | null;
    /** `null`: it is not in this list. */
    find(list: Uint8Array, name: string): ListedFile | null;
    /** Absent: they list no packages. */
    readonly leads?: Leads;
  };
  lines(before: Chain, after: Chain): Lines;
}

/** A valid file with its date. */
export function sound(changedAtMs: number | null = null): Reading {
  return { failure: null, changedAtMs };
}

/** A file in another format than expected. */
export function unsound(expected: Sentence): Reading {
  return { failure: failureOf('malformed', expected), changedAtMs: null };
}

/** Lines that state a whole chain: the rollback states the old one. */
export function linesBy(stateChain: (chain: Chain) => string, ...notes: readonly Sentence[]): Profile['lines'] {
  return (before, after) => ({ text: stateChain(after), rollback: stateChain(before), notes });
}

/** The URL of a chain's first member, with or without a final slash; empty: no member. */
export function headUrlOf({ members }: Chain, end: '' | '/' = ''): string {
  const [first] = members;
  return first === undefined ? '' : `${first.plain.replace(/\/+$/, '')}${end}`;
}
