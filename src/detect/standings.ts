import type { Finding } from '../core/finding.ts';
import { isHeavy } from '../core/mirror.ts';
import type { Sentence } from '../core/result.ts';
import type { SeriesBaseline, Standing, VantageStanding } from '../core/standing.ts';
import { isRefusing } from './findings/refusal.ts';
import { contaminatedShareOf } from './findings/self.ts';
import { canBeProbed, isThrottled, throttleEndMsOf } from './memory/absence.ts';
import { paceOfCanary, timeoutOf } from './memory/lookups.ts';
import type { Memory } from './memory/memory.ts';
import { type MirrorMemory, stateOf } from './memory/mirror-memory.ts';
import { isCanaryBack, isCanaryOut, outagesOf } from './outage/state.ts';
import { modulesOutOf, stateOfSeries } from './rules/roll-up.ts';
import { speedOf, thresholdFor, usualOf } from './rules/speed.ts';

export function listStandings(memory: Memory): readonly Standing[] {
  const isBlind = blindSinceMs(memory) !== null;
  return [...memory.mirrors.values()].map((mirror) => standingOf(memory, mirror, isBlind));
}

/** @param isBlind  failures of this host prevent results about every mirror */
function standingOf(memory: Memory, mirror: MirrorMemory, isBlind: boolean): Standing {
  const { name, ecosystem, upstream } = mirror.mirror;
  const findings = [...memory.open.values()].filter((finding) => finding.registry === name);
  const isBack = isCanaryBack(mirror, memory.config.detect.outage);
  const suspicion = memory.confirm.suspicions.get(mirror.egress);
  const { state, why } = stateOfSeries({
    paused: mirror.absence.paused?.reason ?? null,
    inMaintenance: mirror.absence.inMaintenance,
    isSuspect: suspicion !== undefined || isBlind,
    isKept: isBlind || (mirror.sight.lastJudgedAtMs ?? 0) <= (suspicion?.sinceWallMs ?? Number.NEGATIVE_INFINITY),
    silentForMs:
      mirror.sight.judgedMonotonicMs === null ? null : memory.now.monotonicMs - mirror.sight.judgedMonotonicMs,
    paceMs: paceOfCanary(mirror, memory.config),
    skipped: mirror.sight.lastSkip,
    canaryOut: isCanaryOut(mirror),
    isBack,
    modulesOut: modulesOutOf(outagesOf(mirror).out, mirror.canary?.step ?? null),
    modules: mirror.modules,
    targetsOut: outagesOf(mirror).out.size,
    isAway: isRefusing(mirror) && mirror.canary !== null && isThrottled(memory, mirror, mirror.canary.step),
    degradedBy: degradedBy(memory, mirror, findings),
    canaryServes: mirror.sight.canaryServes || !mirror.sight.wasProbed,
    okAgoMs: mirror.sight.lastOkAtMs === null ? null : memory.now.wallMs - mirror.sight.lastOkAtMs,
  });
  const standing: Standing = {
    registry: name,
    ecosystem,
    upstream,
    state,
    why,
    inDoubt: mirror.doubt !== null,
    paused: mirror.absence.paused,
    inMaintenance: mirror.absence.inMaintenance,
    lastOkAtMs: mirror.sight.lastOkAtMs,
    lastJudgedAtMs: mirror.sight.lastJudgedAtMs,
    throttledUntilMs: throttleEndMsOf(mirror.absence, memory.now),
    ...(isBack ? { isBack } : {}),
    ...(mirror.density.isOurs ? { isWaitForPace: true } : {}),
    certificate: null,
    findings,
  };
  for (const rule of memory.rules.with('shows')) Object.assign(standing, rule.shows?.(stateOf(rule, mirror)));
  return standing;
}

function degradedBy(memory: Memory, mirror: MirrorMemory, findings: readonly Finding[]): Sentence | null {
  let gravest: Sentence | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const rule of memory.rules.with('gravity')) {
    const { gravity } = rule;
    if (gravity === undefined || gravity >= least) continue;
    const why = rule.degrades?.(stateOf(rule, mirror), findings, mirror) ?? null;
    if (why !== null) [gravest, least] = [why, gravity];
  }
  return gravest;
}

/**
 * The state of our own network. `suspect` is `null` until each canary was probed once. Besides failures of our network,
 * failures of this host that prevent results about every mirror make `suspect` true.
 */
export function vantageOf(memory: Memory): VantageStanding {
  const since = [...memory.confirm.suspicions.values()].map((suspicion) => suspicion.sinceWallMs);
  const blindMs = blindSinceMs(memory);
  if (blindMs !== null) since.push(blindMs);
  const isKnown = memory.us.passEnded;
  return {
    suspect: isKnown ? since.length > 0 : null,
    sinceMs: isKnown && since.length > 0 ? Math.min(...since) : null,
    controls: [...memory.controls].map(([name, { up }]) => ({ name, up })),
    contaminatedShare: contaminatedShareOf(memory.us, memory.now.monotonicMs),
  };
}

/**
 * Since when failures of this host prevent results about every mirror, wall milliseconds; `null`: a control responds,
 * there are results about a mirror, or no mirror may be probed.
 */
function blindSinceMs(memory: Memory): number | null {
  if ([...memory.controls.values()].some(({ up }) => up === true)) return null;
  let sinceMs: number | null = null;
  for (const mirror of memory.mirrors.values()) {
    if (!canBeProbed(memory, mirror)) continue;
    if (mirror.sight.blindSinceMs === null) return null;
    sinceMs = Math.max(sinceMs ?? 0, mirror.sight.blindSinceMs);
  }
  return sinceMs;
}

export function* baselinesOf(memory: Memory): Iterable<SeriesBaseline> {
  for (const mirror of memory.mirrors.values()) {
    for (const series of mirror.series.values()) {
      const { target, connection } = series;
      const speed = speedOf(series);
      if (isHeavy(target) || !mirror.mirror.connections.includes(connection)) continue;
      const timeoutMs = timeoutOf(memory.config, target);
      const thresholdMs = thresholdFor(memory.config.detect.spike, series, timeoutMs);
      yield { target, connection, baselineMs: usualOf(speed).medianMs, thresholdMs, streak: speed.spike.slow };
    }
  }
}
