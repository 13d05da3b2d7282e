import type { ProbeContext } from '../../core/ports.ts';

/** What the file says of PyPI as a whole. */
export interface PypiSettings {
  /** The text of a Sigstore trusted root; `null`: none. */
  readonly trustedRoot: string | null;
}

/** What conversations with a PyPI mirror need beside the base URL and pinned hashes. */
export interface PypiOwn {
  /** True of the public index itself: what its pages say of a file may be pinned, because it never reuses a file's name. */
  readonly isAuthority: boolean;
  /** A Sigstore trusted root of the operator's, as JSON; absent: attestations are only held against the file's hash. */
  readonly trustedRoot?: string;
}

/** The context of a conversation with a PyPI mirror. */
export type PypiContext = ProbeContext<PypiOwn>;
