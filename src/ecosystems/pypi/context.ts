import type { ProbeContext } from '../../core/ports.ts';
import type { Publisher } from './publishers.ts';

/** What the file says of PyPI as a whole. */
export interface PypiSettings {
  /** The text of a Sigstore trusted root; `null`: none. */
  readonly trustedRoot: string | null;
  readonly publishers: readonly Publisher[];
}

/** What conversations with a PyPI mirror need beside the base URL and pinned hashes. */
export interface PypiOwn {
  /** True of the public index itself: what its pages say of a file may be pinned, because it never reuses a file's name. */
  readonly isAuthority: boolean;
  /** A Sigstore trusted root of the operator's, as JSON; absent: attestations are only held against the file's hash. */
  readonly trustedRoot?: string;
  /** Who may sign which projects; absent: anybody may sign any. */
  readonly publishers?: readonly Publisher[];
}

/** The context of a conversation with a PyPI mirror. */
export type PypiContext = ProbeContext<PypiOwn>;
