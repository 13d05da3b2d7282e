import type { ProbeContext } from '../../core/ports.ts';
import { type Given, type Learning, pinnedIn, pinsMax } from '../ecosystem.ts';
import { sha256Of } from './project-page.ts';
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

const pinKey = 'pypi/';

/** The default upstream. */
export const publicPypi = 'pypi';

/** Hashes of probed files, each as the public index stated it first. */
export const pypiLearning: Learning = {
  keys: [pinKey],
  learn(known, { own = {} }) {
    const { file, sha256 } = own;
    const hash = sha256Of(sha256);
    if (typeof file !== 'string' || hash === null) return [];
    const key = `${pinKey}${file}`;
    return known.has(key) || known.size >= pinsMax ? [] : [[key, `sha256:${hash}`]];
  },
  pinned: (known) => pinnedIn(known, pinKey),
};

/** The inputs of conversations: whether the mirror is the public index, by its role, and what verifies attestations. */
export function buildPypiContext({ mirror, settings: { trustedRoot, publishers } }: Given<PypiSettings>): PypiOwn {
  const isAuthority = mirror.role === 'origin' && mirror.upstream === publicPypi;
  return {
    isAuthority,
    ...(trustedRoot === null ? {} : { trustedRoot }),
    ...(publishers.length === 0 ? {} : { publishers }),
  };
}
