import { limits } from '../../core/limits.ts';
import type { Mirror } from '../../core/mirror.ts';
import type { ProbeContext } from '../../core/ports.ts';
import { type Given, type Known, type Learning, pinnedIn, pinsMax } from '../ecosystem.ts';
import type { TreeHead } from './note.ts';
import { matchesGoPatterns } from './patterns.ts';
import { isCanonical } from './version.ts';

export interface GoSettings {
  /**
   * The checksum database; `null`: verification is off. `url`: where clients query the database directly; if `null`,
   * they use the relays of mirrors. `home`: the well-known URL of the public database; `null` for any other database.
   */
  readonly sumdb: {
    readonly name: string;
    readonly verifierKey: string;
    readonly url: string | null;
    readonly home: string | null;
  } | null;
}

/** One module at a canonical version. */
export interface Lookup {
  readonly module: string;
  readonly version: string;
}

export interface GoOwn {
  /**
   * The checksum database; `null`: verification is off. `direct`: the database's own URL; if absent, probes query the
   * database only through relays of mirrors. `isKeyOfFile`: the key is that of the configuration, which may be edited.
   */
  readonly sumdb: {
    readonly name: string;
    readonly verifierKey: string;
    readonly direct?: string;
    readonly isKeyOfFile?: boolean;
  } | null;
  /**
   * The public module, at a canonical version, that the `sumdb` step looks up. If absent, the step looks up
   * `knownLookup` at mirrors of the public upstream, and nothing at other mirrors.
   */
  readonly lookup?: Lookup;
  /**
   * Modules without a stored hash, at most `limits.lookupsPerProbe`. The probe also looks up these modules. Absent:
   * there are none.
   */
  readonly unknown?: readonly Lookup[];
  /** The largest verified tree head (signed size and root hash) of the checksum database; absent: none is stored. */
  readonly treeHead?: KnownHead;
}

/** A stored tree head. `note`, its signed text, is absent if an older release stored it. */
export interface KnownHead extends TreeHead {
  readonly note?: string;
}

export type GoContext = ProbeContext<GoOwn>;

const pinKey = 'pin/';
/**
 * The key of the largest tree head (signed size and root hash) of a checksum database is `head/<name>`. Older releases
 * stored a single tree head as `head`.
 */
const headKey = 'head';

type Named = KnownHead & { readonly name: string };

function headOf(known: Known, name: string): Named | null {
  const stored = known.get(`${headKey}/${name}`) ?? known.get(headKey);
  const head = (stored as Named | undefined) ?? null;
  return head?.name === name ? head : null;
}

/** Stores module hashes, and the largest tree head, from verified responses of a checksum database. */
export const goLearning: Learning = {
  keys: [pinKey, headKey],
  learn(known, { logged = {}, own = {} }) {
    const pins = Object.entries(logged).map(([name, hash]) => [`${pinKey}${name}`, hash] as const);
    const fresh = pins.filter(([key, hash]) => known.get(key) !== hash);
    // Counting all stored hashes is slow, so they are counted only if there is a new hash.
    const room = fresh.length === 0 ? 0 : pinsMax - Object.keys(pinnedIn(known, pinKey)).length;
    const learnt: (readonly [string, unknown])[] = fresh.slice(0, Math.max(0, room));
    const seen = own['head'] as Named | undefined;
    const head = seen === undefined ? null : headOf(known, seen.name);
    // If another probe stored a tree head after this probe began, the two tree heads were not proven consistent. So the
    // head of this probe is not stored.
    const isNext = head === null || (own['after'] === head.size && (seen?.size ?? 0) > head.size);
    if (seen !== undefined && isNext) learnt.push([`${headKey}/${seen.name}`, seen]);
    return learnt;
  },
  pinned: (known) => pinnedIn(known, pinKey),
};

export function buildGoContext({ mirror, modules, privatePatterns, settings, known }: Given<GoSettings>): GoOwn {
  const { sumdb } = settings;
  const head = known === null || sumdb === null ? null : headOf(known, sumdb.name);
  const direct = sumdb === null || known === null ? null : directUrl(sumdb, mirror);
  const loggedModules = known !== null && mirror.upstream === publicGo ? logged(modules, privatePatterns) : [];
  const isKnown = ({ module, version }: Lookup): boolean => known?.has(`${pinKey}${module}@${version}`) === true;
  // The duration of this lookup is measured, so the module should be the same each time. If a module's hash is stored,
  // the database is known to contain the module.
  const lookup = loggedModules.find(isKnown) ?? loggedModules[0];
  const unknown = loggedModules.filter((one) => one !== lookup && !isKnown(one)).slice(0, limits.lookupsPerProbe);
  return {
    sumdb:
      sumdb === null
        ? null
        : {
            name: sumdb.name,
            verifierKey: sumdb.verifierKey,
            ...(direct === null ? {} : { direct }),
            ...(sumdb.home === null && { isKeyOfFile: true }),
          },
    ...(lookup === undefined ? {} : { lookup }),
    ...(unknown.length === 0 ? {} : { unknown }),
    ...(head === null ? {} : { treeHead: head }),
  };
}

/**
 * Returns the URL at which probes of this mirror query the checksum database directly; `null`: they query it only
 * through relays. It is `null` if the mirror has a pinned key or a client certificate. For a mirror on this machine,
 * only a configured URL is used.
 */
function directUrl({ url, home }: NonNullable<GoSettings['sumdb']>, mirror: Mirror): string | null {
  const { pin, client } = mirror.access.tls;
  if (pin !== null || client !== null) return null;
  const { hostname } = new URL(mirror.url);
  const isHere = hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
  return url ?? (isHere ? null : home);
}

/** The name of the public upstream. The public checksum database contains the modules of this upstream. */
export const publicGo = 'go';

/** Returns the modules that the checksum database may have: public ones with a canonical version. */
function logged(modules: Given<GoSettings>['modules'], privatePatterns: readonly string[]): readonly Lookup[] {
  return modules.flatMap(({ upstream, module, version }) =>
    upstream === publicGo && version !== null && isCanonical(version) && !matchesGoPatterns(privatePatterns, module)
      ? [{ module, version }]
      : [],
  );
}
