import { limits } from '../../core/limits.ts';
import type { Gaps } from '../../core/mirror.ts';
import {
  type Change,
  type ContentReading,
  type ContentSubject,
  freshOriginOf,
  gapFilterFor,
  isQuorum,
  type LagReading,
  type LineBehind,
  type LineKey,
  type LineState,
  type Peer,
  peersOf,
  Shelf,
  type Standpoint,
  type StepBack,
  selectComparable,
  shows,
  type Versions,
} from '../memory/subject.ts';
import { isOrdered, type PeerValue, quorumValueOf, updateLines } from './lines.ts';
import { type ContentUpdate, updateVersions, type Who } from './versions.ts';

/** The lag of a mirror while its missing items are added up. `upperMs`: `null` if unknown. */
interface Sum {
  lowerMs: number;
  /** True if the mirror lacks an item of unknown age that is newer than all it has. */
  isUnknown: boolean;
  upperMs: number | null;
  agreedMs: number;
  oldestMs: number | null;
  line: LineBehind | null;
}

/** An item that the mirror lacks. It was released after `afterMs` and no later than `atMs`; `null`: not known. */
interface Lacked {
  readonly afterMs: number | null;
  readonly atMs: number | null;
}

/**
 * How far a mirror's last response is behind the origin. Without a recent response of the origin, a quorum of other
 * mirrors is used.
 * @returns the lag; `null` for the origin itself, and for a mirror without a response. Also `null` if neither the
 * origin nor two other mirrors have a recent response
 * @see docs/decisions/0017-lag-against-origin-or-quorum.md
 */
export function lagOf(subject: ContentSubject, registry: string, at: Standpoint, gaps?: Gaps): LagReading | null {
  const shelf = subject.shelves.get(registry);
  const origin = freshOriginOf(subject, at);
  const others = peersOf(subject, registry, at);
  if (shelf === undefined || shelf.looks === 0 || registry === at.origin) return null;
  if (origin === null && (others.length < 2 || at.count(others.map((one) => one.registry)) < 2)) return null;
  const ageMs = gaps?.releaseAgeMs ?? 0;
  const isLeftOut = gapFilterFor(gaps);
  const unseenMs = origin === null ? null : Math.max(0, shelf.toMs - origin.fromMs);
  const sum: Sum = { lowerMs: 0, isUnknown: false, upperMs: unseenMs, agreedMs: 0, oldestMs: null, line: null };
  const all = [registry, ...others.map((one) => one.registry)];
  const wanted = wantedOf(shelf, origin, others, (holders) => isQuorum(holders, all, at));
  const newestHeld = wanted?.findLastIndex(([version]) => isHeld(shelf, version)) ?? -1;
  const missing: string[] = [];
  for (const [i, [version, isPre, firstMs]] of (wanted ?? []).entries()) {
    if (isHeld(shelf, version) || isLeftOut(version, isPre)) continue;
    if (shelf.lost.has(version)) {
      // A version that the mirror had before counts as missing, but not as a lag: its absence is a step backwards.
      missing.push(version);
      continue;
    }
    const release = subject.releases.get(version);
    // An item that is younger than the mirror's configured delay does not count as missing.
    if (ageMs > 0 && shelf.fromMs - (release?.atMs ?? firstMs) < ageMs) continue;
    missing.push(version);
    lack(sum, shelf, release ?? { afterMs: null, atMs: null }, ageMs);
    if (release === undefined && i > newestHeld) sum.isUnknown = true;
  }
  for (const [key, state] of shelf.lines) {
    const isOut = (change: Change): boolean =>
      !isOrdered(key) && isLeftOut(String(change.value), origin?.versions?.pre.includes(String(change.value)) === true);
    const reached = Number(origin?.lines.get(key)?.best ?? Number.POSITIVE_INFINITY);
    for (const change of lackedOf(key, state, subject.lines.get(key) ?? [])) {
      // The origin itself went back behind this change.
      if (isOrdered(key) && Number(change.value) > reached) continue;
      if (isOut(change) || (ageMs > 0 && shelf.fromMs - (change.atMs ?? shelf.firstMs) < ageMs)) continue;
      lack(sum, shelf, change, ageMs);
      sum.line = { key, value: state.value, sinceMs: state.sinceMs, wants: change.value };
    }
  }
  const { isUnknown, ...bounds } = sum;
  return {
    ...bounds,
    lowerMs: isUnknown && sum.lowerMs === 0 ? null : sum.lowerMs,
    records: recordsOf(shelf, origin, others, (values) => quorumValueOf(values, all, at)),
    missing:
      wanted === null ? null : { count: missing.length, names: missing.slice(-limits.missingNamed).toReversed() },
    by: origin === null ? 'peers' : 'origin',
  };
}

function lack(sum: Sum, shelf: Shelf, { afterMs, atMs }: Lacked, ageMs: number): void {
  if (sum.upperMs !== null) sum.upperMs = afterMs === null ? null : Math.max(sum.upperMs, shelf.toMs - afterMs - ageMs);
  if (atMs === null) return;
  const lowerMs = Math.max(0, shelf.fromMs - atMs - ageMs);
  sum.lowerMs = Math.max(sum.lowerMs, lowerMs);
  if (shelf.previousFromMs === null || shelf.previousFromMs < atMs) return;
  sum.agreedMs = Math.max(sum.agreedMs, lowerMs);
  sum.oldestMs = Math.min(sum.oldestMs ?? Number.POSITIVE_INFINITY, atMs);
}

/**
 * True if the mirror lists the version. Also true if the mirror listed it before, and fewer than
 * `limits.contentReadings` responses in a row lack it, because backends may alternate.
 */
function isHeld(shelf: Shelf, version: string): boolean {
  const lost = shelf.lost.get(version);
  return shows(shelf, version) || (lost === undefined ? shelf.since.has(version) : lost.looks < limits.contentReadings);
}

type Wanted = readonly [version: string, isPre: boolean, firstMs: number];

/** The versions that the mirror should list; `null`: the responses list no versions. */
function wantedOf(
  shelf: Shelf,
  origin: Shelf | null,
  others: readonly Peer[],
  isEnough: (holders: readonly string[]) => boolean,
): readonly Wanted[] | null {
  const { versions } = shelf;
  if (versions === null) return null;
  const of = (one: Shelf, known: Versions): readonly Wanted[] => {
    const pre = new Set(known.pre);
    return selectComparable(known.newest, versions).map((version) => [version, pre.has(version), one.firstMs] as const);
  };
  if (origin !== null) return origin.versions === null ? null : of(origin, origin.versions);
  const all = others.flatMap(({ registry, shelf: other }) =>
    other.versions === null ? [] : of(other, other.versions).map((one) => [registry, one] as const),
  );
  const holders = [...Map.groupBy(all, ([, [version]]) => version).values()];
  return holders.flatMap((same) => {
    const [first] = same;
    return first !== undefined && isEnough(same.map(([registry]) => registry)) ? [first[1]] : [];
  });
}

/**
 * The changes of a tag, serial or date that a mirror lacks. If no recorded change has the mirror's value, this value
 * may be newer than the last change. Then only changes after the value was first seen count.
 */
function lackedOf(key: LineKey, state: LineState, changes: readonly Change[]): readonly Change[] {
  if (isOrdered(key)) return changes.filter(({ value }) => Number(value) > (state.best ?? Number(state.value)));
  const isKnown = changes.some(({ value }) => value === state.value);
  if (isKnown && state.best !== null) return changes.filter(({ seq }) => seq > (state.best ?? seq));
  return changes.filter(({ seq, afterMs }) => seq > (state.best ?? -1) && afterMs !== null && state.sinceMs <= afterMs);
}

/**
 * True if the mirror has, or once had, every release that is known. Releases that the mirror omits by design do not
 * count.
 */
export function hasAllReleased({ releases, lines }: ContentSubject, shelf: Shelf, gaps: Gaps | undefined): boolean {
  const isLeftOut = gapFilterFor(gaps);
  const isKnown = (version: string): boolean => isHeld(shelf, version) || shelf.lost.has(version);
  return (
    releases.entries().every(([version, { isPre }]) => isKnown(version) || isLeftOut(version, isPre)) &&
    shelf.lines.entries().every(([key, state]) => lackedOf(key, state, lines.get(key) ?? []).length === 0)
  );
}

function recordsOf(
  shelf: Shelf,
  origin: Shelf | null,
  others: readonly Peer[],
  reachedBy: (values: readonly PeerValue[]) => number | undefined,
): number | null {
  const serialOf = (one: Shelf): number | null => one.lines.get('serial')?.best ?? null;
  const own = serialOf(shelf);
  if (own === null) return null;
  const valuesOf = ({ registry, shelf: other }: Peer): readonly PeerValue[] => {
    const value = serialOf(other);
    return value === null ? [] : [{ registry, value }];
  };
  const reached = origin === null ? reachedBy(others.flatMap(valuesOf)) : serialOf(origin);
  return reached === undefined || reached === null ? null : Math.max(0, reached - own);
}

/**
 * Adds one response about the contents of a subject (a module at one step, or the whole mirror), in place.
 * @returns what the response changed; `null` for a response that started before the mirror's last recorded response
 */
export function updateSubject(subject: ContentSubject, reading: ContentReading, who: Who): ContentUpdate | null {
  const shelf = subject.shelves.get(who.registry) ?? new Shelf();
  if (shelf.looks > 0 && reading.fromMs < shelf.fromMs) return null;
  subject.shelves.set(who.registry, shelf);
  const update: ContentUpdate = { isChange: false, back: null, arrivals: [], followed: [] };
  const taking = { subject, shelf, reading, who, update };
  updateVersions(taking);
  updateLines(taking);
  if (shelf.looks === 0) shelf.firstMs = reading.toMs;
  shelf.previousFromMs = shelf.looks === 0 ? null : shelf.fromMs;
  shelf.looks += 1;
  shelf.fromMs = reading.fromMs;
  shelf.toMs = reading.toMs;
  shelf.calm += 1;
  if (update.back !== null) recordStepBack(shelf, update.back);
  else if (shelf.calm >= limits.calmReadings) shelf.backwards = 0;
  return update;
}

export function recordStepBack(shelf: Shelf, back: StepBack): void {
  shelf.backwards += 1;
  shelf.calm = 0;
  shelf.back = back;
}
