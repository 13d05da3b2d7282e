import type { ProbeContext } from '../../core/ports.ts';
import type { TreeHead } from './note.ts';

/** The key of `own` settings: the checksum database. */
export interface GoSettings {
  /**
   * `null`: GOSUMDB=off. `url` only if the file has one (then relays are bypassed); `home`: the database's known
   * address.
   */
  readonly sumdb: {
    readonly name: string;
    readonly verifierKey: string;
    readonly url: string | null;
    readonly home: string | null;
  } | null;
}

/** The inputs of Go's conversations besides the base URL and pinned hashes. */
export interface GoOwn {
  /**
   * Name and verifier key of the checksum database; `null`: off. `direct`: its own address; absent: it is never queried
   * directly.
   */
  readonly sumdb: { readonly name: string; readonly verifierKey: string; readonly direct?: string } | null;
  /**
   * The module that the `sumdb` step looks up, at a canonical version and never private; absent: a public one known to
   * be logged.
   */
  readonly lookup?: { readonly module: string; readonly version: string };
  /** Modules without known hashes: looked up aside in sequence, at most `limits.lookupsPerProbe`. */
  readonly unknown?: readonly { readonly module: string; readonly version: string }[];
  /** The largest verified tree head of `sumdb`, for the consistency check; absent: none yet. */
  readonly treeHead?: KnownHead;
}

/** A stored head; heads stored by older releases have no note. */
export interface KnownHead extends TreeHead {
  readonly note?: string;
}

/** The context of a conversation with a Go mirror. */
export type GoContext = ProbeContext<GoOwn>;
