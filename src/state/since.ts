import type { Now, Row } from '../core/ports.ts';
import { type MirrorState, mirrorStates, type Standing } from '../core/standing.ts';

const keyPrefix = 'since/';
/** After a start a mirror is unknown until its first canary: that is no news about it. */
const startMs = 3 * 60_000;

interface Entry {
  readonly state: MirrorState;
  readonly sinceMs: number;
}

/** Since when each mirror has been in its state, over restarts; rows in table `meta` under `since/<registry>`. */
export interface Since {
  /** Looks at the standings; gives the rows of what changed. */
  take(standings: readonly Pick<Standing, 'registry' | 'state'>[], now: Now): readonly Row[];
  /** Wall milliseconds; `null` where that state is not the one that is known of. */
  of(registry: string, state: MirrorState): number | null;
}

/** @param restored  rows of table `meta`; others in it are left alone */
export function createSince(restored: readonly Row[], startedAt: Now): Since {
  const entries = new Map(restored.flatMap(readRow));

  return {
    take(standings, now) {
      const isStarting = now.monotonicMs - startedAt.monotonicMs < startMs;
      return standings.flatMap(({ registry, state }) => {
        const known = entries.get(registry);
        if (known?.state === state) return [];
        if (known !== undefined && state === 'unknown' && isStarting) return [];
        const value: Entry = { state, sinceMs: now.wallMs };
        entries.set(registry, value);
        return [{ table: 'meta' as const, key: `${keyPrefix}${registry}`, atMs: now.wallMs, value }];
      });
    },
    of(registry, state) {
      const known = entries.get(registry);
      return known?.state === state ? known.sinceMs : null;
    },
  };
}

function readRow({ key, value }: Row): readonly (readonly [string, Entry])[] {
  const { state, sinceMs } = (value ?? {}) as Partial<Entry>;
  if (!key.startsWith(keyPrefix) || state === undefined || !mirrorStates.includes(state)) return [];
  return typeof sinceMs === 'number' && Number.isFinite(sinceMs)
    ? [[key.slice(keyPrefix.length), { state, sinceMs }]]
    : [];
}
