import { limits } from '../../core/limits.ts';
import { canBeAsked } from '../absence.ts';
import { apply } from '../findings.ts';
import { canarySeries, isCanaryOut, type Memory, type MirrorMemory, type Suspicion } from '../memory.ts';
import { hearOutage, openOutage } from '../outages.ts';
import { heardOf, noOutage } from '../rules/outage.ts';
import { noSpike } from '../rules/spike.ts';
import { watchedFromSays, watchedFromWell } from '../rules/watched-from.ts';
import { doubtCanary, endDoubt, mirrorsOf } from './doubt.ts';
import type { Moment, Round } from './moments.ts';
import { judgeMoment, type MomentVerdict, type Said, unitsOf } from './vantage.ts';
import { placeOf } from './witness.ts';

/**
 * The mirrors whose failing says something about us: of one egress, those with an ok sample since the start or in
 * restored state that are not in outage already; until any has one, all.
 */
export function judgedOf(memory: Memory, egress: string): readonly MirrorMemory[] {
  const all = [...memory.mirrors.values()].filter((mirror) => mirror.egress === egress && mirror.canary !== null);
  const hasAny = all.some((mirror) => mirror.hasOk);
  return all.filter((mirror) => !isCanaryOut(mirror) && (mirror.hasOk || !hasAny));
}

/** The vantage rule for one egress on the answers of one moment. */
export function verdictOf(memory: Memory, moment: Moment, egress: string): MomentVerdict {
  const asked = judgedOf(memory, egress).filter((mirror) => moment.said.has(mirror.mirror.name));
  const units = unitsOf(asked.map(placeOf)).map((registries) =>
    registries.map((registry): Said => moment.said.get(registry) ?? 'missing'),
  );
  const controls = [...moment.controls].map(([name, said]) => ({
    said,
    known: memory.controls.get(name)?.known ?? false,
  }));
  return judgeMoment(units, controls);
}

/** Takes note of a final verdict: a suspicion begins, goes on, or ends. */
export function heedVerdict(
  memory: Memory,
  round: Round,
  moment: Moment,
  egress: string,
  verdict: Exclude<MomentVerdict, 'waiting'>,
): void {
  const suspicion = memory.suspicions.get(egress);
  if (verdict === 'us') {
    if (suspicion === undefined) enter(memory, round, moment, egress);
    else if (suspicion.roundKey === round.key) keepOn(memory, round, moment, egress, suspicion);
    return;
  }
  if (suspicion === undefined || suspicion.roundKey !== round.key || moment.startedMs < suspicion.sinceMs) return;
  // One alone proves nothing, unless there is no second one left that could be asked.
  if (verdict === 'unverified' && askable(memory, egress) >= 2) return;
  leave(memory, round, egress);
  for (const mirror of mirrorsOf(memory, round.key)) {
    const sample = moment.samples.get(mirror.mirror.name);
    const series = canarySeries(mirror);
    if (mirror.egress !== egress || moment.said.get(mirror.mirror.name) !== 'failed') continue;
    if (sample === undefined || series === null) continue;
    const heard = heardOf(sample);
    if (heard !== null) hearOutage(memory, mirror, series, heard);
    doubtCanary(memory, mirror, sample, 'never');
  }
}

function askable(memory: Memory, egress: string): number {
  const mirrors = judgedOf(memory, egress).filter((mirror) => canBeAsked(memory, mirror));
  return unitsOf(mirrors.map(placeOf)).length;
}

function enter(memory: Memory, round: Round, moment: Moment, egress: string): void {
  memory.suspicions.set(egress, {
    sinceMs: memory.now.monotonicMs,
    sinceWallMs: memory.now.wallMs,
    pattern: patternOf(memory, moment, egress),
    patternSinceMs: memory.now.monotonicMs,
    roundKey: round.key,
  });
  round.watching.add(egress);
  for (const mirror of memory.mirrors.values()) if (mirror.egress === egress) endDoubt(memory, mirror);
}

/** One more moment that says it is us: after 2 minutes in which the same ones failed and answered, it was them. */
function keepOn(memory: Memory, round: Round, moment: Moment, egress: string, suspicion: Suspicion): void {
  const seen = patternOf(memory, moment, egress);
  const breaks = [...seen].some(([registry, answered]) => (suspicion.pattern.get(registry) ?? answered) !== answered);
  if (breaks) {
    suspicion.pattern = seen;
    suspicion.patternSinceMs = memory.now.monotonicMs;
    return;
  }
  suspicion.pattern = new Map([...suspicion.pattern, ...seen]);
  const isLong = memory.now.monotonicMs - suspicion.patternSinceMs >= limits.vantageReviewMs;
  // All failing stays us, however long.
  if (!isLong || ![...suspicion.pattern.values()].includes(true)) return;
  leave(memory, round, egress);
  for (const [registry, answered] of suspicion.pattern) {
    const mirror = memory.mirrors.get(registry);
    const series = mirror === undefined ? null : canarySeries(mirror);
    const sample = moment.samples.get(registry);
    if (answered || mirror === undefined || series === null) continue;
    const heard = sample === undefined ? null : heardOf(sample);
    if (heard !== null) hearOutage(memory, mirror, series, heard);
    openOutage(memory, mirror, series, 'ok');
  }
}

function patternOf(memory: Memory, moment: Moment, egress: string): ReadonlyMap<string, boolean> {
  const pattern = new Map<string, boolean>();
  for (const mirror of judgedOf(memory, egress)) {
    const said = moment.said.get(mirror.mirror.name);
    if (said === 'answered' || said === 'failed') pattern.set(mirror.mirror.name, said === 'answered');
  }
  return pattern;
}

/** Ends a suspicion: streaks start anew, and with the last one the finding closes. */
export function leave(memory: Memory, round: Round | null, egress: string): void {
  memory.suspicions.delete(egress);
  round?.watching.delete(egress);
  for (const mirror of memory.mirrors.values()) if (mirror.egress === egress) startStreaksAnew(mirror);
  if (memory.suspicions.size === 0) apply(memory, 'vantage', null, watchedFromWell);
}

/** Forgets every streak that has not led to a finding. */
export function startStreaksAnew(mirror: MirrorMemory): void {
  for (const series of mirror.series.values()) {
    if (!series.outage.isOut) series.outage = { ...noOutage, lastEndedMs: series.outage.lastEndedMs };
    if (series.spike.sinceMs === null) series.spike = noSpike;
  }
}

/** Opens the finding about the place we watch from once a suspicion has lasted 10 minutes. */
export function judgeSuspicion(memory: Memory): void {
  for (const { sinceMs, pattern } of memory.suspicions.values()) {
    const says = watchedFromSays(memory.now.monotonicMs - sinceMs, pattern);
    apply(memory, 'vantage', null, says);
    if (says !== null) return;
  }
}
