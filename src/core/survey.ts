import type { EcosystemId } from './mirror.ts';
import type { Sentence } from './sentence.ts';

/** What is used here of one ecosystem, as far as files and variables tell. */
export interface Surveyed {
  readonly id: EcosystemId;
  /** Lock files, relative to the project's folder. */
  readonly locks: readonly string[];
  /** What its clients use today, credentials left out; `null`: nobody set anything. */
  readonly chain: string | null;
  /** Where that stands, for people; `null` without a chain. */
  readonly setIn: string | null;
  /** Names that are not told to public mirrors, as patterns of `private`. */
  readonly privatePatterns: readonly string[];
  /** Modules that other files name, as entries of `modules`, with the file. */
  readonly used: readonly { readonly entry: string; readonly file: string }[];
}

/** What is used here. */
export interface Survey {
  readonly ecosystems: readonly Surveyed[];
  /** What was seen and is left out, and why, in sentences. */
  readonly leftOut: readonly Sentence[];
}
