import { limits } from '../../core/limits.ts';
import type { Target } from '../../core/mirror.ts';
import type { Row } from '../../core/ports.ts';
import type { Sample } from '../../core/sample.ts';
import { placeCounterOf } from '../confirm/vantage.ts';
import { witnessPlaceOf } from '../confirm/witness.ts';
import { isNumber } from '../memory/lookups.ts';
import type { Memory } from '../memory/memory.ts';
import { type MirrorMemory, mirrorsOf } from '../memory/mirror-memory.ts';
import type { RuleView } from '../memory/rule.ts';
import {
  type ContentComparison,
  ContentSubject,
  gapFilterFor,
  type Standpoint,
  type StepBack,
} from '../memory/subject.ts';
import { lagOf, recordStepBack, updateSubject } from './lag.ts';
import { contentsOf, freshMsOf, originOf, subjectsOf } from './readings.ts';
import { readSubject, subjectRowOf } from './rows.ts';
import type { Arrival } from './versions.ts';

/**
 * The minimum interval between two writes of a subject's row, milliseconds: `writeChangesMs` if its contents changed,
 * else `writeStillMs`. A subject is what responses are about, such as a module.
 */
const writeChangesMs = 60_000;
const writeStillMs = 30 * 60_000;
const rowsPerTurn = 50;

/** The key of a subject's row in table `detector`. An empty `subject` gives the prefix of all such keys. */
const rowKeyOf = (subject: string): string => `contents|${subject}`;

function keyOf(target: Target): string {
  const { ecosystem, upstream, module, version, step } = target;
  return `${ecosystem}|${upstream}|${module ?? ''}|${version ?? ''}|${step}`;
}

interface Taken {
  /** The contents to compare, and what the response is about (its subject). `null`: the response has no contents. */
  readonly comparison: ContentComparison | null;
  /**
   * True if the contents went backwards (to an earlier state), and no response to another kind of request has shown
   * this regression before.
   */
  readonly isRegression: boolean;
  readonly arrivals: readonly (readonly [mirror: MirrorMemory, seconds: number])[];
}

const nothing: Taken = { comparison: null, isRegression: false, arrivals: [] };

/**
 * Records the contents of a response in `memory.subjects`, even if its probe failed.
 * @returns the contents to compare, whether they went backwards (to an earlier state), and the releases that reached a
 * mirror
 */
export function receiveContents(memory: RuleView, mirror: MirrorMemory, sample: Sample): Taken {
  const { facts, outcome, due } = sample;
  if (outcome.tag === 'unknown') return nothing;
  if (facts.contents === undefined) return { ...nothing, comparison: takeResolved(memory, mirror, sample) };
  const { name } = mirror.mirror;
  const { target } = due;
  const key = keyOf(target);
  const subject = memory.subjects.get(key) ?? new ContentSubject(key, target);
  memory.subjects.set(key, subject);
  const at = standpointOf(memory, mirror, sample);
  const reading = { fromMs: sample.startedMonotonicMs, toMs: sample.endedMonotonicMs, contents: facts.contents };
  const isLeftOut = gapFilterFor(mirror.mirror.gaps);
  const update = updateSubject(subject, reading, { ...at, registry: name, leavesOut: isLeftOut });
  if (update === null) return nothing;
  subject.isDirty = subject.isDirty || update.isChange;
  const isRegression = update.back !== null && !isReportedBefore(memory, mirror, subject, update.back);
  const arrivals = update.arrivals.flatMap((arrival) => arrived(memory, subject, arrival, at.freshMs));
  return { comparison: compared(mirror, subject, at, due.probeId), isRegression, arrivals };
}

function standpointOf(memory: RuleView, mirror: MirrorMemory, { due, endedMonotonicMs }: Sample): Standpoint {
  const { wallMs, monotonicMs } = memory.now;
  return {
    origin: originOf(memory, mirror),
    freshMs: freshMsOf(memory, due.target),
    nowMs: endedMonotonicMs,
    wallAheadMs: wallMs - monotonicMs,
    count: placeCounterOf(() => [...mirrorsOf(memory, mirror.roundKey)].map(witnessPlaceOf)),
  };
}

/**
 * Records the version that a reference such as `latest` resolved to. A return to an earlier version counts as a step
 * backwards, because it shows that backends alternate.
 * @returns the contents to compare if there was such a step and the module's contents at this mirror are known, else
 * `null`
 */
function takeResolved(memory: RuleView, mirror: MirrorMemory, sample: Sample): ContentComparison | null {
  const { due, facts, endedMonotonicMs: atMs } = sample;
  const { module, version } = due.target;
  const { resolvedVersion: to } = facts;
  if (module === null || version === null || to === undefined || mirror.mirror.role === 'origin') return null;
  const key = `${module}@${version}`;
  const { resolved } = contentsOf(mirror);
  const known = resolved.get(key) ?? { now: to, left: [] };
  if (known.now === to) {
    resolved.set(key, known);
    return null;
  }
  const isBack = known.left.includes(to);
  const left = isBack ? [] : [...known.left, known.now].slice(-limits.resolvedLeft);
  resolved.set(key, { now: to, left });
  if (!isBack) return null;
  const subjects = [...subjectsOf(memory, mirror)].filter((one) => one.module === module);
  for (const subject of subjects) {
    const shelf = subject.shelves.get(mirror.mirror.name);
    if (shelf === undefined) continue;
    const [newer, older] = isOlder(subjects, known.now, to) ? [to, known.now] : [known.now, to];
    recordStepBack(shelf, { what: `tag ${version}`, from: newer, to: older, atMs });
    return compared(mirror, subject, standpointOf(memory, mirror, sample), due.probeId);
  }
  return null;
}

function isOlder(subjects: readonly ContentSubject[], one: string, other: string): boolean {
  const shelves = subjects.flatMap((subject) => [...subject.shelves.values()]);
  return shelves.some(({ versions }) => {
    const at = versions?.newest.indexOf(one) ?? -1;
    return at >= 0 && at < (versions?.newest.indexOf(other) ?? -1);
  });
}

/** True if a response to another kind of request about the module has shown this regression. */
function isReportedBefore(
  memory: RuleView,
  mirror: MirrorMemory,
  subject: ContentSubject,
  { what, from, to }: StepBack,
): boolean {
  for (const other of subjectsOf(memory, mirror)) {
    const shelf =
      other === subject || other.module !== subject.module ? undefined : other.shelves.get(mirror.mirror.name);
    if (shelf?.back?.what !== what || shelf.back.to !== to) continue;
    if (what === 'version' ? shelf.lost.has(String(from)) : shelf.lines.get(what)?.value === to) return true;
  }
  return false;
}

function compared(mirror: MirrorMemory, subject: ContentSubject, at: Standpoint, probeId: string) {
  const { name, gaps } = mirror.mirror;
  const shelf = subject.shelves.get(name);
  if (shelf === undefined) return null;
  if (shelf.backwards > 0) contentsOf(mirror).steppedBack.set(subject.module, shelf);
  shelf.reading = lagOf(subject, name, at, gaps);
  return { subject, shelf, probeId };
}

function arrived(memory: RuleView, subject: ContentSubject, arrival: Arrival, freshMs: number): Taken['arrivals'] {
  const mirror = memory.mirrors.get(arrival.registry);
  const ms = propagationMs(arrival, freshMs);
  if (mirror === undefined || ms === null || isReportedElsewhere(memory, mirror, subject)) return [];
  const contents = contentsOf(mirror);
  contents.propagations = [...contents.propagations, ms].slice(-limits.propagationsKept);
  return [[mirror, ms / 1_000]];
}

/**
 * True if the releases of the module at this mirror are already counted for another kind of request, so that each
 * release counts once.
 */
function isReportedElsewhere(memory: RuleView, mirror: MirrorMemory, subject: ContentSubject): boolean {
  const { name } = mirror.mirror;
  const first = subjectsOf(memory, mirror).find(
    ({ module, shelves }) => module === subject.module && shelves.get(name)?.versions != null,
  );
  return first !== undefined && first !== subject;
}

export function restorePropagations(mirror: MirrorMemory, stored: unknown): void {
  contentsOf(mirror).propagations = Array.isArray(stored) ? stored.filter(isNumber) : [];
}

/** Deletes what is known about the contents of a mirror, because the mirror was removed or replaced. */
export function removeContents({ subjects }: Memory, registry: string): void {
  for (const { shelves } of subjects.values()) shelves.delete(registry);
}

/**
 * Deletes contents of modules and mirrors that are no longer probed. Also deletes, for all mirrors, which modules went
 * backwards, and the versions that references such as `latest` resolved to.
 */
export function pruneContents(memory: Memory): void {
  for (const mirror of memory.mirrors.values()) {
    const contents = contentsOf(mirror);
    contents.resolved.clear();
    contents.steppedBack.clear();
  }
  if (memory.subjects.size === 0) return;
  const targets = targetsOf(memory);
  for (const [key, subject] of memory.subjects) {
    for (const name of subject.shelves.keys()) if (targets.get(key)?.has(name) !== true) subject.shelves.delete(name);
    if (subject.shelves.size > 0) continue;
    memory.subjects.delete(key);
    memory.turn.deletes.push({ table: 'detector', key: rowKeyOf(key) });
  }
}

export function writeContents(memory: Memory, everything: boolean): void {
  const { now } = memory;
  let left = everything ? Number.POSITIVE_INFINITY : rowsPerTurn;
  for (const subject of memory.subjects.values()) {
    if (left <= 0) return;
    const restMs = subject.isDirty ? writeChangesMs : writeStillMs;
    if (!everything && subject.writtenAtMs !== null && now.monotonicMs - subject.writtenAtMs < restMs) continue;
    subject.isDirty = false;
    subject.writtenAtMs = now.monotonicMs;
    left -= 1;
    const urlOf = (name: string): string => memory.mirrors.get(name)?.mirror.url ?? '';
    const value = subjectRowOf(subject, urlOf, now.wallMs - now.monotonicMs);
    memory.turn.rows.push({ table: 'detector', key: rowKeyOf(subject.key), atMs: now.wallMs, value });
  }
}

export function restoreContents(memory: Memory, rows: readonly Row[]): void {
  const own = rows.filter(({ table, key }) => table === 'detector' && key.startsWith(rowKeyOf('')));
  if (own.length === 0) return;
  const targets = targetsOf(memory);
  for (const row of own) restoreSubject(memory, row, targets);
}

function restoreSubject(memory: Memory, row: Row, targets: ReadonlyMap<string, ReadonlySet<string>>): void {
  const key = row.key.slice(rowKeyOf('').length);
  const subject = readSubject(
    key,
    row.value,
    memory.now,
    (name, url) => targets.get(key)?.has(name) === true && memory.mirrors.get(name)?.mirror.url === url,
  );
  if (subject === null || subject.shelves.size === 0) {
    memory.turn.deletes.push({ table: 'detector', key: row.key });
    return;
  }
  memory.subjects.set(key, subject);
}

function targetsOf(memory: Memory): ReadonlyMap<string, ReadonlySet<string>> {
  const targets = new Map<string, Set<string>>();
  for (const target of memory.targets.values()) {
    const key = keyOf(target);
    targets.set(key, (targets.get(key) ?? new Set()).add(target.registry));
  }
  return targets;
}

/**
 * The time from the origin's first response with a release to the mirror's first response with it, milliseconds; 0 if
 * the mirror was first.
 * @returns the time; `null` if the mirror was not probed for longer than `gapMsMax` before its first response with the
 * release
 */
function propagationMs({ afterMs, atMs, originMs }: Arrival, gapMsMax: number): number | null {
  if (atMs - afterMs > gapMsMax) return null;
  return Math.max(0, atMs - originMs);
}
