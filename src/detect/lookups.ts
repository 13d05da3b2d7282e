import type { Config } from '../core/config.ts';
import { type Finding, type FindingKind, storyOf } from '../core/finding.ts';
import type { Connection, Mirror } from '../core/mirror.ts';
import { paceOf } from '../core/pace.ts';
import type { Sample } from '../core/sample.ts';
import { isHeavy, seriesId, type Target } from '../core/target.ts';
import type { Round } from './confirm/moments.ts';
import type { View } from './findings/rule.ts';
import type { Memory } from './memory.ts';
import type { MirrorMemory, SeriesMemory } from './mirror-memory.ts';
import { newSeries } from './new-memory.ts';

/** Mirrors are interchangeable within one (ecosystem, upstream): the key of a round. */
export function roundKeyOf(mirror: Pick<Mirror, 'ecosystem' | 'upstream'>): string {
  return `${mirror.ecosystem}|${mirror.upstream}`;
}

/** The round with this id; `null` where it has ended. */
export function roundOf(memory: Memory, id: string): Round | null {
  for (const round of memory.confirm.rounds.values()) if (round.id === id) return round;
  return null;
}

/** The connection a mirror is judged by: what a CI job pays where it is measured, else what there is. */
export function primaryConnection(mirror: Pick<Mirror, 'connections'>): Connection {
  return mirror.connections.includes('cold') || mirror.connections.length === 0 ? 'cold' : 'warm';
}

/** The series of a target that outages are judged on, made where it is missing. */
export function seriesOf(memory: MirrorMemory, target: Target, connection: Connection): SeriesMemory {
  const id = seriesId(target, connection);
  const known = memory.series.get(id);
  if (known !== undefined) return known;
  const made = newSeries(target, connection);
  memory.series.set(id, made);
  return made;
}

/** The canary's cold series; `null` where the mirror has no canary. */
export function canarySeries(memory: MirrorMemory): SeriesMemory | null {
  return memory.canary === null ? null : seriesOf(memory, memory.canary, 'cold');
}

/** True while the canary is in outage. */
export function isCanaryOut(memory: MirrorMemory): boolean {
  for (const series of memory.outages.out) if (series.target.canary) return true;
  return false;
}

/** True for the series that the spike rule judges for the whole mirror. */
export function isSpikeJudge(memory: MirrorMemory, series: SeriesMemory): boolean {
  return !isHeavy(series.target) && series.connection === primaryConnection(memory.mirror);
}

/** The canary's pace, milliseconds. For a cron pace the widest gap seen, an hour before there is one. */
export function canaryPaceMs(memory: MirrorMemory, config: Config): number {
  const { cadence } = memory.canary === null ? config.schedule.pace : paceOf(memory.canary, config);
  return cadence.kind === 'every' ? cadence.everyMs : (memory.sight.plannedGapMs ?? 3_600_000);
}

/** The deadline of a target as configured, milliseconds. */
export function ownTimeoutMs(config: Config, target: Pick<Target, 'canary' | 'step'>): number {
  return paceOf(target, config).timeoutMs;
}

/** True for the probes that the confirming round judges on arrival. */
export function isCanaryProbe({ due }: Pick<Sample, 'due'>): boolean {
  return due.target.canary && due.connection === 'cold';
}

/** The open finding of a kind about a mirror, or about us (`null`); there is never more than one of a story. */
export function openFinding(
  { open }: View,
  kind: FindingKind,
  registry: string | null,
  cause?: Finding['cause'],
): Finding | null {
  for (const finding of open.values()) {
    const isSubject = finding.kind === kind && finding.registry === registry;
    if (isSubject && storyOf(finding.cause) === storyOf(cause)) return finding;
  }
  return null;
}

/** True for a number that can be reckoned with, of a stored row. */
export function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** The mirrors of one upstream. */
export function* mirrorsOf({ mirrors }: Pick<View, 'mirrors'>, key: string): Iterable<MirrorMemory> {
  for (const mirror of mirrors.values()) if (roundKeyOf(mirror.mirror) === key) yield mirror;
}

/** The targets that a finding covers, as far as they are probed. */
export function targetsOf({ mirrors, targets }: View, { registry, scope }: Finding): readonly Target[] {
  const leading = mirrors.get(registry ?? '')?.mirror.speaks?.[0]?.protocol;
  return scope.flatMap(({ module, version, step, family, protocol }) => {
    // Over another version than the leading client's: other clients are hit, and no series of ours is out.
    if (family !== undefined || (protocol !== undefined && protocol !== leading)) return [];
    return targets.get(`${registry ?? ''}|${module ?? ''}|${version ?? ''}|${step}`) ?? [];
  });
}
