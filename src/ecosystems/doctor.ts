import type { Diagnosis, FileChange, Place, Surroundings, TrapKind, TrapKinds } from '../core/trap.ts';
import type { Key, Say } from '../words/words.ts';

/** A trap with a title in the catalogue. */
export type TrapId = Key extends infer K ? (K extends `trap.${infer Id}.title` ? Id : never) : never;

/** Kinds of traps, each with texts of its own. */
export type KnownTraps = Readonly<Partial<Record<TrapId, TrapKind>>>;

/** The current settings of an ecosystem's clients. */
export interface Today {
  /** As `clients` of the configuration, without credentials; `null`: nothing is set. */
  readonly chain: {
    readonly text: string;
    readonly place: Place;
    /** It is the client's default: any other setting takes precedence. */
    readonly isDefault: boolean;
  } | null;
  /** Private names as patterns of `private`. */
  readonly privatePatterns: readonly string[];
}

/** How to set a remedy in the clients' own files. */
export interface Settling {
  /** Empty: the files already have it, or it cannot be set. */
  readonly changes: readonly FileChange[];
  /** Remaining obstacles, and what cannot be set in a file, in sentences. */
  readonly notes: readonly string[];
  /** No file can hold it: it must be set in the environment. */
  readonly isForEnvironment?: true;
}

/** The certificate authority that clients of one runtime trust besides their own. */
export interface Authority {
  /** The environment variable that names its file. */
  readonly variable: string;
  /** Whether such clients are used on this machine, by their settings or the project's files. */
  readonly isUsed: boolean;
  /** Where it is configured, and its file; `null`: nowhere. */
  readonly set: { readonly file: string; readonly place: Place } | null;
}

/** What an ecosystem knows about its clients' settings on a machine. */
export interface Doctor {
  /** Its traps by id; each id begins with a word of this ecosystem. */
  readonly kinds: TrapKinds;
  /** Reads the settings and returns their problems. An unreadable file counts as absent: the caller reports it. */
  examine(surroundings: Surroundings, say: Say): Promise<Diagnosis>;
  today(surroundings: Surroundings): Promise<Today>;
  /** Its clients' own certificate authority; absent: they trust the authorities of the machine. */
  authority?(surroundings: Surroundings): Promise<Authority>;
  /**
   * How to set a remedy in the user's own files.
   * @param remedy  its form for programs (`json`), from outside: `null` for an invalid form
   */
  settle(surroundings: Surroundings, remedy: Readonly<Record<string, unknown>>, say: Say): Promise<Settling | null>;
  /** Whether a project is searched for a lock file of this name. */
  isUsualLock(name: string): boolean;
  /** Patterns for names in a lock file that look private; absent: none do. */
  privateIn?(lock: string): readonly string[];
  /**
   * A parser for the modules in a project file at this path, as entries of `modules`; `null`: such a file has none.
   * Absent: none has.
   */
  usedIn?(path: string): ((text: string) => readonly string[]) | null;
}
