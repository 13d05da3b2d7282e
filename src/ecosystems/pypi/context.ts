import type { ProbeContext } from '../../core/ports.ts';

/** What conversations with a PyPI mirror need beside the base URL and pinned hashes. */
export interface PypiOwn {
  /** True of the public index itself: what its pages say of a file may be pinned, because it never reuses a file's name. */
  readonly isAuthority: boolean;
}

/** The context of a conversation with a PyPI mirror. */
export type PypiContext = ProbeContext<PypiOwn>;
