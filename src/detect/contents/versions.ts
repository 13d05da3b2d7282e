import { limits } from '../../core/limits.ts';
import {
  type ContentReading,
  type ContentSubject,
  forgetOldest,
  freshOriginOf,
  isQuorum,
  type Peer,
  peersOf,
  type Release,
  recordHolder,
  recordWithdrawal,
  type Shelf,
  type Standpoint,
  type StepBack,
  selectComparable,
  shows,
  type Versions,
} from '../memory/subject.ts';

/**
 * A release that reached a mirror between two responses. `afterMs`: the mirror's last response without the release.
 * `atMs`: its first response with it. `originMs`: the origin's first response with it. All times are monotonic
 * milliseconds.
 */
export interface Arrival {
  readonly registry: string;
  readonly afterMs: number;
  readonly atMs: number;
  readonly originMs: number;
}

export interface ContentUpdate {
  isChange: boolean;
  back: StepBack | null;
  readonly arrivals: Arrival[];
  /** How long after the origin the mirror withdrew versions, seconds. */
  readonly followed: number[];
}

export interface Who extends Standpoint {
  readonly registry: string;
  readonly leavesOut: (version: string, isPre: boolean) => boolean;
}

export interface Taking {
  readonly subject: ContentSubject;
  readonly shelf: Shelf;
  readonly reading: ContentReading;
  readonly who: Who;
  readonly update: ContentUpdate;
}

export function updateVersions(taking: Taking): void {
  const { subject, shelf, reading, who, update } = taking;
  const { versions } = reading.contents;
  if (versions === undefined) return;
  const before = shelf.versions;
  const next = before !== null && isSame(before, versions) ? before : shared(subject, versions);
  shelf.versions = next;
  updateWithdrawn(taking, before, next);
  if (before === null) {
    update.isChange = true;
    return;
  }
  if (before === next && shelf.lost.size === 0) return;
  const appeared = cameIn(shelf, before, next);
  missed(taking, before, next);
  if (before !== next) update.isChange = true;
  const isOrigin = who.registry === who.origin;
  for (const version of appeared) {
    shelf.since.set(version, { afterMs: shelf.fromMs, atMs: reading.toMs });
    const isPre = next.pre.includes(version);
    if (isOrigin) releasedAtOrigin(taking, version, isPre);
    else if (freshOriginOf(subject, who) === null) releasedByPeers(taking, version, isPre);
    const originMs = subject.releases.get(version)?.originMs ?? null;
    if (!isOrigin && originMs !== null)
      update.arrivals.push({ registry: who.registry, afterMs: shelf.fromMs, atMs: reading.toMs, originMs });
  }
  forgetOldest(shelf.since);
  forgetOldest(subject.releases);
}

/**
 * Updates which versions the origin lists no longer or marks as withdrawn, and which mirrors still list them. Only the
 * origin withdraws a version, never a majority of mirrors.
 */
function updateWithdrawn({ subject, reading, who, update }: Taking, before: Versions | null, next: Versions): void {
  const { withdrawn } = subject;
  const yanked = new Set(next.yanked);
  const shown = new Set(next.newest);
  const { registry } = who;
  const atMs = reading.toMs;
  if (registry === who.origin) {
    // What another origin withdrew does not count.
    if (before === null) withdrawn.clear();
    const lost = before === null || before === next ? [] : selectComparable(before.newest, next);
    for (const version of new Set([...withdrawn.keys(), ...lost, ...yanked]))
      if (shown.has(version) && !yanked.has(version)) withdrawn.delete(version);
      else recordWithdrawal(subject, version, atMs, yanked.has(version));
    return;
  }
  for (const [version, { isYanked }] of withdrawn) {
    if (selectComparable([version], next).length === 0) continue;
    const has = shown.has(version) && !(isYanked && yanked.has(version));
    const seconds = recordHolder(subject, version, { registry, has, atMs });
    if (seconds !== null) update.followed.push(seconds);
  }
}

function isSame(a: Versions, b: Versions): boolean {
  const areSame = (one: readonly string[] = [], other: readonly string[] = []): boolean =>
    one.length === other.length && one.every((version, i) => version === other[i]);
  return a.count === b.count && areSame(a.newest, b.newest) && areSame(a.yanked, b.yanked);
}

/**
 * Returns the equal versions of another mirror if there are any, else `versions`. Mirrors mostly have the same
 * versions, so they share one copy in memory.
 */
function shared(subject: ContentSubject, versions: Versions): Versions {
  for (const { versions: known } of subject.shelves.values()) {
    if (known !== null && isSame(known, versions)) return known;
  }
  return versions;
}

function cameIn(shelf: Shelf, before: Versions, next: Versions): readonly string[] {
  if (before === next) return [];
  const had = new Set(before.newest);
  return selectComparable(next.newest, before).filter(
    (version) => !had.has(version) && !shelf.lost.has(version) && !shelf.since.has(version),
  );
}

/**
 * Counts the responses that lack a version which the mirror listed before. The absence is a step backwards if the
 * version still exists elsewhere (`isElsewhere`).
 */
function missed({ subject, shelf, reading, who, update }: Taking, before: Versions, next: Versions): void {
  const shown = new Set(next.newest);
  for (const [version, lost] of shelf.lost) {
    if (shown.has(version)) {
      shelf.lost.delete(version);
      // Beside no other mirror, only its return shows that the version was not withdrawn.
      if (isAlone(subject, who)) update.back = { what: 'version', from: version, to: null, atMs: reading.toMs };
      continue;
    }
    lost.looks += 1;
    lost.isElsewhere = isElsewhere(subject, version, who);
    if (lost.isElsewhere || lost.looks < limits.contentReadings) continue;
    shelf.lost.delete(version);
    shelf.since.delete(version);
    if (who.registry === who.origin) subject.releases.delete(version);
  }
  if (before === next) return;
  for (const version of selectComparable(before.newest, next)) {
    if (shown.has(version) || shelf.lost.has(version)) continue;
    if (who.leavesOut(version, before.pre.includes(version))) continue;
    const elsewhere = isElsewhere(subject, version, who);
    shelf.lost.set(version, { looks: 1, isElsewhere: elsewhere });
    if (elsewhere) update.back = { what: 'version', from: version, to: null, atMs: reading.toMs };
  }
}

function isAlone(subject: ContentSubject, who: Who): boolean {
  const { registry, origin } = who;
  return registry !== origin && freshOriginOf(subject, who) === null && peersOf(subject, registry, who).length === 0;
}

/**
 * True if the origin still has a version that this mirror lost. Without a recent response of the origin: true if
 * another mirror has the version. Always false for the origin itself.
 */
function isElsewhere(subject: ContentSubject, version: string, who: Who): boolean {
  if (who.registry === who.origin) return false;
  const origin = freshOriginOf(subject, who);
  if (origin !== null) return shows(origin, version);
  return peersOf(subject, who.registry, who).some(({ shelf }) => shows(shelf, version));
}

function releasedAtOrigin({ subject, shelf, reading, update }: Taking, version: string, isPre: boolean): void {
  release(subject, version, { afterMs: shelf.fromMs, atMs: reading.toMs, originMs: reading.toMs, isPre });
  // Other mirrors may have shown the version before this probe of the origin. Their arrivals are recorded now.
  for (const [registry, other] of subject.shelves) {
    const since = other === shelf ? undefined : other.since.get(version);
    if (since !== undefined) update.arrivals.push({ registry, ...since, originMs: reading.toMs });
  }
}

function releasedByPeers({ subject, reading, who }: Taking, version: string, isPre: boolean): void {
  const others = peersOf(subject, who.registry, who);
  const holders = others.filter(({ shelf }) => shows(shelf, version));
  const namesOf = (peers: readonly Peer[]): readonly string[] => [
    who.registry,
    ...peers.map(({ registry }) => registry),
  ];
  if (!isQuorum(namesOf(holders), namesOf(others), who)) return;
  const seen = holders.flatMap(({ shelf }) => shelf.since.get(version)?.atMs ?? []);
  const origin = who.origin === null ? undefined : subject.shelves.get(who.origin);
  const lacked = origin?.versions != null && !shows(origin, version) && !origin.since.has(version);
  const afterMs = lacked ? (origin?.fromMs ?? null) : null;
  release(subject, version, { afterMs, atMs: Math.min(reading.toMs, ...seen), originMs: null, isPre });
}

function release(subject: ContentSubject, version: string, found: Release): void {
  const known = subject.releases.get(version);
  if (known === undefined) {
    subject.releases.set(version, found);
    return;
  }
  known.afterMs = Math.max(known.afterMs ?? Number.NEGATIVE_INFINITY, found.afterMs ?? Number.NEGATIVE_INFINITY);
  if (known.afterMs === Number.NEGATIVE_INFINITY) known.afterMs = null;
  known.atMs = Math.min(known.atMs, found.atMs);
  known.originMs ??= found.originMs;
}
