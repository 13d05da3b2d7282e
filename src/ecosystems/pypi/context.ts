import type { ProbeContext } from '../../core/ports.ts';
import { type Given, type Learning, pinnedIn, pinsMax } from '../ecosystem.ts';
import { sha256Of } from './project-page.ts';
import type { Publisher } from './publishers.ts';

/** The ecosystem's own settings, from the configuration key `pypi`. */
export interface PypiSettings {
  /** The text of the operator's Sigstore trusted root (JSON); `null`: none is configured. */
  readonly trustedRoot: string | null;
  readonly publishers: readonly Publisher[];
}

/** pypi's own inputs of conversations. */
export interface PypiOwn {
  /** The mirror is the public index itself, whose hashes are learnt: it never reuses a file name. */
  readonly isAuthority: boolean;
  /** As in `PypiSettings`; absent: attestations are only compared with the file's hash. */
  readonly trustedRoot?: string;
  /** A project without one may have any signer. */
  readonly publishers?: readonly Publisher[];
}

/** The context of a conversation with a PyPI mirror. */
export type PypiContext = ProbeContext<PypiOwn>;

const pinKey = 'pypi/';

/** The default upstream. */
export const publicPypi = 'pypi';

/** Learns hashes of probed files, as the public index first stated them. */
export const pypiLearning: Learning = {
  keys: [pinKey],
  learn(known, { own = {} }) {
    const { file, sha256 } = own;
    const hash = sha256Of(sha256);
    if (typeof file !== 'string' || hash === null) return [];
    const key = `${pinKey}${file}`;
    return known.has(key) || known.size >= pinsMax ? [] : [[key, `sha256:${hash}`]];
  },
  // Another upstream may have built files of the same names.
  pinned: (known, upstream) => (upstream === publicPypi ? pinnedIn(known, pinKey) : {}),
};

/** pypi's own inputs of conversations with one mirror. */
export function buildPypiContext({ mirror, settings: { trustedRoot, publishers } }: Given<PypiSettings>): PypiOwn {
  const isAuthority = mirror.role === 'origin' && mirror.upstream === publicPypi;
  return {
    isAuthority,
    ...(trustedRoot === null ? {} : { trustedRoot }),
    ...(publishers.length === 0 ? {} : { publishers }),
  };
}
