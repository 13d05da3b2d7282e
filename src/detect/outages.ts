import { countsTowardsOutage } from '../core/failure.ts';
import type { Finding } from '../core/finding.ts';
import { limits } from '../core/limits.ts';
import type { Sample } from '../core/sample.ts';
import { isHeavy } from '../core/target.ts';
import { closeFinding, openFinding, putFinding, scopeOf } from './findings.ts';
import { isCanaryOut, type Memory, type MirrorMemory, type SeriesMemory } from './memory.ts';
import { closesOutage, type Heard, hear, noOutage, spanMs } from './outage.ts';
import { isDown } from './roll-up.ts';
import type { TurnDraft } from './turn.ts';
import { unitsOf } from './vantage.ts';

/** How the outage rule hears a judged sample; `null` for an unknown one, which neither counts nor resets. */
export function heardOf(sample: Sample): Heard | null {
  const { outcome } = sample;
  if (outcome.tag === 'unknown') return null;
  const reason = outcome.tag === 'failed' ? outcome.failure.kind : null;
  const counts = reason !== null && countsTowardsOutage(reason);
  return {
    says: reason === null ? 'ok' : counts ? 'failed' : 'other',
    reason: counts ? reason : null,
    // A due probe may have waited long for its failure: the row counts from when we knew.
    fromMs: sample.due.purpose === 'confirm' ? sample.startedMonotonicMs : sample.endedMonotonicMs,
    endedMs: sample.endedMonotonicMs,
    probeId: sample.due.probeId,
  };
}

/** Enters a judged sample into its series, and ends the outage of that series where `close` ok samples are together. */
export function hearOutage(
  memory: Memory,
  turn: TurnDraft,
  mirror: MirrorMemory,
  series: SeriesMemory,
  heard: Heard,
): void {
  series.outage = hear(series.outage, heard);
  if (!closesOutage(series.outage, memory.config.detect.outage)) return;
  // Starts anew: the failures of this outage must not open the next one by their share.
  series.outage = { ...noOutage, last: 'passed', lastEndedMs: series.outage.lastEndedMs };
  mirror.out.delete(series);
  memory.urgent.add(series);
  refreshOutage(memory, turn, mirror, vantageWord(memory, mirror));
}

/** Puts a series in outage. `vantage` says how far "them or us" was decided when it opened. */
export function openOutage(
  memory: Memory,
  turn: TurnDraft,
  mirror: MirrorMemory,
  series: SeriesMemory,
  vantage: Finding['vantage'],
): void {
  if (series.outage.isOut) return;
  series.outage = { ...series.outage, isOut: true, oks: 0 };
  mirror.out.add(series);
  memory.urgent.add(series);
  refreshOutage(memory, turn, mirror, vantage);
}

/** Opens, widens, narrows or closes the outage finding of a mirror after what its series are in now. */
export function refreshOutage(
  memory: Memory,
  turn: TurnDraft,
  mirror: MirrorMemory,
  vantage: Finding['vantage'],
): void {
  const { name, ecosystem, upstream } = mirror.mirror;
  const known = openFinding(memory, 'outage', name);
  if (mirror.out.size === 0) {
    closeFinding(memory, turn, 'outage', name, { text: `${name} answers again.` });
    return;
  }
  const all = [...mirror.out].sort((a, b) => Number(b.target.canary) - Number(a.target.canary));
  const first = all[0];
  if (first === undefined) return;
  const { outage } = first;
  const samples = all.reduce((sum, series) => sum + series.outage.samples, 0);
  const failures = all.reduce((sum, series) => sum + series.outage.failed, 0);
  const cause = outage.reason ?? (known?.cause as Finding['cause'] | undefined) ?? 'unreachable';
  const actionable = isDown({
    canaryOut: isCanaryOut(mirror),
    modulesOut: modulesOut(mirror),
    modules: mirror.modules,
  });
  putFinding(memory, turn, {
    kind: 'outage',
    ecosystem,
    upstream,
    registry: name,
    scope: scopeOf(all.map((series) => series.target)),
    // The cause it opened with stays: which way a dead mirror fails may change by the minute.
    cause: known?.cause ?? cause,
    vantage: known?.vantage ?? vantage,
    evidence: {
      samples,
      failures,
      observedSeconds: null,
      baselineSeconds: null,
      thresholdSeconds: null,
      probeIds: all.flatMap((series) => series.outage.probeIds).slice(0, limits.findingProbes),
    },
    actionable,
    text: actionable
      ? `${name} is down (${cause}): ${failures} of ${samples} probes failed over ${Math.round(spanMs(outage) / 1_000)} s.`
      : `${name} fails for ${all.length} of its targets (${cause}); its canary answers.`,
  });
}

/** Distinct modules with a light target in outage. */
export function modulesOut(mirror: MirrorMemory): number {
  const modules = new Set<string>();
  for (const { target } of mirror.out) {
    if (target.module !== null && !isHeavy(target.step)) modules.add(target.module);
  }
  return modules.size;
}

/** How far "them or us" could be decided now, outside of a moment: a control is up, or another mirror can be compared. */
export function vantageWord(memory: Memory, mirror: MirrorMemory): 'ok' | 'unverified' {
  for (const control of memory.controls.values()) if (control.up === true) return 'ok';
  const others = [...memory.mirrors.values()].filter(
    (other) => other === mirror || (other.egress === mirror.egress && other.hasOk && !isCanaryOut(other)),
  );
  return unitsOf(others.map(placeOf)).length >= 2 ? 'ok' : 'unverified';
}

/** A mirror as the independence rule sees it. */
export function placeOf(mirror: MirrorMemory) {
  return {
    registry: mirror.mirror.name,
    url: mirror.mirror.url,
    address: mirror.mirror.access.proxy === null ? mirror.address : null,
  };
}
