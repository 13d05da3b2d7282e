import type { FileText, FolderNames } from './ports.ts';

/**
 * `error`: builds break, files are not verified, or private names or credentials leak; `warning`: that may happen, or
 * builds are slower or use other settings than meant; `note`: all is well.
 */
export type TrapSeverity = 'error' | 'warning' | 'note';

/** A kind of trap, apart from its texts. */
export interface TrapKind {
  readonly severity: TrapSeverity;
  /** Whether `--fix` can repair it in a client's own file. */
  readonly isFixable: boolean;
}

/** By stable id. */
export type TrapKinds = Readonly<Record<string, TrapKind>>;

export type Place =
  | { readonly file: string; readonly line: number | null }
  | { readonly variable: string }
  | { readonly mirror: string };

/** One line of a file as it should be. */
export interface Edit {
  readonly file: string;
  /** From 1; `null`: after the last line of a file, which may not exist yet. */
  readonly line: number | null;
  /** The line as found. */
  readonly was: string | null;
  /** Empty: the line is removed. */
  readonly becomes: readonly string[];
}

/** A trap that was found. Its texts have no secrets. */
export interface Trap {
  readonly id: string;
  readonly what: string;
  readonly where: readonly Place[];
  /** Instructions, or lines to paste; never empty. */
  readonly set: readonly string[];
  /** Of `--fix`; empty: to be repaired by hand. */
  readonly edits: readonly Edit[];
}

/** A check that gave no result, and why: neither a trap nor fine. */
export interface Untold {
  /** A trap's id, or `settings` for a file that could not be read. */
  readonly id: string;
  readonly because: string;
  readonly where: readonly Place[];
}

export interface Diagnosis {
  readonly traps: readonly Trap[];
  readonly untold: readonly Untold[];
}

/** The new contents of a file; `before` is `null` for a new file. */
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

/** Read access to settings on this machine; starts no program. */
export interface Machine {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folders of the user and of the project, absolute. */
  readonly home: string;
  readonly cwd: string;
  /** The path of a system file such as `/etc/pip.conf`, below the configured root. */
  system(path: string): string;
  /** By absolute path. */
  read(path: string): Promise<FileText>;
  list(path: string): Promise<FolderNames>;
  /** Permission bits; `null`: no such file. */
  mode?(path: string): Promise<number | null>;
}

/** A line that sets a variable, in a file that a shell or a login reads. */
export interface Assignment {
  readonly name: string;
  /** `null`: the shell computes it. */
  readonly value: string | null;
  readonly file: string;
  readonly line: number;
}

export interface Surroundings {
  readonly machine: Machine;
  /** In the order of reading. */
  readonly assignments: readonly Assignment[];
  readonly privatePatterns: readonly string[];
}
