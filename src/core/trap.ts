import type { FileText, FolderNames } from './ports.ts';

/**
 * The severity of a trap (a risky setting). `error`: builds break, verification is off, or secrets leak; `warning`:
 * that may happen, or builds are slower; `note`: no problem.
 */
export type TrapSeverity = 'error' | 'warning' | 'note';

export interface TrapKind {
  readonly severity: TrapSeverity;
  /** Whether `--fix` can repair the trap in a client's own file. */
  readonly isFixable: boolean;
}

/** The kinds of traps, by trap id. */
export type TrapKinds = Readonly<Record<string, TrapKind>>;

export type SettingPlace =
  | { readonly file: string; readonly line: number | null }
  | { readonly variable: string }
  | { readonly mirror: string };

export interface Edit {
  readonly file: string;
  /** The line number, from 1; `null`: after the last line of a file, which may not exist yet. */
  readonly line: number | null;
  /** The line before the change; `null`: the line is new. */
  readonly was: string | null;
  /** The lines after the change; empty: the line is removed. */
  readonly becomes: readonly string[];
}

export interface Trap {
  readonly id: string;
  readonly what: string;
  readonly where: readonly SettingPlace[];
  /** Instructions, or lines to paste; not empty. */
  readonly set: readonly string[];
  /** Changes by `--fix`; empty: the trap must be repaired by hand. */
  readonly edits: readonly Edit[];
  /** Absent: the severity of its kind. */
  readonly severity?: TrapSeverity;
}

export interface Unchecked {
  /** The id of the trap that could not be checked, or `settings` for a file that could not be read. */
  readonly id: string;
  readonly because: string;
  readonly where: readonly SettingPlace[];
}

export interface Diagnosis {
  readonly traps: readonly Trap[];
  readonly unchecked: readonly Unchecked[];
}

/** How a client shows a setting that it reads from a file. */
export interface ClientCheck {
  readonly command: string;
  readonly args: readonly string[];
  /** The environment variable that names the file to the client. */
  readonly variable: string;
  /** The line that the client prints if it reads the wanted value; `null`: any output, without an error. */
  readonly line: string | null;
  /**
   * Returns the text that the client reads in place of a file: our own, with no other settings than inert ones, because
   * some settings name code that the client runs. `null`: this text cannot be checked.
   */
  inertTextOf(text: string): string | null;
}

/** A change of a file: its contents before and after; `before` is `null` for a new file. */
export interface FileChange {
  readonly file: string;
  readonly before: string | null;
  readonly after: string;
  /** Each of these clients that is on this machine must read the wanted value from `after`. */
  readonly checks?: readonly ClientCheck[];
}

/** Formats where a setting is: `file:line`, `$VARIABLE`, or the mirror's name. */
export function placeTextOf(place: SettingPlace): string {
  if ('variable' in place) return `$${place.variable}`;
  if ('mirror' in place) return place.mirror;
  return place.line === null ? place.file : `${place.file}:${place.line}`;
}

/** Read access to settings on this machine; starts no program. */
export interface Machine {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's home folder, absolute. */
  readonly home: string;
  /** The project folder, absolute. */
  readonly cwd: string;
  /** Returns the path of a system file such as `/etc/pip.conf`, below the configured root. */
  system(path: string): string;
  read(path: string): Promise<FileText>;
  list(path: string): Promise<FolderNames>;
  /** Returns the permission bits of a file; `null`: not known. */
  mode?(path: string): Promise<number | null>;
}

/** A line that sets a variable, in a file that a shell or a login reads. */
export interface Assignment {
  readonly name: string;
  /** The value of the variable; `null`: the shell computes it. */
  readonly value: string | null;
  readonly file: string;
  readonly line: number;
}

export interface MachineSurroundings {
  readonly machine: Machine;
  /** Assignments of variables in files, in the order in which a shell or a login reads them. */
  readonly assignments: readonly Assignment[];
  readonly privatePatterns: readonly string[];
}
