import type { Surroundings } from '../core/machine.ts';
import type { Diagnosis, Place, TrapKinds } from '../core/trap.ts';

/** What an ecosystem's clients use today by their settings. */
export interface Today {
  /** As `clients` of the configuration has it, without credentials; `null`: nothing is set. */
  readonly chain: { readonly text: string; readonly place: Place } | null;
  /** Private names as patterns of `private`. */
  readonly privatePatterns: readonly string[];
}

/** What an ecosystem knows of the settings that its clients read on a machine. */
export interface Doctor {
  /** Its traps by id; each id begins with a word of its own. */
  readonly kinds: TrapKinds;
  /** Reads the settings and says what is wrong with them. A file that can't be read counts as absent: the caller tells of it. */
  examine(surroundings: Surroundings): Promise<Diagnosis>;
  today(surroundings: Surroundings): Promise<Today>;
  /** Whether a lock file of this name is looked for in a project, unasked. */
  isUsualLock(name: string): boolean;
  /** Patterns for what looks private in a lock file; absent: nothing does. */
  privateIn?(lock: string): readonly string[];
  /** Reads the modules that a file of this name uses, as entries of `modules`; `null`: such a file names none. Absent: none does. */
  usedIn?(name: string): ((text: string) => readonly string[]) | null;
}
