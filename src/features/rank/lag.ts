import type { Config } from '../../core/config.ts';
import type { Sample } from '../../core/sample.ts';
import { updateSubject } from '../../detect/contents/hear.ts';
import { lagOf } from '../../detect/contents/lag.ts';
import { leavesOut } from '../../detect/contents/look.ts';
import { type LagReading, newSubject, type Subject } from '../../detect/contents/subject.ts';

/** How far behind a mirror is by one look at each: what it lacks counts, since when cannot be told. */
export interface RankLag {
  /** Versions that the others have and it lacks; `null`: such answers name none. */
  readonly missing: number | null;
  /** Behind by so many records, at least; `null`: such answers have no serial. */
  readonly records: number | null;
  /** Its date is older by so much than the others', milliseconds; `null`: it states none. */
  readonly olderMs: number | null;
  readonly by: 'origin' | 'peers';
}

/**
 * What the answers of a rank say of freshness, by mirror: against the origin where that answered, else against the others,
 * of which two at least and half must agree. Who is not there can't be told.
 */
export function rankLags(config: Config, samples: readonly Sample[]): ReadonlyMap<string, RankLag> {
  const mirrors = new Map(config.mirrors.map((mirror) => [mirror.name, mirror]));
  const asked = samples.flatMap(({ due }) => mirrors.get(due.target.registry) ?? []);
  const origin = asked.find(({ role }) => role === 'origin')?.name ?? null;
  const nowMs = Math.max(0, ...samples.map(({ endedMonotonicMs }) => endedMonotonicMs));
  const at = { origin, freshMs: Number.POSITIVE_INFINITY, nowMs };
  const subjects = new Map<string, Subject>();
  const inOrder = samples.toSorted((a, b) => Number(isOf(b, origin)) - Number(isOf(a, origin)));
  for (const { due, facts, outcome, startedMonotonicMs: fromMs, endedMonotonicMs: toMs } of inOrder) {
    const { module, version, step, registry } = due.target;
    if (outcome.tag !== 'ok' || facts.contents === undefined) continue;
    const key = JSON.stringify([step, module, version]);
    const subject = subjects.get(key) ?? newSubject(key, due.target);
    subjects.set(key, subject);
    const who = { ...at, registry, leavesOut: leavesOut(mirrors.get(registry)?.gaps) };
    updateSubject(subject, { fromMs, toMs, contents: facts.contents }, who);
  }
  const lags = new Map<string, RankLag>();
  for (const { name, gaps } of new Set(asked)) {
    const readings = [...subjects.values()].flatMap((subject) => lagOf(subject, name, at, gaps) ?? []);
    if (readings.length > 0) lags.set(name, summedUp(readings));
  }
  return lags;
}

function isOf({ due }: Sample, registry: string | null): boolean {
  return due.target.registry === registry;
}

function summedUp(readings: readonly LagReading[]): RankLag {
  const most = (values: readonly (number | null | undefined)[]): number | null =>
    values.reduce<number | null>((max, value) => (value == null ? max : Math.max(max ?? 0, value)), null);
  const dates = readings.map(({ line }) => (line?.key === 'date' ? Number(line.wants) - Number(line.value) : null));
  return {
    missing: most(readings.map(({ missing }) => missing?.count)),
    records: most(readings.map(({ records }) => records)),
    olderMs: most(dates),
    by: readings.every(({ by }) => by === 'origin') ? 'origin' : 'peers',
  };
}
