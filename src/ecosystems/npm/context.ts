import type { ProbeContext } from '../../core/ports.ts';
import { type Given, type Known, type Learning, pinnedIn, pinsMax } from '../ecosystem.ts';
import type { SigningKey } from './signatures.ts';

/** The ecosystem's own settings, from the configuration key `npm`. */
export interface NpmSettings {
  /** Signing keys of the public registry, from a file of the operator; `null`: they are requested from the origin mirror. */
  readonly keys: readonly SigningKey[] | null;
}

/** The inputs of npm's conversations besides the base URL and pinned hashes. */
export interface NpmOwn {
  /** Host names besides the mirror's own that its packuments may point to: lower-case, without ports. */
  readonly tarballHosts: readonly string[];
  /** Trusted keys of the upstream, from the operator's file or from the origin; absent: none is known. */
  readonly keys?: readonly SigningKey[];
  /** The mirror is the origin of its upstream: the keys that it lists are trusted. */
  readonly isOrigin?: boolean;
  /** The upstream is the public registry: hashes of versions that it signed are pinned for all of its mirrors. */
  readonly isPublic?: boolean;
}

/** The context of a conversation with an npm registry. */
export type NpmContext = ProbeContext<NpmOwn>;

/** The default upstream. */
export const publicNpm = 'npm';

const pinKey = 'npm/pin/';
const keysKey = 'npm/keys/';

/** Keys, and the URL of the origin that listed them: they are trusted only while that mirror is the origin. */
interface LearntKeys {
  readonly origin: string;
  readonly keys: readonly SigningKey[];
}

/** The fact `own.listed`: the keys that the origin of an upstream lists. */
export interface Listed extends LearntKeys {
  readonly upstream: string;
}

/**
 * Hashes of public versions that a trusted key signed are kept for ever. Of the keys only the newest list of an origin is
 * kept, because a registry withdraws a key by leaving it out of the list.
 */
export const npmLearning: Learning = {
  keys: [pinKey, keysKey],
  learn(known, { logged = {}, own = {} }) {
    const pins = Object.entries(logged).map(([id, integrity]) => [`${pinKey}${id}`, integrity] as const);
    const news = pins.filter(([key]) => !known.has(key)).slice(0, Math.max(0, pinsMax - known.size));
    const listed = own['listed'] as Listed | undefined;
    if (listed === undefined) return news;
    const { upstream, ...value } = listed;
    const key = `${keysKey}${upstream}`;
    return JSON.stringify(known.get(key)) === JSON.stringify(value) ? news : [...news, [key, value]];
  },
  // Hashes that the public registry signed are not pinned for other upstreams, which may have rebuilt the same version.
  pinned: (known, upstream) => (upstream === publicNpm ? pinnedIn(known, pinKey) : {}),
};

/** The inputs of npm's conversations: accepted artifact hosts and trusted keys. */
export function buildNpmContext({ mirror, origin, settings, known }: Given<NpmSettings>): NpmOwn {
  const hosts = mirror.own?.['tarballHosts'];
  const isPublic = mirror.upstream === publicNpm;
  const keys = (isPublic ? settings.keys : null) ?? learntKeys(known, mirror.upstream, origin);
  return {
    tarballHosts: Array.isArray(hosts) ? hosts.map((host) => String(host).toLowerCase()) : [],
    ...(keys === null ? {} : { keys }),
    ...(mirror.role === 'origin' ? { isOrigin: true } : {}),
    ...(isPublic ? { isPublic } : {}),
  };
}

function learntKeys(known: Known | null, upstream: string, origin: string | null): readonly SigningKey[] | null {
  const learnt = known?.get(`${keysKey}${upstream}`) as LearntKeys | undefined;
  return learnt === undefined || learnt.origin !== origin ? null : learnt.keys;
}
