import type { FileText, FolderNames } from './ports.ts';

/**
 * `error`: builds break, fetched files are not verified, or private names leak. `warning`: that may happen. `note`: for
 * information.
 */
export type TrapSeverity = 'error' | 'warning' | 'note';

/** The properties of a kind of trap: a row of docs/doctor.md, apart from its texts. */
export interface TrapKind {
  readonly severity: TrapSeverity;
  /** Whether `--fix` can repair it in a client's own file; otherwise the lines to set are printed. */
  readonly isFixable: boolean;
}

/** The kinds of one folder of traps, by their stable ids. */
export type TrapKinds = Readonly<Record<string, TrapKind>>;

/** The place of a setting: a line of a file, an environment variable, or a probed mirror. */
export type Place =
  | { readonly file: string; readonly line: number | null }
  | { readonly variable: string }
  | { readonly mirror: string };

/** One line of a file as it should be. */
export interface Edit {
  readonly file: string;
  /** From 1; `null`: after the last line of a file, which may not exist yet. */
  readonly line: number | null;
  /** The line as found; `null` if `line` is `null`. */
  readonly was: string | null;
  /** The new text of the line; empty: the line is removed. */
  readonly becomes: readonly string[];
}

/** A trap that was found. Its texts have no secrets. */
export interface Trap {
  readonly id: string;
  /** What was found, in a sentence. */
  readonly what: string;
  readonly where: readonly Place[];
  /** The lines to set, as instructions or to paste; never empty. */
  readonly set: readonly string[];
  /** The edits of `--fix`; empty: it must be repaired by hand. */
  readonly edits: readonly Edit[];
}

/** A check that gave no result, and why: neither a trap nor fine. */
export interface Untold {
  /** The subject of the check: a trap's id, or `settings` for a file that could not be read. */
  readonly id: string;
  readonly because: string;
  readonly where: readonly Place[];
}

/** The result of one examination. */
export interface Diagnosis {
  readonly traps: readonly Trap[];
  readonly untold: readonly Untold[];
}

/** The new contents of a whole file; `before` is `null` if the file does not exist yet. */
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

/** Read access to the clients' settings on this machine. No program is started. */
export interface Machine {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's home folder, absolute. */
  readonly home: string;
  /** The project's folder, absolute. */
  readonly cwd: string;
  /** The path of a system file, such as `/etc/pip.conf`; below another root if one is configured. */
  system(path: string): string;
  /** Reads a file by absolute path. A missing file is `ENOENT`. */
  read(path: string): Promise<FileText>;
  list(path: string): Promise<FolderNames>;
  /** The permission bits of a file; `null`: no such file. Absent: not known. */
  mode?(path: string): Promise<number | null>;
}

/** A line that sets a variable, in a file that a shell (or a login) reads. */
export interface Assignment {
  readonly name: string;
  /** `null`: computed by the shell, so the value is not known. */
  readonly value: string | null;
  readonly file: string;
  readonly line: number;
}

/** The inputs of an ecosystem's doctor. */
export interface Surroundings {
  readonly machine: Machine;
  /** Variables set in shells' files, in the order of reading; the project's direnv file is last. */
  readonly assignments: readonly Assignment[];
  /** Private names of the configuration; empty without one. */
  readonly privatePatterns: readonly string[];
}
