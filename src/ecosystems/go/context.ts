import type { ProbeContext } from '../../core/ports.ts';
import type { TreeHead } from './note.ts';

/** The key of `own` settings: the checksum database. */
export interface GoSettings {
  /** `null`: GOSUMDB=off. `url` only where the file names one (then relays are bypassed); `home`: where it is known to be. */
  readonly sumdb: {
    readonly name: string;
    readonly verifierKey: string;
    readonly url: string | null;
    readonly home: string | null;
  } | null;
}

/** What Go's conversations need to know beside the base URL and pinned hashes. */
export interface GoOwn {
  /** Name and verifier key of the checksum database, `null` when off. `direct`: where it is asked itself; absent: nowhere. */
  readonly sumdb: { readonly name: string; readonly verifierKey: string; readonly direct?: string } | null;
  /** Whose record the `sumdb` step looks up, canonical version, never a private module; absent: a public one known to be logged. */
  readonly lookup?: { readonly module: string; readonly version: string };
  /** Modules whose hashes are not known yet: looked up aside, one after another, at most `limits.lookupsPerProbe`. */
  readonly unknown?: readonly { readonly module: string; readonly version: string }[];
  /** The largest verified tree head seen of `sumdb`, for the consistency check; absent: none yet. */
  readonly treeHead?: KnownHead;
}

/** A head as it is kept for ever; the note is missing in what older releases stored. */
export interface KnownHead extends TreeHead {
  readonly note?: string;
}

/** The context of a conversation with a Go mirror. */
export type GoContext = ProbeContext<GoOwn>;
