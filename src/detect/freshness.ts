import { limits } from '../core/limits.ts';
import { everyMs, paceOf } from '../core/pace.ts';
import type { Row } from '../core/ports.ts';
import { quantile } from '../core/quantile.ts';
import type { Sample } from '../core/sample.ts';
import type { Freshness } from '../core/standing.ts';
import type { Target } from '../core/target.ts';
import { hear } from './contents/hear.ts';
import { readSubject, subjectRow } from './contents/rows.ts';
import { newSubject, type Standpoint, type Subject } from './contents/subject.ts';
import type { Arrival } from './contents/versions.ts';
import { apply, openFinding } from './findings.ts';
import { roundKeyOf } from './lookups.ts';
import type { Memory, MirrorMemory } from './memory.ts';
import { isBehind, lagSays, standsStill } from './rules/behind.ts';
import { leavesOut } from './rules/gaps.ts';
import { lagOf } from './rules/lag.ts';
import { propagationMs } from './rules/propagation.ts';
import { backwardsOf } from './rules/regression.ts';
import type { MirrorLag } from './turn.ts';

/** An answer older than so many of its paces, and than a minute, says nothing of now. */
const freshPaces = 3;
const freshMsMin = 60_000;
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

function freshMsOf(memory: Memory, target: Pick<Target, 'canary' | 'step'>): number {
  return Math.max(freshMsMin, freshPaces * everyMs(paceOf(target, memory.config)));
}

/** Takes in what an answer said that there is, were it a failed one (a version is missing), and says what follows for its mirror. */
export function judgeContents(memory: Memory, mirror: MirrorMemory, sample: Sample): void {
  const { facts, outcome, due } = sample;
  if (outcome.tag === 'unknown' || facts.contents === undefined) return;
  const { name } = mirror.mirror;
  const { target } = due;
  const key = keyOf(target);
  const subject = memory.subjects.get(key) ?? newSubject(key, target);
  memory.subjects.set(key, subject);
  const origin = originOf(memory, mirror);
  const at: Standpoint = { origin, freshMs: freshMsOf(memory, target), nowMs: sample.endedMonotonicMs };
  const look = { fromMs: sample.startedMonotonicMs, toMs: sample.endedMonotonicMs, contents: facts.contents };
  const isLeftOut = leavesOut(mirror.mirror.gaps);
  const news = hear(subject, look, { ...at, registry: name, leavesOut: isLeftOut });
  if (news === null) return;
  subject.isDirty = subject.isDirty || news.isNews;
  if (news.wentBack) memory.turn.regressions.push(name);
  for (const arrival of news.arrivals) arrived(memory, subject, arrival, at.freshMs);
  judgeLag(memory, mirror, { subject, at, probeId: due.probeId });
}

function judgeLag(
  memory: Memory,
  mirror: MirrorMemory,
  { subject, at, probeId }: { readonly subject: Subject; readonly at: Standpoint; readonly probeId: string },
): void {
  const { name, gaps } = mirror.mirror;
  const shelf = subject.shelves.get(name);
  if (shelf === undefined) return;
  shelf.reading = lagOf(subject, name, at, gaps);
  const { module, version, step } = subject;
  const before = mirror.lagging.get(subject.key);
  // While nobody can be compared with, what was said stands.
  const reading = shelf.reading ?? before?.reading ?? null;
  const trouble = { module, version, step, reading, backwards: backwardsOf(shelf), looks: shelf.looks, probeId };
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

/** Every mirror's lag as of its last answer, what is too old to say anything left out. */
export function* lagsOf(memory: Memory): Iterable<MirrorLag> {
  for (const { module, step, shelves } of memory.subjects.values()) {
    for (const [registry, { reading, toMs }] of shelves) {
      const mirror = memory.mirrors.get(registry);
      const target = { canary: mirror?.canary?.step === step && mirror.canary.module === module, step };
      if (reading === null || mirror === undefined || memory.now.monotonicMs - toMs > freshMsOf(memory, target))
        continue;
      const { lowerMs, upperMs, records, missing } = reading;
      yield { registry, module, lowerMs, upperMs, records, missing: missing?.count ?? null };
    }
  }
}

/** Every mirror's lags taken together, with how long releases took to arrive there. */
export function freshnessOf(memory: Memory): ReadonlyMap<string, Freshness> {
  const byMirror = Map.groupBy(lagsOf(memory), ({ registry }) => registry);
  const known = (values: readonly (number | null)[]): readonly number[] => values.flatMap((one) => one ?? []);
  return new Map(
    [...memory.mirrors].map(([name, { propagations }]) => {
      const lags = byMirror.get(name) ?? [];
      const lower = known(lags.map(({ lowerMs }) => lowerMs));
      const upper = known(lags.map(({ upperMs }) => upperMs));
      const modules = Map.groupBy(lags, ({ module }) => module).values();
      const missing = [...modules].flatMap((own) => {
        const counts = known(own.map((one) => one.missing));
        return counts.length === 0 ? [] : [Math.max(...counts)];
      });
      const sorted = propagations.toSorted((a, b) => a - b);
      const freshness: Freshness = {
        lowerMs: lower.length === 0 ? null : Math.max(...lower),
        upperMs: upper.length === 0 || upper.length < lags.length ? null : Math.max(...upper),
        missing: missing.length === 0 ? null : missing.reduce((sum, one) => sum + one, 0),
        propagation: { releases: sorted.length, p50Ms: quantile(sorted, 0.5), p90Ms: quantile(sorted, 0.9) },
      };
      return [name, freshness] as const;
    }),
  );
}

/** Forgets what is not asked any more. */
export function adoptContents(memory: Memory): void {
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
    const { reading, looks } = shelf;
    const trouble = { module, version, step, reading, backwards: backwardsOf(shelf), looks, probeId: '' };
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
