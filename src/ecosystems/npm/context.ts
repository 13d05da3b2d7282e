import type { ProbeContext } from '../../core/ports.ts';
import { type Given, type Learning, pinnedIn, pinsMax } from '../ecosystem.ts';
import type { SigningKey } from './signatures.ts';

export interface NpmSettings {
  /** The signing keys of the public registry, from the operator's file; `null`: no file is configured. */
  readonly keys: readonly SigningKey[] | null;
}

export interface NpmOwn {
  /** Further hosts that the mirror's packuments may point to: lower-case, without ports. */
  readonly tarballHosts: readonly string[];
  /** Trusted keys of the upstream, from the operator's file or the origin; absent: none is known. */
  readonly keys?: readonly SigningKey[];
  /** True if the keys are those of the operator's file, which may be edited. */
  readonly isKeyOfFile?: boolean;
  readonly isOrigin?: boolean;
  /** True if the upstream is the public registry. Its signed hashes are stored and verify all its mirrors. */
  readonly isPublic?: boolean;
}

export type NpmContext = ProbeContext<NpmOwn>;

export const publicNpm = 'npm';

const pinKey = 'npm/pin/';
const keysKey = 'npm/keys/';

/**
 * Signing keys that an origin listed. They are trusted only while `origin` is still the URL of the configured origin.
 */
interface LearntKeys {
  readonly origin: string;
  readonly keys: readonly SigningKey[];
}

/** The fact `own.listed`: the keys that the origin of an upstream lists. */
export interface Listed extends LearntKeys {
  readonly upstream: string;
}

/** Stores signed hashes, which are never replaced, and for each upstream the newest keys that its origin listed. */
export const npmLearning: Learning = {
  keys: [pinKey, keysKey],
  learn(known, { logged = {}, own = {} }) {
    const pins = Object.entries(logged).map(([id, integrity]) => [`${pinKey}${id}`, integrity] as const);
    const learnt = pins.filter(([key]) => !known.has(key)).slice(0, Math.max(0, pinsMax - known.size));
    const listed = own['listed'] as Listed | undefined;
    if (listed === undefined) return learnt;
    const { upstream, ...value } = listed;
    const key = `${keysKey}${upstream}`;
    return JSON.stringify(known.get(key)) === JSON.stringify(value) ? learnt : [...learnt, [key, value]];
  },
  // The hashes verify only mirrors of the public registry. Another upstream may have rebuilt the same version, with
  // another hash.
  pinned: (known, upstream) => (upstream === publicNpm ? pinnedIn(known, pinKey) : {}),
};

export function buildNpmContext({ mirror, origin, settings, known }: Given<NpmSettings>): NpmOwn {
  const hosts = mirror.own?.['tarballHosts'];
  const isPublic = mirror.upstream === publicNpm;
  const learnt = known?.get(`${keysKey}${mirror.upstream}`) as LearntKeys | undefined;
  const keys =
    (isPublic ? settings.keys : null) ?? (learnt !== undefined && learnt.origin === origin ? learnt.keys : null);
  return {
    tarballHosts: Array.isArray(hosts) ? hosts.map((host) => String(host).toLowerCase()) : [],
    ...(keys === null ? {} : { keys, isKeyOfFile: keys === settings.keys }),
    ...(mirror.role === 'origin' ? { isOrigin: true } : {}),
    ...(isPublic ? { isPublic } : {}),
  };
}
