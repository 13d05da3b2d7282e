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

/** The phases of requests, by `requestKeyOf`. */
export type StartPhases = ReadonlyMap<string, StartPhase>;

/** A request that is repeated at an interval. */
export interface RepeatedRequest {
  /** The request, see `requestKeyOf`. */
  readonly key: string;
  /** Requests of the same kind (step and connection) are spread over their interval. */
  readonly kind: string;
  readonly everyMs: number;
}

/**
 * The maximum number of starts within one interval that are considered, and of requests that are placed in gaps. With
 * more of them, gaps are shorter than a second in any case, and the choice would block the main thread.
 */
const startsMax = 5_000;
const placedMax = 500;
/** A request is placed in a gap that is at least this share of the longest one. */
const longShare = 0.7;

/** The key of a request that is sent to all mirrors of an upstream. */
export function requestKeyOf({ ecosystem, upstream, module, version, step }: Target, connection: Connection): string {
  return [ecosystem, upstream, module ?? '', version ?? '', step, connection].join('|');
}

/**
 * Chooses phases for the light requests of one upstream, so that the starts at one mirror are far apart: a fault of the
 * mirror is then found soon. The requests with the shortest interval are spread evenly. Each other request starts in the
 * middle of a long gap between the starts before it. Of the long gaps it is the one by which requests of the same kind
 * are far apart too: a fault of one step is then found soon.
 * @param known  the phases of requests that keep theirs, by key; requests that are not in `all` are ignored
 * @param seed   the vantage, so that two vantages do not probe at the same times
 * @returns      the phases of all requests, by key
 */
export function choosePhases(
  all: readonly RepeatedRequest[],
  known: StartPhases,
  seed: string,
): Map<string, StartPhase> {
  const chosen = new Map<string, StartPhase>();
  const byInterval = Map.groupBy(all, ({ everyMs }) => everyMs);
  for (const everyMs of [...byInterval.keys()].toSorted((a, b) => a - b)) {
    const fresh: RepeatedRequest[] = [];
    for (const request of byInterval.get(everyMs) ?? []) {
      const phase = known.get(request.key);
      if (phase?.everyMs === everyMs) chosen.set(request.key, phase);
      else fresh.push(request);
    }
    const starts = startsWithin(everyMs, chosen);
    const wished = wishedOf(fresh, everyMs, seed);
    const isEven = starts.length === 0 || wished.length > placedMax;
    const phases = isEven ? spreadEvenly(wished, everyMs) : fillGaps(wished, everyMs, starts);
    for (const [key, phase] of phases) chosen.set(key, phase);
  }
  return chosen;
}

/** A request and the offset at which it would start without regard to requests of other kinds, milliseconds. */
interface Wished {
  readonly key: string;
  readonly atMs: number;
}

/** Spreads the requests of each kind evenly over the interval, in the order of a hash. */
function wishedOf(requests: readonly RepeatedRequest[], everyMs: number, seed: string): readonly Wished[] {
  const shareOf = (text: string): number => hash32(`${seed}\n${text}`) / 2 ** 32;
  return [...Map.groupBy(requests, ({ kind }) => kind)].flatMap(([kind, ofKind]) => {
    const inOrder = ofKind.map(({ key }) => ({ key, share: shareOf(key) })).sort((a, b) => a.share - b.share);
    const firstMs = shareOf(`${kind} ${inOrder[0]?.key ?? ''}`) * everyMs;
    return inOrder.map(({ key }, index) => ({ key, atMs: (firstMs + (index * everyMs) / ofKind.length) % everyMs }));
  });
}

/** The starts within an interval, ascending, milliseconds. Requests whose interval does not divide it are left out. */
function startsWithin(everyMs: number, chosen: StartPhases): readonly number[] {
  const starts: number[] = [];
  for (const phase of chosen.values()) {
    const times = everyMs / phase.everyMs;
    if (!Number.isInteger(times) || starts.length + times > startsMax) continue;
    for (let index = 0; index < times; index += 1) starts.push(phase.atMs + index * phase.everyMs);
  }
  return starts.sort((a, b) => a - b);
}

function spreadEvenly(wished: readonly Wished[], everyMs: number): readonly (readonly [string, StartPhase])[] {
  const inOrder = wished.toSorted((a, b) => a.atMs - b.atMs);
  const firstMs = inOrder[0]?.atMs ?? 0;
  const gapMs = everyMs / inOrder.length;
  return inOrder.map(({ key }, index) => [key, { everyMs, atMs: (firstMs + index * gapMs) % everyMs, gapMs }]);
}

/** Places each request in the middle of the long gap that is nearest to its wished offset. */
function fillGaps(
  wished: readonly Wished[],
  everyMs: number,
  starts: readonly number[],
): readonly (readonly [string, StartPhase])[] {
  const gaps = starts.map((startMs, index) => ({
    startMs,
    ms: (starts[index + 1] ?? (starts[0] ?? 0) + everyMs) - startMs,
  }));
  return wished.map(({ key, atMs }) => {
    const longMs = longShare * Math.max(...gaps.map(({ ms }) => ms));
    const distanceOf = (gap: { readonly startMs: number; readonly ms: number }): number => {
      const awayMs = Math.abs(gap.startMs + gap.ms / 2 - atMs) % everyMs;
      return Math.min(awayMs, everyMs - awayMs);
    };
    let [nearest, nearestMs] = [0, Number.POSITIVE_INFINITY];
    for (const [index, gap] of gaps.entries()) {
      const ms = gap.ms < longMs ? Number.POSITIVE_INFINITY : distanceOf(gap);
      if (ms < nearestMs) [nearest, nearestMs] = [index, ms];
    }
    const gap = gaps[nearest] ?? { startMs: 0, ms: everyMs };
    const gapMs = gap.ms / 2;
    gaps.splice(nearest, 1, { startMs: gap.startMs, ms: gapMs }, { startMs: gap.startMs + gapMs, ms: gapMs });
    return [key, { everyMs, atMs: (gap.startMs + gapMs) % everyMs, gapMs }];
  });
}
