import type { ProbeContext } from '../../core/ports.ts';
import { type Given, type Known, type Learning, pinnedIn, pinsMax } from '../ecosystem.ts';
import type { SigningKey } from './signatures.ts';

/** The key `npm` of the file. */
export interface NpmSettings {
  /** Signing keys of the public registry from the operator's file; `null`: they are requested from its origin. */
  readonly keys: readonly SigningKey[] | null;
}

/** The inputs of npm's conversations besides the base URL and pinned hashes. */
export interface NpmOwn {
  /** Further host names that its packuments may point to: lower-case, without ports. */
  readonly tarballHosts: readonly string[];
  /** Trusted keys of the upstream, from the operator's file or its origin, never from a mirror; absent: none known. */
  readonly keys?: readonly SigningKey[];
  /** The mirror is its upstream's origin: the keys that it lists are trusted. */
  readonly isOrigin?: boolean;
  /** It is the public registry or a mirror of it: versions signed there are pinned for all such mirrors. */
  readonly isPublic?: boolean;
}

/** The context of a conversation with an npm registry. */
export type NpmContext = ProbeContext<NpmOwn>;

/** The default upstream. */
export const publicNpm = 'npm';

const pinKey = 'npm/pin/';
const keysKey = 'npm/keys/';

/** Keys and the origin that listed them: another origin's list does not replace them. */
interface LearntKeys {
  readonly origin: string;
  readonly keys: readonly SigningKey[];
}

/** `facts.own.listed`. */
export interface Listed extends LearntKeys {
  readonly upstream: string;
}

/**
 * Hashes of public versions that a trusted key signed are kept for ever. Of an origin's keys only its newest list is
 * kept, because keys are changed and withdrawn that way.
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
  // Signatures of the public registry hold for it alone: another upstream may have rebuilt the same version.
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
