import type { ProbeContext } from '../../core/ports.ts';
import type { Publisher } from './publishers.ts';

/** The key `pypi` of the file. */
export interface PypiSettings {
  /** The text of a Sigstore trusted root; `null`: none. */
  readonly trustedRoot: string | null;
  readonly publishers: readonly Publisher[];
}

/** The inputs of conversations with a PyPI mirror besides the base URL and pinned hashes. */
export interface PypiOwn {
  /** It is the public index itself: hashes on its pages may be pinned, because it never reuses a file name. */
  readonly isAuthority: boolean;
  /** The operator's Sigstore trusted root as JSON; absent: attestations are compared only with the file's hash. */
  readonly trustedRoot?: string;
  /** The publishers of projects; absent: any signer is accepted. */
  readonly publishers?: readonly Publisher[];
}

/** The context of a conversation with a PyPI mirror. */
export type PypiContext = ProbeContext<PypiOwn>;
