import { limits } from '../core/limits.ts';
import type { Row } from '../core/ports.ts';
import type { Sample } from '../core/sample.ts';
import type { Target } from '../core/target.ts';
import { hear, stepBack } from './contents/hear.ts';
import { readSubject, subjectRow } from './contents/rows.ts';
import { newSubject, type Standpoint, type StepBack, type Subject } from './contents/subject.ts';
import type { Arrival } from './contents/versions.ts';
import { apply } from './engine/say.ts';
import { freshMsOf } from './lags.ts';
import { openFinding, roundKeyOf } from './lookups.ts';
import type { Memory } from './memory.ts';
import type { MirrorMemory } from './mirror-memory.ts';
import { isBehind, lagSays, standsStill } from './rules/behind.ts';
import { leavesOut } from './rules/gaps.ts';
import { lagOf } from './rules/lag.ts';
import { propagationMs } from './rules/propagation.ts';
import { backwardsOf } from './rules/regression.ts';

/** A subject with news is written after a minute, one that stood still now and then, so that a restart knows when it was seen. */
const writeNewsMs = 60_000;
const writeStillMs = 30 * 60_000;
const rowsPerTurn = 50;

/** Beginning of the keys of table `detector`. */
const rowKeyOf = (subject: string): string => `contents|${subject}`;

function keyOf(target: Target): string {
  const { ecosystem, upstream, module, version, step } = target;
  return `${ecosystem}|${upstream}|${module ?? ''}|${version ?? ''}|${step}`;
}

function originOf(memory: Memory, { mirror }: MirrorMemory): string | null {
  const key = roundKeyOf(mirror);
  for (const other of memory.config.mirrors)
    if (other.role === 'origin' && roundKeyOf(other) === key) return other.name;
  return null;
}

/** Takes in what an answer said that there is, were it a failed one (a version is missing), and says what follows for its mirror. */
export function judgeContents(memory: Memory, mirror: MirrorMemory, sample: Sample): void {
  const { facts, outcome, due } = sample;
  if (outcome.tag === 'unknown') return;
  if (facts.contents === undefined) {
    judgeResolved(memory, mirror, sample);
    return;
  }
  const { name } = mirror.mirror;
  const { target } = due;
  const key = keyOf(target);
  const subject = memory.subjects.get(key) ?? newSubject(key, target);
  memory.subjects.set(key, subject);
  const at = standpointOf(memory, mirror, sample);
  const look = { fromMs: sample.startedMonotonicMs, toMs: sample.endedMonotonicMs, contents: facts.contents };
  const isLeftOut = leavesOut(mirror.mirror.gaps);
  const news = hear(subject, look, { ...at, registry: name, leavesOut: isLeftOut });
  if (news === null) return;
  subject.isDirty = subject.isDirty || news.isNews;
  if (news.back !== null && !isToldBefore(memory, mirror, subject, news.back)) memory.turn.regressions.push(name);
  for (const arrival of news.arrivals) arrived(memory, subject, arrival, at.freshMs);
  judgeLag(memory, mirror, { subject, at, probeId: due.probeId });
}

function standpointOf(memory: Memory, mirror: MirrorMemory, { due, endedMonotonicMs }: Sample): Standpoint {
  return { origin: originOf(memory, mirror), freshMs: freshMsOf(memory, due.target), nowMs: endedMonotonicMs };
}

/**
 * What a probe of `latest` found it to stand for, asked aside: where that comes back to what it had left, backends take
 * turns, and it is a step of their story. No metric counts it: the answers that are compared do.
 */
function judgeResolved(memory: Memory, mirror: MirrorMemory, sample: Sample): void {
  const { due, facts, endedMonotonicMs: atMs } = sample;
  const { module, version } = due.target;
  const { resolvedVersion: to } = facts;
  if (module === null || version === null || to === undefined || mirror.mirror.role === 'origin') return;
  const key = `${module}@${version}`;
  const known = mirror.resolved.get(key) ?? { now: to, left: [] };
  if (known.now === to) {
    mirror.resolved.set(key, known);
    return;
  }
  const isBack = known.left.includes(to);
  const left = isBack ? [] : [...known.left, known.now].slice(-limits.resolvedLeft);
  mirror.resolved.set(key, { now: to, left });
  if (!isBack) return;
  const subjects = [...subjectsOf(memory, mirror)].filter((one) => one.module === module);
  for (const subject of subjects) {
    const shelf = subject.shelves.get(mirror.mirror.name);
    if (shelf === undefined) continue;
    const [newer, older] = isOlder(subjects, known.now, to) ? [to, known.now] : [known.now, to];
    stepBack(shelf, { what: `tag ${version}`, from: newer, to: older, atMs });
    judgeLag(memory, mirror, { subject, at: standpointOf(memory, mirror, sample), probeId: due.probeId });
    return;
  }
}

/** True where somebody's list names one version before another. */
function isOlder(subjects: readonly Subject[], one: string, other: string): boolean {
  const shelves = subjects.flatMap((subject) => [...subject.shelves.values()]);
  return shelves.some(({ versions }) => {
    const at = versions?.newest.indexOf(one) ?? -1;
    return at >= 0 && at < (versions?.newest.indexOf(other) ?? -1);
  });
}

/** The same step back is told by each step that names versions or tags of a module: the first counts. */
function isToldBefore(memory: Memory, mirror: MirrorMemory, subject: Subject, { what, from, to }: StepBack): boolean {
  for (const other of subjectsOf(memory, mirror)) {
    const shelf =
      other === subject || other.module !== subject.module ? undefined : other.shelves.get(mirror.mirror.name);
    if (shelf?.back?.what !== what || shelf.back.to !== to) continue;
    if (what === 'version' ? shelf.lost.has(String(from)) : shelf.lines.get(what)?.value === to) return true;
  }
  return false;
}

function judgeLag(
  memory: Memory,
  mirror: MirrorMemory,
  { subject, at, probeId }: { readonly subject: Subject; readonly at: Standpoint; readonly probeId: string },
): void {
  const { name, gaps } = mirror.mirror;
  const shelf = subject.shelves.get(name);
  if (shelf === undefined) return;
  if (shelf.backwards > 0) mirror.steppedBack.set(subject.module, shelf);
  shelf.reading = lagOf(subject, name, at, gaps);
  const { module, version, step } = subject;
  const before = mirror.lagging.get(subject.key);
  // While nobody can be compared with, what was said stands.
  const reading = shelf.reading ?? before?.reading ?? null;
  const { looks, back } = shelf;
  const trouble = { module, version, step, reading, backwards: backwardsOf(shelf), back, looks, probeId };
  if (trouble.backwards !== null || isBehind(trouble, memory.config.detect.lagLimitMs))
    mirror.lagging.set(subject.key, trouble);
  else if (!mirror.lagging.delete(subject.key)) return;
  refreshLag(memory, mirror);
}

/** Opens, changes or closes the finding about a mirror's contents after what its subjects are in now. */
function refreshLag(memory: Memory, mirror: MirrorMemory): void {
  const { name } = mirror.mirror;
  const limitMs = memory.config.detect.lagLimitMs;
  const troubles = [...mirror.lagging.values()];
  const late = troubles.filter((one) => isBehind(one, limitMs));
  const oldestMs = Math.min(...late.map(({ reading }) => reading?.oldestMs ?? Number.POSITIVE_INFINITY));
  const context = {
    limitMs,
    origin: originOf(memory, mirror),
    standsStill: late.length > 1 && standsStill(subjectsOf(memory, mirror), name, oldestMs),
    known: openFinding(memory, 'lag', name)?.cause ?? null,
    wallAheadMs: memory.now.wallMs - memory.now.monotonicMs,
  };
  apply(memory, 'lag', mirror, lagSays(name, troubles, context));
}

function* subjectsOf(memory: Memory, { mirror }: MirrorMemory): Iterable<Subject> {
  for (const [key, subject] of memory.subjects) if (key.startsWith(`${roundKeyOf(mirror)}|`)) yield subject;
}

function arrived(memory: Memory, subject: Subject, arrival: Arrival, freshMs: number): void {
  const mirror = memory.mirrors.get(arrival.registry);
  const ms = propagationMs(arrival, freshMs);
  if (mirror === undefined || ms === null || isToldElsewhere(memory, mirror, subject)) return;
  mirror.propagations = [...mirror.propagations, ms].slice(-limits.propagationsKept);
  mirror.isDirty = true;
  memory.turn.propagations.push({ registry: arrival.registry, seconds: ms / 1_000 });
}

/**
 * The same release is told more than once where a module is asked at several versions, and by a tag that is asked apart
 * from its versions: the first of its lists counts.
 */
function isToldElsewhere(memory: Memory, mirror: MirrorMemory, subject: Subject): boolean {
  for (const other of subjectsOf(memory, mirror)) {
    if (other.module !== subject.module || other.shelves.get(mirror.mirror.name)?.versions == null) continue;
    return other !== subject;
  }
  return false;
}

/** Forgets what is not asked any more. */
export function adoptContents(memory: Memory): void {
  for (const { resolved, steppedBack } of memory.mirrors.values()) {
    resolved.clear();
    steppedBack.clear();
  }
  if (memory.subjects.size === 0) return;
  const asked = askedOf(memory);
  for (const [key, subject] of memory.subjects) {
    for (const name of subject.shelves.keys()) {
      if (asked.get(key)?.has(name) === true) continue;
      subject.shelves.delete(name);
      const mirror = memory.mirrors.get(name);
      if (mirror?.lagging.delete(key) === true) refreshLag(memory, mirror);
    }
    if (subject.shelves.size > 0) continue;
    memory.subjects.delete(key);
    memory.turn.deletes.push({ table: 'detector', key: rowKeyOf(key) });
  }
}

/** Adds the rows that are due, or all of them at a shutdown. */
export function writeContents(memory: Memory, everything: boolean): void {
  const { now } = memory;
  let left = everything ? Number.POSITIVE_INFINITY : rowsPerTurn;
  for (const subject of memory.subjects.values()) {
    if (left <= 0) return;
    const restMs = subject.isDirty ? writeNewsMs : writeStillMs;
    if (!everything && subject.writtenAtMs !== null && now.monotonicMs - subject.writtenAtMs < restMs) continue;
    subject.isDirty = false;
    subject.writtenAtMs = now.monotonicMs;
    left -= 1;
    const urlOf = (name: string): string => memory.mirrors.get(name)?.mirror.url ?? '';
    const value = subjectRow(subject, urlOf, now.wallMs - now.monotonicMs);
    memory.turn.rows.push({ table: 'detector', key: rowKeyOf(subject.key), atMs: now.wallMs, value });
  }
}

/** Takes up what the last process knew of contents; rows of what is not asked any more are deleted. */
export function restoreContents(memory: Memory, rows: readonly Row[]): void {
  const own = rows.filter(({ table, key }) => table === 'detector' && key.startsWith(rowKeyOf('')));
  if (own.length === 0) return;
  const asked = askedOf(memory);
  for (const row of own) restoreSubject(memory, row, asked);
}

function restoreSubject(memory: Memory, row: Row, asked: ReadonlyMap<string, ReadonlySet<string>>): void {
  const key = row.key.slice(rowKeyOf('').length);
  const { wallMs, monotonicMs } = memory.now;
  const subject = readSubject(
    key,
    row.value,
    wallMs - monotonicMs,
    (name, url) => asked.get(key)?.has(name) === true && memory.mirrors.get(name)?.mirror.url === url,
  );
  if (subject === null || subject.shelves.size === 0) {
    memory.turn.deletes.push({ table: 'detector', key: row.key });
    return;
  }
  memory.subjects.set(key, subject);
  const { module, version, step } = subject;
  for (const [name, shelf] of subject.shelves) {
    const { reading, looks, back } = shelf;
    const trouble = { module, version, step, reading, backwards: backwardsOf(shelf), back, looks, probeId: null };
    if (trouble.backwards !== null || isBehind(trouble, memory.config.detect.lagLimitMs))
      memory.mirrors.get(name)?.lagging.set(key, trouble);
  }
}

/** Who is asked about each subject. */
function askedOf(memory: Memory): ReadonlyMap<string, ReadonlySet<string>> {
  const asked = new Map<string, Set<string>>();
  for (const target of memory.targets.values()) {
    const key = keyOf(target);
    asked.set(key, (asked.get(key) ?? new Set()).add(target.registry));
  }
  return asked;
}
