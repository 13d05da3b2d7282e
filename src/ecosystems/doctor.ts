import type { Surroundings } from '../core/machine.ts';
import type { Diagnosis, TrapKinds } from '../core/trap.ts';

/** What an ecosystem knows of the settings that its clients read on a machine. */
export interface Doctor {
  /** Its traps by id; each id begins with a word of its own. */
  readonly kinds: TrapKinds;
  /** Reads the settings and says what is wrong with them. A file that can't be read counts as absent: the caller tells of it. */
  examine(surroundings: Surroundings): Promise<Diagnosis>;
}
