import { limits } from '../core/limits.ts';
import { upstreamKeyOf } from '../core/mirror.ts';
import type { Now, Row, Store } from '../core/ports.ts';
import type { MirrorState } from '../core/standing.ts';
import type { UpstreamVerdict } from '../core/verdict.ts';

/**
 * For this long after a start of the daemon (milliseconds), the record from before the start stays in force while it knows
 * more: the first probe of a canary may be pending.
 */
const startMs = 3 * 60_000;

/**
 * Stores the record of each upstream when it changes, in table `verdict`: what was decided at a time, and since when each
 * mirror has its state.
 */
export function createVerdictBook(store: Pick<Store, 'page' | 'get'>, startedAt: Now) {
  const stored = store.page('verdict', limits.verdictRows, null).toReversed();
  const records = stored.map(({ value }) => value as UpstreamVerdict).map((one) => [upstreamKeyOf(one), one] as const);
  /** The newest record of each upstream. */
  const last = new Map(records);
  /** When the stored records of all upstreams were made, oldest first. */
  const made = records.map(([key, { atMs }]) => ({ key, atMs }));
  let taken: readonly UpstreamVerdict[] = [];

  return {
    /** Records the verdicts of a turn. Returns the rows of those that changed. */
    take(verdicts: readonly UpstreamVerdict[], now: Now): readonly Row[] {
      if (verdicts === taken) return [];
      taken = verdicts;
      const isStarting = now.monotonicMs - startedAt.monotonicMs < startMs;
      return verdicts.flatMap((one) => {
        const key = upstreamKeyOf(one);
        const before = last.get(key);
        const states = new Map(before?.mirrors.map((mirror) => [mirror.registry, mirror]));
        const isLost = ({ registry, state }: (typeof one.mirrors)[number]): boolean =>
          state === 'unknown' && (states.get(registry)?.state ?? state) !== state;
        if (isStarting && one.mirrors.some(isLost)) return [];
        const mirrors = one.mirrors.map((mirror) => {
          const known = states.get(mirror.registry);
          return { ...mirror, sinceMs: (known?.state === mirror.state ? known.sinceMs : null) ?? now.wallMs };
        });
        const value: UpstreamVerdict = { ...one, mirrors };
        last.set(key, value);
        if (before !== undefined && wordOf(before) === wordOf(value)) return [];
        made.push({ key, atMs: one.atMs });
        // The state file keeps as many rows of all upstreams together.
        if (made.length > limits.verdictRows) made.shift();
        return [{ table: 'verdict' as const, key: rowKeyOf(key, one.atMs), atMs: one.atMs, value }];
      });
    },
    /** Returns since when the mirror has this state, wall milliseconds; `null`: not known. */
    of(registry: string, state: MirrorState): number | null {
      const all = [...last.values()].flatMap(({ mirrors }) => mirrors);
      return all.find((one) => one.registry === registry && one.state === state)?.sinceMs ?? null;
    },
    /** Returns the record of each upstream that was in force at a time (wall milliseconds), as far as it is stored. */
    at(wallMs: number): readonly UpstreamVerdict[] {
      const found = new Map<string, UpstreamVerdict>();
      for (const { key, atMs } of made.toReversed()) {
        if (atMs > wallMs || found.has(key)) continue;
        // The newest record may not be written yet, and old ones expire.
        const row = store.get('verdict', rowKeyOf(key, atMs));
        if (row !== null) found.set(key, row.value as UpstreamVerdict);
      }
      return [...found.values()];
    },
  };
}

function rowKeyOf(upstreamKey: string, atMs: number): string {
  return `${upstreamKey} ${atMs}`;
}

/** What makes a record another one. Costs and evidence change in each turn, so they do not count. */
function wordOf({ head, home, mirrors, advice, stay, back }: UpstreamVerdict): string {
  const reasons = mirrors.map(({ registry, state, gate, blocker, withheld }) => [
    registry,
    state,
    gate,
    blocker?.kind,
    withheld,
  ]);
  return JSON.stringify([head, home, reasons, advice, stay?.kind, back?.kind]);
}
