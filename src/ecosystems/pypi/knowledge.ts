import type { Given, Known, Learning } from '../ecosystem.ts';
import type { PypiOwn, PypiSettings } from './context.ts';
import { sha256Of } from './file-url.ts';

const pinsMax = 50_000;
const pinKey = 'pypi/';

/** The upstream of those that name none. */
export const publicPypi = 'pypi';

/** Hashes of the files that were asked for, as the public index itself told them first. */
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

/** Whether a mirror is the public index itself, by its role; and by what attestations are verified. */
export function pypiContext({ mirror, settings: { trustedRoot, publishers } }: Given<PypiSettings>): PypiOwn {
  const isAuthority = mirror.role === 'origin' && mirror.upstream === publicPypi;
  return {
    isAuthority,
    ...(trustedRoot === null ? {} : { trustedRoot }),
    ...(publishers.length === 0 ? {} : { publishers }),
  };
}
