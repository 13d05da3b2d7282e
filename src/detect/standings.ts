import type { Finding } from '../core/finding.ts';
import { limits } from '../core/limits.ts';
import { isHeavy } from '../core/mirror.ts';
import type { Sentence } from '../core/result.ts';
import type { SeriesBaseline, Standing, VantageStanding } from '../core/standing.ts';
import { phrase } from '../words/tell.ts';
import { isRefusing } from './findings/refusal.ts';
import { contaminatedShareOf } from './findings/self.ts';
import { canBeProbed, isThrottled, throttleEndMsOf } from './memory/absence.ts';
import { paceOfCanary, timeoutOf } from './memory/lookups.ts';
import type { Memory } from './memory/memory.ts';
import { type MirrorMemory, stateOf } from './memory/mirror-memory.ts';
import { isCanaryBack, isCanaryOut, isDownBy, modulesOutOf, outagesOf } from './outage/state.ts';
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
  const { sight } = mirror;
  const suspicion = memory.confirm.suspicions.get(mirror.egress);
  const { state, why } = judgedStateOf(memory, mirror, {
    findings,
    isBack,
    isSuspect: suspicion !== undefined || isBlind,
  });
  const isKept = isBlind || (sight.lastJudgedAtMs ?? 0) <= (suspicion?.sinceWallMs ?? Number.NEGATIVE_INFINITY);
  const standing: Standing = {
    registry: name,
    ecosystem,
    upstream,
    state,
    why: isKept && state !== 'unknown' ? phrase('why.kept', { why, us: phrase('why.us') }) : why,
    inDoubt: mirror.doubt !== null,
    paused: mirror.absence.paused,
    inMaintenance: mirror.absence.inMaintenance,
    lastOkAtMs: sight.lastOkAtMs,
    lastJudgedAtMs: sight.lastJudgedAtMs,
    throttledUntilMs: throttleEndMsOf(mirror.absence, memory.now),
    ...(isBack ? { isBack } : {}),
    ...(mirror.density.isOurs ? { isWaitForPace: true } : {}),
    certificate: null,
    findings,
  };
  for (const rule of memory.rules.with('shows')) Object.assign(standing, rule.shows?.(stateOf(rule, mirror)));
  return standing;
}

/**
 * The state of a mirror, with one clause that says why.
 * @param about.isSuspect  our network or this host may cause what is seen
 * @see docs/metrics.md#mirror_state
 */
function judgedStateOf(
  memory: Memory,
  mirror: MirrorMemory,
  about: { readonly findings: readonly Finding[]; readonly isBack: boolean; readonly isSuspect: boolean },
): Pick<Standing, 'state' | 'why'> {
  const { now, config } = memory;
  const { absence, canary, sight } = mirror;
  if (absence.paused !== null)
    return { state: 'unknown', why: phrase('why.paused', { reason: absence.paused.reason }) };
  if (absence.inMaintenance) return { state: 'unknown', why: phrase('why.maintenance') };
  const silent = about.isSuspect ? phrase('why.us') : sight.lastSkip && phrase(`why.skip.${sight.lastSkip}`);
  if (sight.judgedMonotonicMs === null) {
    const why = silent === null ? phrase('why.unmeasured') : phrase('why.unmeasuredAs', { why: silent });
    return { state: 'unknown', why };
  }
  const silentForMs = now.monotonicMs - sight.judgedMonotonicMs;
  const longMs = Math.max(limits.silentPaces * paceOfCanary(mirror, config), limits.silentMsMin);
  if (silentForMs >= longMs) {
    const seconds = Math.round(silentForMs / 1_000);
    const why = silent === null ? phrase('why.silent', { seconds }) : phrase('why.silentAs', { seconds, why: silent });
    return { state: 'unknown', why };
  }
  if (isRefusing(mirror) && canary !== null && isThrottled(memory, mirror, canary.step))
    return { state: 'degraded', why: phrase('why.skip.throttled') };
  const out = [...outagesOf(mirror).out];
  if (isCanaryOut(mirror)) return { state: 'down', why: phrase(about.isBack ? 'why.canaryBack' : 'why.canaryOut') };
  if (isDownBy(out, mirror)) {
    const modules = { out: modulesOutOf(out, mirror), all: mirror.modules };
    return { state: 'down', why: phrase('why.modulesOut', modules) };
  }
  if (out.length > 0) return { state: 'degraded', why: phrase('why.targetsOut', { count: out.length }) };
  const degraded = degradedBy(memory, mirror, about.findings);
  if (degraded !== null) return { state: 'degraded', why: degraded };
  if (sight.canaryServes || !sight.wasProbed) return { state: 'up', why: phrase('why.answers') };
  // After a failure that was not confirmed, a recent ok sample keeps the mirror up.
  const isKnown = sight.lastOkAtMs !== null && now.wallMs - sight.lastOkAtMs < longMs;
  return { state: isKnown ? 'up' : 'unknown', why: phrase('why.failedOnce') };
}

function degradedBy(memory: Memory, mirror: MirrorMemory, findings: readonly Finding[]): Sentence | null {
  const rules = memory.rules.with('gravity').toSorted((a, b) => (a.gravity ?? 0) - (b.gravity ?? 0));
  for (const rule of rules) {
    const why = rule.degrades?.(stateOf(rule, mirror), findings, mirror) ?? null;
    if (why !== null) return why;
  }
  return null;
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
