import type { EcosystemId } from './mirror.ts';
import type { Sentence } from './result.ts';

/** The use of one ecosystem on this machine, found in files and variables. */
export interface Surveyed {
  readonly id: EcosystemId;
  /** Lock files, relative to the project's folder. */
  readonly locks: readonly string[];
  /** The chain that its clients use today, without credentials; `null`: none is set. */
  readonly chain: string | null;
  /** The place where the chain is set, for display; `null`: there is no chain. */
  readonly setIn: string | null;
  /** Names that are not sent to public mirrors, as patterns of `private`. */
  readonly privatePatterns: readonly string[];
  /** Modules that other files name, as entries of `modules`, with the file. */
  readonly used: readonly { readonly entry: string; readonly file: string }[];
}

/** The ecosystems used on this machine. */
export interface Survey {
  readonly ecosystems: readonly Surveyed[];
  /** Sentences about what was found but omitted, and why. */
  readonly leftOut: readonly Sentence[];
}
