import type { Surroundings } from '../core/machine.ts';
import type { Diagnosis, FileChange, Place, TrapKind, TrapKinds } from '../core/trap.ts';
import type { Key, Say } from '../words/say.ts';

/** A trap that the catalogue has a title for. */
export type TrapId = Key extends infer K ? (K extends `trap.${infer Id}.title` ? Id : never) : never;

/** Kinds of traps, each with words of its own. */
export type KnownTraps = Readonly<Partial<Record<TrapId, TrapKind>>>;

/** What an ecosystem's clients use today by their settings. */
export interface Today {
  /** As `clients` of the configuration has it, without credentials; `null`: nothing is set. */
  readonly chain: {
    readonly text: string;
    readonly place: Place;
    /** It came with the client: whoever set something else anywhere meant that. */
    readonly isDefault: boolean;
  } | null;
  /** Private names as patterns of `private`. */
  readonly privatePatterns: readonly string[];
}

/** What sets a remedy in its clients' own files. */
export interface Settling {
  /** Empty: they say so already, or none can be set. */
  readonly changes: readonly FileChange[];
  /** What still stands in the way, or cannot be set in a file, in sentences. */
  readonly notes: readonly string[];
  /** No file can hold it: it is for the environment. */
  readonly isForEnvironment?: true;
}

/** The certificate authority that clients of one runtime are told to trust beside their own. */
export interface Authority {
  /** The variable that tells them. */
  readonly variable: string;
  /** Whether such clients are used on this machine, by their settings or the project's files. */
  readonly isUsed: boolean;
  /** Where it is named, and its file; `null`: nowhere. */
  readonly set: { readonly file: string; readonly place: Place } | null;
}

/** What an ecosystem knows of the settings that its clients read on a machine. */
export interface Doctor {
  /** Its traps by id; each id begins with a word of its own. */
  readonly kinds: TrapKinds;
  /** Reads the settings and says what is wrong with them. A file that can't be read counts as absent: the caller tells of it. */
  examine(surroundings: Surroundings, say: Say): Promise<Diagnosis>;
  today(surroundings: Surroundings): Promise<Today>;
  /** Absent: its clients trust what the machine trusts. */
  authority?(surroundings: Surroundings): Promise<Authority>;
  /**
   * What sets a remedy in the user's own files.
   * @param remedy  its form for programs (`json`), from outside: what is not of that form is `null`
   */
  settle(surroundings: Surroundings, remedy: Readonly<Record<string, unknown>>, say: Say): Promise<Settling | null>;
  /** Whether a lock file of this name is looked for in a project, unasked. */
  isUsualLock(name: string): boolean;
  /** Patterns for what looks private in a lock file; absent: nothing does. */
  privateIn?(lock: string): readonly string[];
  /** Reads the modules that a file at this path of a project uses, as entries of `modules`; `null`: such a file names none. Absent: none does. */
  usedIn?(path: string): ((text: string) => readonly string[]) | null;
}
