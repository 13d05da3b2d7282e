import type { FileText, FolderNames } from './ports.ts';

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
