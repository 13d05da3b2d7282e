import { matchesParts } from '../../core/globs.ts';
import { limits } from '../../core/limits.ts';
import type { Gaps, Target } from '../../core/mirror.ts';
import type { Contents } from '../../core/transcript.ts';
import { type MirrorMemory, stateOf } from './mirror-memory.ts';

/**
 * One response about the contents of one subject (a module, one version of it, or the whole mirror). `fromMs` and
 * `toMs`: start and end of its probe, monotonic milliseconds.
 */
export interface ContentReading {
  readonly fromMs: number;
  readonly toMs: number;
  readonly contents: Contents;
}

export type Versions = NonNullable<Contents['versions']>;

/**
 * The versions of `all` that the response should list. A response that lists only the newest versions shows nothing
 * about older ones.
 * @param all  the newest last
 */
export function selectComparable(all: readonly string[], { count, newest }: Versions): readonly string[] {
  if (count <= newest.length) return all;
  const shown = new Set(newest);
  const floor = all.findIndex((version) => shown.has(version));
  return floor < 0 ? [] : all.slice(floor);
}

/** A mutable tag, or a value that only grows (serial, date). */
export type LineKey = `tag ${string}` | 'serial' | 'date';

export function* linesOf({ tags, serial, modifiedAtMs }: Contents): Generator<readonly [LineKey, string | number]> {
  for (const [name, value] of Object.entries(tags ?? {})) yield [`tag ${name}`, value];
  if (serial !== undefined) yield ['serial', serial];
  if (modifiedAtMs !== undefined) yield ['date', modifiedAtMs];
}

/** Returns a function that is true for versions that the mirror omits by design. */
export function gapFilterFor(gaps: Gaps | undefined): (version: string, isPre: boolean) => boolean {
  if (gaps === undefined) return () => false;
  return (version, isPre) =>
    (gaps.prereleases && isPre) || gaps.without.some((pattern) => matchesParts(pattern.split('*'), version));
}

/** A version released while the daemon ran. Times are monotonic milliseconds. */
export interface Release {
  /** Start of the last probe of the origin that did not show the version; `null`: none. */
  afterMs: number | null;
  /** The latest possible time of the release: the end of a response with the version. */
  atMs: number;
  /** When the origin first showed the version; `null`: not yet. */
  originMs: number | null;
  readonly isPre: boolean;
}

/**
 * A change of a tag, serial or date at the origin. Without a recent response of the origin: at several other mirrors.
 * Times are monotonic milliseconds; `null`: not known.
 */
export interface Change {
  readonly seq: number;
  readonly value: string | number;
  readonly afterMs: number | null;
  readonly atMs: number | null;
  readonly byOrigin: boolean;
}

export interface LineState {
  value: string | number;
  /** End of the first response with this value. */
  sinceMs: number;
  /**
   * The newest position that the mirror has reached: the largest serial or date, or the `seq` of a tag's change;
   * `null`: none.
   */
  best: number | null;
  /** The number of responses in a row whose value was behind `best`. */
  below: number;
}

/**
 * A version that was missing in the last `looks` responses. `isElsewhere`: the origin or another mirror still has it.
 */
export interface Lost {
  looks: number;
  isElsewhere: boolean;
}

/** A version that the origin no longer lists or serves, or that it marks as withdrawn. */
export interface Withdrawal {
  /** End of the first and of the last response of the origin that shows this, monotonic milliseconds. */
  readonly atMs: number;
  readonly toMs: number;
  /** True if the origin still lists the version, and marks it as withdrawn. */
  readonly isYanked: boolean;
  /** The mirrors that have listed or served it since then, and still do. */
  readonly holders: readonly string[];
}

/** True if a version is withdrawn: the origin's responses show it over an hour, without one that contradicts. */
export function isWithdrawnNow({ atMs, toMs }: Withdrawal): boolean {
  return toMs - atMs >= 3_600_000;
}

/**
 * Records that the origin's response shows a version as withdrawn. If there are too many, a version that the origin lacks
 * replaces the oldest yanked one, else the oldest. A yanked one replaces none: each response marks it again, so it would
 * replace the others before their hour is over.
 * @param atMs  the end of the response, monotonic milliseconds
 */
export function recordWithdrawal(subject: ContentSubject, version: string, atMs: number, isYanked: boolean): void {
  const { withdrawn } = subject;
  const known = withdrawn.get(version);
  if (known === undefined && withdrawn.size >= limits.releasesKept) {
    if (isYanked) return;
    const [oldest = ''] = withdrawn.keys();
    withdrawn.delete([...withdrawn].find(([, one]) => one.isYanked)?.[0] ?? oldest);
  }
  const next = { atMs, holders: [], ...known, toMs: atMs, isYanked };
  withdrawn.set(version, next);
  subject.isDirty ||= known === undefined || isWithdrawnNow(known) !== isWithdrawnNow(next);
}

/**
 * Records whether a mirror still has a withdrawn version.
 * @returns how long after the origin the mirror withdrew it, seconds; `null`: it did not withdraw it now
 */
export function recordHolder(
  subject: ContentSubject,
  version: string,
  { registry, has, atMs }: { readonly registry: string; readonly has: boolean; readonly atMs: number },
): number | null {
  const one = subject.withdrawn.get(version);
  if (one === undefined || one.holders.includes(registry) === has) return null;
  const others = one.holders.filter((name) => name !== registry);
  subject.withdrawn.set(version, { ...one, holders: has ? [...others, registry] : others });
  subject.isDirty = true;
  return !has && isWithdrawnNow(one) ? (atMs - one.atMs) / 1_000 : null;
}

/** Forgets the oldest entries of a map above `limits.releasesKept`. */
export function forgetOldest(map: Map<string, unknown>): void {
  for (const key of map.keys()) {
    if (map.size <= limits.releasesKept) return;
    map.delete(key);
  }
}

/**
 * A step backwards: a version that disappeared (`to` is `null`), or a tag, serial or date with an earlier value again.
 */
export interface StepBack {
  readonly what: LineKey | 'version';
  readonly from: string | number;
  readonly to: string | number | null;
  readonly atMs: number;
}

/**
 * The lag of a mirror at its last response about one subject (such as a module). Times are milliseconds; `null`:
 * unknown.
 */
export interface LagReading {
  readonly lowerMs: number | null;
  readonly upperMs: number | null;
  /** The lower bound of the lag, computed only from items that both of the last two responses lack. */
  readonly agreedMs: number;
  /**
   * The latest possible release time of the oldest item that the last two responses lack, monotonic milliseconds;
   * `null`: none.
   */
  readonly oldestMs: number | null;
  /** The serial number of the mirror is at least this much too low; `null`: unknown. */
  readonly records: number | null;
  /** The missing versions; `null`: the responses list no versions. */
  readonly missing: { readonly count: number; readonly names: readonly string[] } | null;
  readonly by: 'origin' | 'peers';
  readonly line: LineBehind | null;
}

/**
 * A mirror's tag, serial or date, shown since `sinceMs` (monotonic milliseconds), and a newer value that the mirror
 * lacks.
 */
export interface LineBehind {
  readonly key: LineKey;
  readonly value: string | number;
  readonly sinceMs: number;
  readonly wants: string | number;
}

/** The contents of one mirror's responses about a subject (such as a module). Times are monotonic milliseconds. */
export class Shelf {
  looks: number = 0;
  /** Start and end of the last response, and start of the response before. */
  fromMs: number = 0;
  toMs: number = 0;
  previousFromMs: number | null = null;
  /** End of the first response. */
  firstMs: number = 0;
  versions: Versions | null = null;
  /**
   * The versions that appeared after the first response. `afterMs`: the last response without the version; `atMs`: the
   * first response with it.
   */
  readonly since = new Map<string, { readonly afterMs: number; readonly atMs: number }>();
  readonly lost = new Map<string, Lost>();
  readonly lines = new Map<LineKey, LineState>();
  /** Number of steps backwards; 0 again after `limits.calmReadings` responses without one. */
  backwards: number = 0;
  /** Number of responses since the last step backwards. */
  calm: number = 0;
  back: StepBack | null = null;
  reading: LagReading | null = null;
}

/** The key of the subject of a target's responses. */
export function subjectKeyOf(target: Target): string {
  const { ecosystem, upstream, module, version, step } = target;
  return `${ecosystem}|${upstream}|${module ?? ''}|${version ?? ''}|${step}`;
}

/**
 * What the responses to one kind of request (`step`) are about: a module, one version (tag) of a module, or the whole
 * mirror.
 */
export class ContentSubject {
  /** The key, `ecosystem|upstream|module|version|step`. */
  readonly key: string;
  readonly module: string | null;
  readonly version: string | null;
  readonly step: string;
  readonly releases = new Map<string, Release>();
  /** The versions that the origin withdrew. */
  readonly withdrawn = new Map<string, Withdrawal>();
  readonly lines = new Map<LineKey, Change[]>();
  readonly shelves = new Map<string, Shelf>();
  isDirty: boolean = false;
  writtenAtMs: number | null = null;

  constructor(key: string, { module, version, step }: Pick<ContentSubject, 'module' | 'version' | 'step'>) {
    this.key = key;
    this.module = module;
    this.version = version;
    this.step = step;
  }
}

class MirrorContents {
  /**
   * By module and version (such as `latest`): the version that it resolved to last (`now`), and earlier ones (`left`).
   */
  readonly resolved = new Map<string, { readonly now: string; readonly left: readonly string[] }>();
  readonly steppedBack = new Map<string | null, Shelf>();
  /** How long the last releases took from the origin to this mirror, milliseconds, newest last. */
  propagations: readonly number[] = [];
}

export function contentsOf(mirror: MirrorMemory): MirrorContents {
  return stateOf({ name: 'contents', none: () => new MirrorContents() }, mirror);
}

export interface ContentComparison {
  readonly subject: ContentSubject;
  readonly shelf: Shelf;
  readonly probeId: string;
}

export interface Standpoint {
  readonly origin: string | null;
  /** Responses older than this are outdated, milliseconds. */
  readonly freshMs: number;
  readonly nowMs: number;
  /** The wall clock minus the monotonic one, milliseconds. */
  readonly wallAheadMs: number;
  /** The number of independent ones among these mirrors. */
  readonly count: (registries: Iterable<string>) => number;
}

/** A mirror with a recent response about a subject. */
export interface Peer {
  readonly registry: string;
  readonly shelf: Shelf;
}

function isFresh(shelf: Shelf | undefined, { nowMs, freshMs }: Standpoint): shelf is Shelf {
  return shelf !== undefined && shelf.looks > 0 && nowMs - shelf.toMs <= freshMs;
}

/** The origin's state, if its last response is recent; else `null`. */
export function freshOriginOf(subject: ContentSubject, at: Standpoint): Shelf | null {
  const shelf = at.origin === null ? undefined : subject.shelves.get(at.origin);
  return isFresh(shelf, at) ? shelf : null;
}

/** The mirrors with a recent response, except `registry` and the origin. */
export function peersOf(subject: ContentSubject, registry: string | null, at: Standpoint): readonly Peer[] {
  return [...subject.shelves].flatMap(([name, shelf]) =>
    name !== registry && name !== at.origin && isFresh(shelf, at) ? [{ registry: name, shelf }] : [],
  );
}

/**
 * True for at least two independent mirrors, and more than half of all.
 * @param all  the mirrors with a response to compare, with the mirror that is judged
 */
export function isQuorum(
  holders: readonly string[],
  all: readonly string[],
  { count }: Pick<Standpoint, 'count'>,
): boolean {
  const holding = holders.length < 2 ? 0 : count(holders);
  return holding >= 2 && 2 * holding > count(all);
}

export function shows(shelf: Shelf, version: string): boolean {
  return shelf.versions?.newest.includes(version) === true;
}
