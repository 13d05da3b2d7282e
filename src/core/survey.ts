import type { EcosystemId } from './mirror.ts';
import type { Sentence } from './result.ts';

export interface Surveyed {
  readonly id: EcosystemId;
  /** Paths of lock files, relative to the project folder. */
  readonly locks: readonly string[];
  /** The chain of mirrors in the current settings of the ecosystem's clients, without credentials; `null`: none. */
  readonly chain: string | null;
  readonly setIn: string | null;
  /** Patterns of private names, for the configuration key `private`. */
  readonly privatePatterns: readonly string[];
  /** Entries for the configuration key `modules`, each with the project file that names the module. */
  readonly used: readonly { readonly entry: string; readonly file: string }[];
}

export interface Survey {
  readonly ecosystems: readonly Surveyed[];
  readonly leftOut: readonly Sentence[];
}
