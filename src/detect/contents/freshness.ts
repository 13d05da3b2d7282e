import { everyMs, paceOf } from '../../core/config.ts';
import { limits } from '../../core/limits.ts';
import type { Target } from '../../core/mirror.ts';
import type { Sample } from '../../core/sample.ts';
import { type Freshness, type MirrorLag, worstLowerOf } from '../../core/standing.ts';
import { quantile } from '../../core/statistics.ts';
import { placeCounterOf } from '../confirm/vantage.ts';
import { witnessPlaceOf } from '../confirm/witness.ts';
import { originOf } from '../memory/lookups.ts';
import type { Memory } from '../memory/memory.ts';
import { type MirrorMemory, mirrorsOf, roundKeyOf } from '../memory/mirror-memory.ts';
import type { RuleView } from '../memory/rule.ts';
import {
  type ContentComparison,
  ContentSubject,
  contentsOf,
  gapFilterFor,
  type Standpoint,
  type StepBack,
  subjectKeyOf,
} from '../memory/subject.ts';
import { lagOf, recordStepBack, updateSubject } from './lag.ts';
import type { Arrival } from './versions.ts';

/**
 * Records the contents of a response in `memory.subjects`, even if its probe failed. Also records a regression that no
 * response to another kind of request has shown before, and the releases that reached a mirror.
 * @returns the contents to compare; `null`: the response has none
 */
export function receiveContents(memory: RuleView, mirror: MirrorMemory, sample: Sample): ContentComparison | null {
  const { facts, outcome, due } = sample;
  if (outcome.tag === 'unknown') return null;
  if (facts.contents === undefined) return takeResolved(memory, mirror, sample);
  const { name } = mirror.mirror;
  const { target } = due;
  const key = subjectKeyOf(target);
  const subject = memory.subjects.get(key) ?? new ContentSubject(key, target);
  memory.subjects.set(key, subject);
  const at = standpointOf(memory, mirror, sample);
  const reading = { fromMs: sample.startedMonotonicMs, toMs: sample.endedMonotonicMs, contents: facts.contents };
  const isLeftOut = gapFilterFor(mirror.mirror.gaps);
  const update = updateSubject(subject, reading, { ...at, registry: name, leavesOut: isLeftOut });
  if (update === null) return null;
  subject.isDirty = subject.isDirty || update.isChange;
  if (update.back !== null && !isReportedBefore(memory, mirror, subject, update.back))
    memory.turn.regressions.push(name);
  for (const seconds of update.followed) memory.turn.withdrawals.push({ registry: name, seconds });
  for (const arrival of update.arrivals) recordArrival(memory, subject, arrival, at.freshMs);
  return compared(mirror, subject, at, due.probeId);
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

function recordArrival(memory: RuleView, subject: ContentSubject, arrival: Arrival, gapMsMax: number): void {
  const { registry, afterMs, atMs, originMs } = arrival;
  const mirror = memory.mirrors.get(registry);
  // Between responses further apart, the time of the arrival is not known.
  if (mirror === undefined || atMs - afterMs > gapMsMax || isReportedElsewhere(memory, mirror, subject)) return;
  const ms = Math.max(0, atMs - originMs);
  const contents = contentsOf(mirror);
  contents.propagations = [...contents.propagations, ms].slice(-limits.propagationsKept);
  mirror.row.isDirty = true;
  memory.turn.propagations.push({ registry, seconds: ms / 1_000 });
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

/** A response older than this many probe intervals, and older than `freshMsMin`, is outdated. */
const freshPaces = 3;
const freshMsMin = 60_000;

/** How long a response about a target is up to date, milliseconds. */
function freshMsOf(memory: Pick<RuleView, 'config'>, target: Pick<Target, 'canary' | 'step'>): number {
  return Math.max(freshMsMin, freshPaces * everyMs(paceOf(target, memory.config)));
}

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

export function freshnessOf(memory: Memory): ReadonlyMap<string, Freshness> {
  const byMirror = Map.groupBy(lagsOf(memory), ({ registry }) => registry);
  const known = (values: readonly (number | null)[]): readonly number[] => values.flatMap((one) => one ?? []);
  return new Map(
    [...memory.mirrors].map(([name, mirror]) => {
      const lags = byMirror.get(name) ?? [];
      const upper = known(lags.map(({ upperMs }) => upperMs));
      const modules = Map.groupBy(lags, ({ module }) => module).values();
      const missing = [...modules].flatMap((own) => {
        const counts = known(own.map((one) => one.missing));
        return counts.length === 0 ? [] : [Math.max(...counts)];
      });
      const sorted = contentsOf(mirror).propagations.toSorted((a, b) => a - b);
      const freshness: Freshness = {
        lowerMs: worstLowerOf(lags.map(({ lowerMs }) => lowerMs)),
        upperMs: upper.length === 0 || upper.length < lags.length ? null : Math.max(...upper),
        missing: missing.length === 0 ? null : missing.reduce((sum, one) => sum + one, 0),
        propagation: { releases: sorted.length, p50Ms: quantile(sorted, 0.5), p90Ms: quantile(sorted, 0.9) },
      };
      return [name, freshness] as const;
    }),
  );
}

export function subjectsOf({ subjects }: RuleView, { mirror }: MirrorMemory) {
  const prefix = `${roundKeyOf(mirror)}|`;
  return subjects.values().filter(({ key }) => key.startsWith(prefix));
}
