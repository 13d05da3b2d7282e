import type { ProbeContext } from '../../core/ports.ts';
import { type Given, type Learning, pinnedIn, pinsMax } from '../ecosystem.ts';
import { sha256Of } from './project-page.ts';
import type { AttestationPublisher } from './publishers.ts';

export interface PypiSettings {
  /** The text of the operator's Sigstore trusted root (JSON); `null`: none is configured. */
  readonly trustedRoot: string | null;
  readonly publishers: readonly AttestationPublisher[];
}

export interface PypiOwn {
  /** True if the mirror is the public index itself. Its hashes are stored, because it never reuses a file name. */
  readonly isAuthority: boolean;
  /** The client that the configuration names; absent: none. What this client refuses is a failure. */
  readonly client?: string;
  /** The text of the operator's Sigstore trusted root (JSON); absent: signatures of attestations are not verified. */
  readonly trustedRoot?: string;
  /** The allowed signers; absent: none is configured. For a project without an entry, any signer is accepted. */
  readonly publishers?: readonly AttestationPublisher[];
}

export type PypiContext = ProbeContext<PypiOwn>;

const pinKey = 'pypi/';

export const publicPypi = 'pypi';

/** Stores the first hash that the public index states for each probed file. */
export const pypiLearning: Learning = {
  keys: [pinKey],
  learn(known, { own = {} }) {
    const { file, sha256 } = own;
    const hash = sha256Of(sha256);
    if (typeof file !== 'string' || hash === null) return [];
    const key = `${pinKey}${file}`;
    return known.has(key) || known.size >= pinsMax ? [] : [[key, `sha256:${hash}`]];
  },
  // The hashes verify only mirrors of the public index. Another upstream may have built its own files with the same
  // names.
  pinned: (known, upstream) => (upstream === publicPypi ? pinnedIn(known, pinKey) : {}),
};

export function buildPypiContext({ mirror, client, settings }: Given<PypiSettings>): PypiOwn {
  const { trustedRoot, publishers } = settings;
  const isAuthority = mirror.role === 'origin' && mirror.upstream === publicPypi;
  return {
    isAuthority,
    ...(client == null ? {} : { client }),
    ...(trustedRoot === null ? {} : { trustedRoot }),
    ...(publishers.length === 0 ? {} : { publishers }),
  };
}
