import { quantile } from '../../statistics.ts';
import type { Holdings } from '../guest.ts';

/** Whether a process grows. */
export interface Growth {
  /** @returns what is above its cap, or grew over this life; each once */
  readonly take: (life: number, lifeMs: number, holdings: Holdings) => readonly string[];
  /** Most of each so far, over all lives. */
  readonly most: () => Holdings;
}

/**
 * Half as much again, at least, as was ever seen with two cores (docs/performance.md); sources take more than the built
 * package. Descriptors: eleven hosts with `perHost` and a confirming slot each, eight deliveries to each receiver, the
 * page's readers, the state file.
 */
const caps: Holdings = { rssBytes: 700 * 2 ** 20, threads: 64, descriptors: 300, sockets: 200 };
/** Code is compiled and buffers find their size first; what grows later, grows. */
const warmMs = 120_000;
/** A slope takes so many looks. */
const looksMin = 240;
/** The median of the second half of a life may lie above that of its first by so much: the garbage of one round. */
const risesBytesMax = 60 * 2 ** 20;
const risesShareMax = 0.25;

/** Watches one process after the other. */
export function createGrowth(): Growth {
  let now = { life: 0, rss: [] as number[] };
  const most: Record<keyof Holdings, number> = { rssBytes: 0, threads: 0, descriptors: 0, sockets: 0 };
  const told = new Set<string>();
  const kinds = ['rssBytes', 'threads', 'descriptors', 'sockets'] as const;
  const once = (key: string, text: string): readonly string[] => {
    if (told.has(key)) return [];
    told.add(key);
    return [text];
  };
  return {
    take(life, lifeMs, holdings) {
      if (life !== now.life) now = { life, rss: [] };
      if (lifeMs > warmMs) now.rss.push(holdings.rssBytes);
      for (const kind of kinds) most[kind] = Math.max(most[kind], holdings[kind]);
      const above = kinds.flatMap((kind) =>
        holdings[kind] > caps[kind] ? once(`${life} ${kind}`, `${kind}: ${holdings[kind]}, at most ${caps[kind]}`) : [],
      );
      if (now.rss.length < looksMin) return above;
      const half = now.rss.length >> 1;
      const [first, second] = [quantile(now.rss.slice(0, half), 0.5), quantile(now.rss.slice(half), 0.5)];
      const rises = second - first > risesBytesMax && second > first * (1 + risesShareMax);
      const text = `memory rose from ${mib(first)} to ${mib(second)} MiB between the halves of ${now.rss.length} looks`;
      return [...above, ...(rises ? once(`${life} rise`, text) : [])];
    },
    most: () => most,
  };
}

function mib(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}
