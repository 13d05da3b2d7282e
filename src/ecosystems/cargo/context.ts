import type { ProbeContext } from '../../core/ports.ts';
import { type Given, type Learning, pinnedIn, pinsMax } from '../ecosystem.ts';

export interface CargoOwn {
  /** True if the mirror is the origin of its upstream. Its checksums are stored, because a version never changes. */
  readonly isOrigin: boolean;
  /** The hosts of the upstream, lower-case. A mirror whose `dl` names one of them serves no downloads itself. */
  readonly upstreamHosts: readonly string[];
}

export type CargoContext = ProbeContext<CargoOwn>;

export const publicCrates = 'crates';

const pinKey = 'cargo/';

/** Stores the first checksum that the origin states for each probed version. */
export const cargoLearning: Learning = {
  keys: [pinKey],
  learn(known, { own = {} }) {
    const { upstream, crate, sum } = own;
    const key = `${pinKey}${upstream}/${crate}`;
    return typeof sum !== 'string' || known.has(key) || known.size >= pinsMax ? [] : [[key, sum]];
  },
  pinned: (known, upstream) => pinnedIn(known, `${pinKey}${upstream}/`),
};

export function buildCargoContext({ mirror, origin }: Given): CargoOwn {
  const own = origin === null ? [] : [new URL(origin).hostname];
  return {
    isOrigin: mirror.role === 'origin',
    upstreamHosts: mirror.upstream === publicCrates ? ['crates.io', ...own] : own,
  };
}
