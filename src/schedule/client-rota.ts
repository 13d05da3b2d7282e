import { type ClientPair, pairKeyOf } from '../core/client-run.ts';
import { limits } from '../core/limits.ts';
import type { Now } from '../core/ports.ts';

export interface RanBefore {
  /** When the last run of the pair (mirror and real client) started, wall milliseconds. */
  readonly startedAtMs: number;
  /** The number of the pair's runs so far, without repeated runs. It selects the module of the next run. */
  readonly runs: number;
}

interface Turn {
  readonly pair: ClientPair;
  atMs: number;
  runs: number;
}

/**
 * Creates the schedule of real clients, which decides which pair of mirror and real client (such as `npm`) runs next,
 * and when. It has no pairs until `replace` sets them. Each interval has a jitter of ±10 %. It reads no clock. Times
 * are monotonic milliseconds.
 * @param input.chance  returns a random number in [0, 1)
 */
export function createClientRota(input: {
  readonly known: ReadonlyMap<string, RanBefore>;
  readonly chance: () => number;
}) {
  const { chance } = input;
  const known = new Map(input.known);
  let turns = new Map<string, Turn>();
  let everyMs = 0;

  const jittered = (): number => everyMs * (0.9 + 0.2 * chance());

  function firstAtMs(key: string, now: Now): number {
    const before = known.get(key);
    const soonMs = Math.min(limits.clientFirstMsMin, everyMs);
    if (before === undefined) return now.monotonicMs + soonMs + chance() * Math.min(everyMs, limits.clientFirstMs);
    const sinceMs = Math.max(0, now.wallMs - before.startedAtMs);
    return now.monotonicMs + Math.max(soonMs, jittered() - sinceMs);
  }

  return {
    /**
     * Returns the pair that has been due for longest; `null`: no pair is due. That pair is not returned again before
     * `ran` or `away` was called for it.
     */
    due(now: Now): (ClientPair & { readonly runs: number }) | null {
      const waiting = [...turns.values()].filter(({ atMs }) => atMs <= now.monotonicMs);
      const first = waiting.toSorted((a, b) => a.atMs - b.atMs)[0];
      if (first === undefined) return null;
      first.atMs = Number.POSITIVE_INFINITY;
      return { ...first.pair, runs: first.runs };
    },
    /** Records the end of a run. `again`: the pair repeats it soon, with the same module. */
    ran(pair: ClientPair, again: boolean, now: Now): void {
      const turn = turns.get(pairKeyOf(pair));
      if (turn === undefined) return;
      if (!again) turn.runs += 1;
      known.set(pairKeyOf(pair), { startedAtMs: now.wallMs, runs: turn.runs });
      turn.atMs = now.monotonicMs + (again ? Math.min(limits.clientAgainMs, everyMs) : jittered());
    },
    /** Records that the pair could not be run: it is due again after at most `limits.clientAwayMs`. */
    away(pair: ClientPair, now: Now): void {
      const turn = turns.get(pairKeyOf(pair));
      if (turn !== undefined) turn.atMs = now.monotonicMs + Math.min(limits.clientAwayMs, everyMs);
    },
    /** When the next pair is due; `null`: there is none. */
    nextAtMs(): number | null {
      const times = [...turns.values()].map(({ atMs }) => atMs).filter(Number.isFinite);
      return times.length === 0 ? null : Math.min(...times);
    },
    /**
     * Replaces the pairs and the interval. A pair that stays keeps the time of its next run, unless the interval has
     * changed.
     */
    replace(pairs: readonly ClientPair[], nextEveryMs: number, now: Now): void {
      const isOtherPace = everyMs !== nextEveryMs;
      everyMs = nextEveryMs;
      const next = new Map<string, Turn>();
      for (const pair of pairs) {
        const key = pairKeyOf(pair);
        const before = turns.get(key);
        // A pair that runs now (time `Infinity`) gets its next time from `ran` or `away`.
        const stays = before !== undefined && (!isOtherPace || before.atMs === Number.POSITIVE_INFINITY);
        const atMs = stays ? before.atMs : firstAtMs(key, now);
        next.set(key, { pair, atMs, runs: known.get(key)?.runs ?? 0 });
      }
      turns = next;
    },
  };
}
