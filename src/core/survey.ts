import type { EcosystemId } from './mirror.ts';
import type { Sentence } from './result.ts';

/** The use of one ecosystem on this machine. */
export interface Surveyed {
  readonly id: EcosystemId;
  /** Lock files, relative to the project's folder. */
  readonly locks: readonly string[];
  /** The chain that its clients use today, without credentials; `null`: none is set. */
  readonly chain: string | null;
  /** Where the chain is set, for display. */
  readonly setIn: string | null;
  /** As in `private`. */
  readonly privatePatterns: readonly string[];
  /** Entries of `modules`, with the file that names them. */
  readonly used: readonly { readonly entry: string; readonly file: string }[];
}

/** The ecosystems used on this machine. */
export interface Survey {
  readonly ecosystems: readonly Surveyed[];
  /** What was found but omitted, and why. */
  readonly leftOut: readonly Sentence[];
}
