import type { Given, Known, Learning } from '../ecosystem.ts';
import type { PypiOwn, PypiSettings } from './context.ts';
import { sha256Of } from './file-url.ts';

const pinsMax = 50_000;
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
  pinned: (known: Known) =>
    Object.fromEntries(
      [...known].flatMap(([key, value]) =>
        key.startsWith(pinKey) && typeof value === 'string' ? [[key.slice(pinKey.length), value]] : [],
      ),
    ),
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
