import type { FileText, FolderNames } from './ports.ts';

/** `error`: builds break, or what is fetched is not checked, or names leak. `warning`: it may. `note`: worth knowing. */
export type TrapSeverity = 'error' | 'warning' | 'note';

/** What is true of a trap wherever it is found: a row of docs/doctor.md, beside its words. */
export interface TrapKind {
  readonly severity: TrapSeverity;
  /** Whether `--fix` can mend it where it stands in a file that a client owns; otherwise what to set is printed. */
  readonly isFixable: boolean;
}

/** The kinds of one folder of traps, by their stable ids. */
export type TrapKinds = Readonly<Record<string, TrapKind>>;

/** Where a setting stands: a line of a file, a variable of the environment, or a mirror that was asked. */
export type Place =
  | { readonly file: string; readonly line: number | null }
  | { readonly variable: string }
  | { readonly mirror: string };

/** One line of a file as it should be. */
export interface Edit {
  readonly file: string;
  /** From 1; `null`: behind the last one, of a file that may not be there yet. */
  readonly line: number | null;
  /** The line as it was found; `null` where `line` is. */
  readonly was: string | null;
  /** What stands there instead; empty: nothing. */
  readonly becomes: readonly string[];
}

/** A trap that was found. No text of it holds a secret. */
export interface Trap {
  readonly id: string;
  /** What was found, in a sentence. */
  readonly what: string;
  readonly where: readonly Place[];
  /** What to set, line by line, in words or to paste; never empty. */
  readonly set: readonly string[];
  /** What `--fix` changes; empty: it is for a person. */
  readonly edits: readonly Edit[];
}

/** What could not be told, and why: neither a trap nor fine. */
export interface Untold {
  /** What it is about: a trap's id, or `settings` for a file that could not be read. */
  readonly id: string;
  readonly because: string;
  readonly where: readonly Place[];
}

/** What was found by one who looked. */
export interface Diagnosis {
  readonly traps: readonly Trap[];
  readonly untold: readonly Untold[];
}

/** A file as it is to be, whole; `before` is `null` where it is not there yet. */
export interface FileChange {
  readonly file: string;
  readonly before: string | null;
  readonly after: string;
}

/** A place as text: `file:line`, `$VARIABLE`, or the mirror's name. */
export function placeTextOf(place: Place): string {
  if ('variable' in place) return `$${place.variable}`;
  if ('mirror' in place) return place.mirror;
  return place.line === null ? place.file : `${place.file}:${place.line}`;
}

/** This machine as clients' settings stand on it. Read only; no program is started. */
export interface Machine {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's folder, absolute. */
  readonly home: string;
  /** Where the project is, absolute. */
  readonly cwd: string;
  /** Where a file of the system lies, such as `/etc/pip.conf`: below another root where one is named. */
  system(path: string): string;
  /** By absolute path. What is not there is `ENOENT`. */
  read(path: string): Promise<FileText>;
  list(path: string): Promise<FolderNames>;
  /** The permission bits of a file; `null`: it is not there. Absent: not known. */
  mode?(path: string): Promise<number | null>;
}

/** A line of a file that a shell (or a login) reads, which sets a variable. */
export interface Assignment {
  readonly name: string;
  /** `null`: computed by the shell, so that it can't be told by reading. */
  readonly value: string | null;
  readonly file: string;
  readonly line: number;
}

/** What a doctor is given. */
export interface Surroundings {
  readonly machine: Machine;
  /** What shells' files set, in the order of reading; direnv's file of the project last. */
  readonly assignments: readonly Assignment[];
  /** Private names by the configuration; empty without one. */
  readonly privatePatterns: readonly string[];
}
