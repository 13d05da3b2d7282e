import type { EcosystemId } from './mirror.ts';
import type { Sentence } from './result.ts';

export interface Surveyed {
  readonly id: EcosystemId;
  /** Paths of lock files, relative to the project folder. */
  readonly locks: readonly string[];
  /** The chain of mirrors in the current settings of the ecosystem's clients, without credentials; `null`: none. */
  readonly chain: string | null;
  readonly setIn: string | null;
  /** How many of the entries of the lock file `setIn` record the chain; `null`: no lock file shows it. */
  readonly recorded: { readonly count: number; readonly of: number } | null;
  /**
   * Other chains in the settings and files. `unused`: why such a chain is not the one in use. `other`: a stronger
   * setting names another one. `condition`: it applies under a condition. `further`: it is an index beside the default
   * one. `few`: at most half of the entries of a lock file record it.
   */
  readonly others: readonly {
    readonly chain: string;
    readonly setIn: string;
    readonly unused: 'other' | 'condition' | 'further' | 'few';
  }[];
  /** The places of settings that could not be read. They may name a chain. */
  readonly unread: readonly string[];
  /** True if a file of the project sets the chain, so that a stranger may have chosen its mirrors. */
  readonly isOfProject: boolean;
  /** True if the settings have credentials for a mirror of the chain. They are never part of the survey. */
  readonly hasCredentials: boolean;
  /** True if the chain may contain references `${NAME}` to variables of the environment. */
  readonly hasReferences: boolean;
  /** All indexes from which clients may take a module if a lock file records no source. */
  readonly sources: readonly string[];
  /** True if clients compare modules with no public record, so that any name may be private. */
  readonly isUnverified: boolean;
  /** Patterns of private names, for the configuration key `private`. */
  readonly privatePatterns: readonly string[];
  /** Entries for the configuration key `modules`, each with the project file that names the module. */
  readonly used: readonly { readonly entry: string; readonly file: string }[];
  /** The protections that clients apply. `byDefault`: the client whose default turns it on, for display. */
  readonly protections: readonly { readonly name: string; readonly setIn: string; readonly byDefault?: string }[];
}

export interface Survey {
  readonly ecosystems: readonly Surveyed[];
  readonly leftOut: readonly Sentence[];
}
