import type { ProbeContext } from '../../core/ports.ts';
import { type Given, type Learning, pinnedIn, pinsMax } from '../ecosystem.ts';
import type { SigningKey } from './signatures.ts';

/** The ecosystem's own settings, from the configuration key `npm`. */
export interface NpmSettings {
  /** Signing keys of the public registry, from the operator's file; `null`: the origin mirror is asked for them. */
  readonly keys: readonly SigningKey[] | null;
}

/** npm's own inputs of conversations. */
export interface NpmOwn {
  /** Host names besides the mirror's own to which its packuments may point: lower-case, without ports. */
  readonly tarballHosts: readonly string[];
  /** Trusted keys of the upstream, from the operator's file or from the origin; absent: none is known. */
  readonly keys?: readonly SigningKey[];
  /** The mirror is the origin of its upstream: the keys that it lists are trusted. */
  readonly isOrigin?: boolean;
  /** The upstream is the public registry: hashes that it signed are pinned for all of its mirrors. */
  readonly isPublic?: boolean;
}

/** The context of a conversation with an npm registry. */
export type NpmContext = ProbeContext<NpmOwn>;

/** The default upstream. */
export const publicNpm = 'npm';

const pinKey = 'npm/pin/';
const keysKey = 'npm/keys/';

/** Keys, and the URL of the origin that listed them: trusted only while that URL is the origin's. */
interface LearntKeys {
  readonly origin: string;
  readonly keys: readonly SigningKey[];
}

/** The fact `own.listed`: the keys that the origin of an upstream lists. */
export interface Listed extends LearntKeys {
  readonly upstream: string;
}

/** Learns hashes that a trusted key signed, for ever, and an origin's newest list of keys in place of the last. */
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
  // Other upstreams may have rebuilt the same version.
  pinned: (known, upstream) => (upstream === publicNpm ? pinnedIn(known, pinKey) : {}),
};

/** npm's own inputs of conversations with one mirror. */
export function buildNpmContext({ mirror, origin, settings, known }: Given<NpmSettings>): NpmOwn {
  const hosts = mirror.own?.['tarballHosts'];
  const isPublic = mirror.upstream === publicNpm;
  const learnt = known?.get(`${keysKey}${mirror.upstream}`) as LearntKeys | undefined;
  const keys =
    (isPublic ? settings.keys : null) ?? (learnt !== undefined && learnt.origin === origin ? learnt.keys : null);
  return {
    tarballHosts: Array.isArray(hosts) ? hosts.map((host) => String(host).toLowerCase()) : [],
    ...(keys === null ? {} : { keys }),
    ...(mirror.role === 'origin' ? { isOrigin: true } : {}),
    ...(isPublic ? { isPublic } : {}),
  };
}
