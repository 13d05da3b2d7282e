import type { Surroundings } from '../core/machine.ts';
import type { Diagnosis, FileChange, Place, TrapKinds } from '../core/trap.ts';

/** What an ecosystem's clients use today by their settings. */
export interface Today {
  /** As `clients` of the configuration has it, without credentials; `null`: nothing is set. */
  readonly chain: { readonly text: string; readonly place: Place } | null;
  /** Private names as patterns of `private`. */
  readonly privatePatterns: readonly string[];
}

/** What sets a remedy in its clients' own files. */
export interface Settling {
  /** Empty: they say so already, or none can be set. */
  readonly changes: readonly FileChange[];
  /** What still stands in the way, or cannot be set in a file, in sentences. */
  readonly notes: readonly string[];
}

/** What an ecosystem knows of the settings that its clients read on a machine. */
export interface Doctor {
  /** Its traps by id; each id begins with a word of its own. */
  readonly kinds: TrapKinds;
  /** Reads the settings and says what is wrong with them. A file that can't be read counts as absent: the caller tells of it. */
  examine(surroundings: Surroundings): Promise<Diagnosis>;
  today(surroundings: Surroundings): Promise<Today>;
  /**
   * What sets a remedy in the user's own files.
   * @param remedy  its form for programs (`json`), from outside: what is not of that form is `null`
   */
  settle(surroundings: Surroundings, remedy: Readonly<Record<string, unknown>>): Promise<Settling | null>;
  /** Whether a lock file of this name is looked for in a project, unasked. */
  isUsualLock(name: string): boolean;
  /** Patterns for what looks private in a lock file; absent: nothing does. */
  privateIn?(lock: string): readonly string[];
  /** Reads the modules that a file of this name uses, as entries of `modules`; `null`: such a file names none. Absent: none does. */
  usedIn?(name: string): ((text: string) => readonly string[]) | null;
}
