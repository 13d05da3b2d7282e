import type { Given, Known, Learning } from '../ecosystem.ts';
import type { NpmOwn, NpmSettings } from './context.ts';
import type { SigningKey } from './signing-keys.ts';

/** The upstream of those that name none. */
export const publicNpm = 'npm';

const pinsMax = 50_000;
const pinKey = 'npm/pin/';
const keysKey = 'npm/keys/';

/** Keys as an origin listed them, and which: what another one listed is not believed in its place. */
interface LearntKeys {
  readonly origin: string;
  readonly keys: readonly SigningKey[];
}

/** `facts.own.listed`. */
export interface Listed extends LearntKeys {
  readonly upstream: string;
}

/**
 * Hashes of public versions that a trusted key signed, each for ever; and the keys that an origin lists, its newest list
 * alone, because that is how one is changed or withdrawn.
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
  // What the public registry's keys signed is true of it: another upstream may have built the same version anew.
  pinned: (known, upstream) =>
    Object.fromEntries(
      [...(upstream === publicNpm ? known : [])].flatMap(([key, value]) =>
        key.startsWith(pinKey) && typeof value === 'string' ? [[key.slice(pinKey.length), value]] : [],
      ),
    ),
};

/** What npm's conversations need: where artifacts of this mirror may lie, and by whose keys signatures are judged. */
export function npmContext({ mirror, origin, settings, known }: Given<NpmSettings>): NpmOwn {
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
