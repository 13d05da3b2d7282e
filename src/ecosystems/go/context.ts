import type { ProbeContext } from '../../core/ports.ts';

/** The key of `own` settings: the checksum database. */
export interface GoSettings {
  /** `null`: GOSUMDB=off. `url` only where the file names one (then relays are bypassed). */
  readonly sumdb: { readonly name: string; readonly verifierKey: string; readonly url: string | null } | null;
}

/** What Go's conversations need to know beside the base URL and pinned hashes. */
export interface GoOwn {
  /** Name and verifier key of the checksum database, `null` when off. */
  readonly sumdb: { readonly name: string; readonly verifierKey: string } | null;
  /** Whose record the `sumdb` step looks up, canonical version, never a private module; absent: a public one known to be logged. */
  readonly lookup?: { readonly module: string; readonly version: string };
  /** The largest verified tree head seen of `sumdb`, for the consistency check; absent: none yet. */
  readonly treeHead?: { readonly size: number; readonly rootBase64: string };
}

/** The context of a conversation with a Go mirror. */
export type GoContext = ProbeContext<GoOwn>;
