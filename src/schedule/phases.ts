import type { Connection, Target } from '../core/mirror.ts';
import { hash32 } from './plan.ts';

/** Where the starts of one request lie within its interval. */
export interface StartPhase {
  /** The interval, milliseconds. */
  readonly everyMs: number;
  /** The offset of the starts within the interval, milliseconds, 0 ≤ `atMs` < `everyMs`. */
  readonly atMs: number;
  /** The time to the nearest other start of a light probe when the phase was chosen, milliseconds. */
  readonly gapMs: number;
}

/** A request that is repeated at an interval. */
export interface RepeatedRequest {
  /** The request, see `requestKeyOf`. */
  readonly key: string;
  readonly everyMs: number;
}

/** An upper bound for the starts within one interval that are considered. Requests beyond it get a phase by hash. */
const startsMax = 20_000;

/** The key of a request that is sent to all mirrors of an upstream. */
export function requestKeyOf({ ecosystem, upstream, module, version, step }: Target, connection: Connection): string {
  return [ecosystem, upstream, module ?? '', version ?? '', step, connection].join('|');
}

/**
 * Chooses phases for the light requests of one upstream, so that the starts at one mirror are far apart: a fault of the
 * mirror is then found soon. The requests with the shortest interval are spread evenly. Each other request starts in the
 * middle of the longest gap between the starts before it.
 * @param known  the phases of requests that keep theirs, by key; requests that are not in `all` are ignored
 * @param seed   the vantage, so that two vantages do not probe at the same times
 * @returns      the phases of all requests, by key
 */
export function choosePhases(
  all: readonly RepeatedRequest[],
  known: ReadonlyMap<string, StartPhase>,
  seed: string,
): Map<string, StartPhase> {
  const chosen = new Map<string, StartPhase>();
  const byInterval = Map.groupBy(all, ({ everyMs }) => everyMs);
  for (const everyMs of [...byInterval.keys()].toSorted((a, b) => a - b)) {
    const fresh: string[] = [];
    for (const { key } of byInterval.get(everyMs) ?? []) {
      const phase = known.get(key);
      if (phase?.everyMs === everyMs) chosen.set(key, phase);
      else fresh.push(key);
    }
    const order = new Map(fresh.map((key) => [key, hash32(`${seed}\n${key}`)]));
    fresh.sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
    const starts = startsWithin(everyMs, chosen);
    const phases = starts.length === 0 ? spreadEvenly(fresh, everyMs, order) : fillGaps(fresh, everyMs, starts);
    for (const [key, phase] of phases) chosen.set(key, phase);
  }
  return chosen;
}

/** The starts within an interval, ascending, milliseconds. Requests whose interval does not divide it are left out. */
function startsWithin(everyMs: number, chosen: ReadonlyMap<string, StartPhase>): readonly number[] {
  const starts: number[] = [];
  for (const phase of chosen.values()) {
    const times = everyMs / phase.everyMs;
    if (!Number.isInteger(times) || starts.length + times > startsMax) continue;
    for (let index = 0; index < times; index += 1) starts.push(phase.atMs + index * phase.everyMs);
  }
  return starts.sort((a, b) => a - b);
}

function spreadEvenly(
  keys: readonly string[],
  everyMs: number,
  order: ReadonlyMap<string, number>,
): readonly (readonly [string, StartPhase])[] {
  const firstMs = ((order.get(keys[0] ?? '') ?? 0) / 2 ** 32) * everyMs;
  const gapMs = everyMs / keys.length;
  return keys.map((key, index) => [key, { everyMs, atMs: (firstMs + index * gapMs) % everyMs, gapMs }]);
}

/** Places each request in the middle of the longest gap, between the starts and the requests placed before it. */
function fillGaps(
  keys: readonly string[],
  everyMs: number,
  starts: readonly number[],
): readonly (readonly [string, StartPhase])[] {
  const gaps = starts.map((startMs, index) => ({
    startMs,
    ms: (starts[index + 1] ?? (starts[0] ?? 0) + everyMs) - startMs,
  }));
  gaps.sort((a, b) => a.ms - b.ms);
  // Halved gaps, longest first: each is at most as long as the gaps that were halved before it.
  const halves: { readonly startMs: number; readonly ms: number }[] = [];
  let nextHalf = 0;
  return keys.map((key) => {
    const half = halves[nextHalf];
    const whole = gaps.at(-1);
    const isHalf = half !== undefined && (whole === undefined || half.ms > whole.ms);
    const gap = (isHalf ? half : whole) ?? { startMs: 0, ms: everyMs };
    if (isHalf) nextHalf += 1;
    else gaps.pop();
    const gapMs = gap.ms / 2;
    halves.push({ startMs: gap.startMs, ms: gapMs }, { startMs: gap.startMs + gapMs, ms: gapMs });
    return [key, { everyMs, atMs: (gap.startMs + gapMs) % everyMs, gapMs }];
  });
}
