import type { Facts } from '../../core/transcript.ts';
import type { Given, Known, Learning } from '../ecosystem.ts';
import type { GoOwn, GoSettings } from './context.ts';
import { matchesGoPatterns } from './patterns.ts';

const pinsMax = 50_000;
const pinKey = 'pin/';
const headKey = 'head';

type TreeHead = NonNullable<Facts['treeHead']>;

function headOf(known: Known): TreeHead | null {
  return (known.get(headKey) as TreeHead | undefined) ?? null;
}

/** Hashes and the largest head that a checksum database's verified answers told. */
export const goLearning: Learning = {
  keys: [pinKey, headKey],
  learn(known, { logged = {}, treeHead: seen }) {
    const news: (readonly [string, unknown])[] = [];
    const room = pinsMax - pinCount(known);
    for (const [name, hash] of Object.entries(logged)) {
      const key = `${pinKey}${name}`;
      if (known.get(key) !== hash && news.length < room) news.push([key, hash]);
    }
    const head = headOf(known);
    if (seen && (head === null || seen.name !== head.name || seen.size > head.size)) news.push([headKey, seen]);
    return news;
  },
  pinned: (known) =>
    Object.fromEntries(
      [...known].flatMap(([key, value]) =>
        key.startsWith(pinKey) && typeof value === 'string' ? [[key.slice(pinKey.length), value]] : [],
      ),
    ),
};

function pinCount(known: Known): number {
  return known.size - (known.has(headKey) ? 1 : 0);
}

/** What Go's conversations need: the database, the head known of it, and whose record is looked up next. */
export function goContext({ mirror, modules, privatePatterns, settings, known }: Given<GoSettings>): GoOwn {
  const { sumdb } = settings;
  const head = known === null ? null : headOf(known);
  const isAsked = known !== null && mirror.upstream === publicGo;
  const lookup = isAsked ? nextLookup(modules, privatePatterns, known) : null;
  return {
    sumdb: sumdb === null ? null : { name: sumdb.name, verifierKey: sumdb.verifierKey },
    ...(lookup === null ? {} : { lookup }),
    ...(head === null || head.name !== sumdb?.name ? {} : { treeHead: head }),
  };
}

/** The upstream that the checksum database speaks of. */
export const publicGo = 'go';

/** The first configured public module whose hash is not known yet, else the first; never a private one. */
function nextLookup(
  modules: Given<GoSettings>['modules'],
  privatePatterns: readonly string[],
  known: Known,
): NonNullable<GoOwn['lookup']> | null {
  const asked = modules.flatMap(({ upstream, module, version }) =>
    upstream === publicGo && version !== null && version !== 'latest' && !matchesGoPatterns(privatePatterns, module)
      ? [{ module, version }]
      : [],
  );
  return asked.find(({ module, version }) => !known.has(`${pinKey}${module}@${version}`)) ?? asked[0] ?? null;
}
