import { isSilent } from '../../core/failure.ts';
import type { Sample } from '../../core/sample.ts';
import { isHeavy, type Target } from '../../core/target.ts';
import { citeSample } from '../cite.ts';
import { endDoubtOf } from '../confirm/doubt.ts';
import { hearLook, lookBack, lookSlow } from '../confirm/look.ts';
import { vantageWord } from '../confirm/witness.ts';
import { takeContents } from '../contents/freshness.ts';
import { stateOf } from '../findings/rule.ts';
import {
  isCanaryOut,
  isCanaryProbe,
  isSpikeJudge,
  openFinding,
  ownTimeoutMs,
  primaryConnection,
  seriesOf,
} from '../lookups.ts';
import type { Memory } from '../memory.ts';
import type { MirrorMemory, SeriesMemory } from '../mirror-memory.ts';
import { hearOutage, openOutage } from '../outages.ts';
import { compareSpeed } from '../protocol.ts';
import { forVersion } from '../rules/baseline.ts';
import { heardOf, isDamped, opensOutage } from '../rules/outage.ts';
import { forgetSpeed, hearSpeed, shiftSays, spikeSays } from '../rules/speed.ts';
import { isSlow } from '../rules/threshold.ts';
import { apply } from './say.ts';
import { judgeKinds } from './step.ts';

/** It is slow, and so is everything else, or it is out: not told yet. */
const spikeHeld = { name: 'spike held', none: () => false };

/**
 * Lets every rule that needs no round judge one settled sample of a known mirror, and applies what they say. `cold`: a
 * pull-through cache's first fetch, which says nothing about speed. `isShort`: a timeout that is no failure of the target.
 */
export function judge(
  memory: Memory,
  mirror: MirrorMemory,
  series: SeriesMemory,
  sample: Sample,
  { cold, isShort }: { readonly cold: boolean; readonly isShort: boolean },
): void {
  const { target, connection, purpose } = sample.due;
  if (purpose === 'scheduled' && !isHeavy(target) && !cold) judgeSpeed(memory, mirror, series, sample);
  hearLook(memory, mirror, sample, isSlowSample(memory, series, sample));
  if (connection === 'cold' && !isCanaryProbe(sample) && !isShort) judgeTarget(memory, mirror, series, sample);
  const isPrimary = connection === primaryConnection(mirror.mirror);
  const comparison = takeContents(memory, mirror, sample);
  if (isPrimary) series.serves = sample.outcome.tag === 'ok';
  judgeKinds(memory, { mirror, series, sample, comparison, isCold: cold, isPrimary });
  citeSample(memory, mirror, series, sample);
}

/** Starts a series anew where `latest` now stands for another version: what it did before says nothing of that file. */
export function followVersion(memory: Memory, mirror: MirrorMemory, series: SeriesMemory, sample: Sample): void {
  const next = forVersion(series.baseline, sample.facts.resolvedVersion);
  if (next === series.baseline) return;
  const isAnew = next.window.length === 0 && series.baseline.window.length > 0;
  series.baseline = next;
  memory.rowsDue.dirty.add(series);
  if (isAnew) dropSpeed(memory, mirror, series);
}

/** Drops what speed said of a series, and narrows or closes the findings it was in. */
export function dropSpeed(memory: Memory, mirror: MirrorMemory, series: SeriesMemory): void {
  const wasOpen = series.spike.sinceMs !== null || series.shift !== null;
  Object.assign(series, forgetSpeed(series));
  if (wasOpen) refreshSpeed(memory, mirror);
}

function judgeSpeed(memory: Memory, mirror: MirrorMemory, series: SeriesMemory, sample: Sample): void {
  const context = { rule: memory.config.detect.spike, nowMs: memory.now.monotonicMs };
  const { state, isNews } = hearSpeed(series, sample, context);
  const wasQuiet = series.spike.slow === 0 && series.spike.sinceMs === null && !series.isLastSlow;
  Object.assign(series, state);
  memory.rowsDue.dirty.add(series);
  if (wasQuiet && state.isLastSlow) lookSlow(memory, mirror, sample);
  compareSpeed(memory, mirror, sample, state.isLastSlow);
  if (!isNews) return;
  memory.rowsDue.urgent.add(series);
  refreshSpeed(memory, mirror);
}

/** Opens, widens, narrows or closes the spike and the level shift of a mirror after what its series are in now. */
export function refreshSpeed(memory: Memory, mirror: MirrorMemory): void {
  const { name } = mirror.mirror;
  const all = [...mirror.series.values()].map((series) => ({ ...series, isJudge: isSpikeJudge(mirror, series) }));
  const timeoutOf = (target: Target) => ownTimeoutMs(memory.config, target);
  const spike = openFinding(memory, 'spike', name)?.evidence ?? null;
  const says = spikeSays(name, all, memory.config.detect.spike, { timeoutOf, other: mirror.protocol.otherSpeed });
  // What the others share just now is our own line: it is told once they are fast again and this one is not. What hangs
  // because the mirror is out is that outage, which is told already.
  const isHeld = says?.tag === 'trouble' && spike === null && (isCanaryOut(mirror) || isSlowEverywhere(memory, mirror));
  mirror.states.set(spikeHeld.name, isHeld);
  if (!isHeld) apply(memory, 'spike', mirror, says);
  const known = openFinding(memory, 'level_shift', name)?.evidence ?? null;
  apply(memory, 'level_shift', mirror, shiftSays(name, all, { known, spike }));
}

/** Looks again at the spikes that were held because everything was slow. */
export function judgeHeldSpikes(memory: Memory): void {
  for (const mirror of memory.mirrors.values()) if (stateOf(spikeHeld, mirror)) refreshSpeed(memory, mirror);
}

/** At least two other mirrors can be seen over the same way out, and two thirds of them were slow at their last answer. */
function isSlowEverywhere(memory: Memory, mirror: MirrorMemory): boolean {
  let [slow, all] = [0, 0];
  for (const other of memory.mirrors.values()) {
    if (other === mirror || other.egress !== mirror.egress || isCanaryOut(other)) continue;
    const series = other.canary === null ? undefined : seriesOf(other, other.canary, primaryConnection(other.mirror));
    if (series === undefined || series.baseline.medianMs === null) continue;
    all += 1;
    if (series.isLastSlow || series.spike.sinceMs !== null) slow += 1;
  }
  return all >= 2 && 3 * slow >= 2 * all;
}

/** After an outage: what was slow in it and never told says nothing of what comes now. */
export function dropHeldSpikes(memory: Memory, mirror: MirrorMemory): void {
  if (!stateOf(spikeHeld, mirror)) return;
  // All of them before anything is said: one that is left would open for the moment until it is its turn.
  for (const series of mirror.series.values()) {
    if (series.spike.sinceMs !== null) Object.assign(series, forgetSpeed(series));
  }
  refreshSpeed(memory, mirror);
}

function judgeTarget(memory: Memory, mirror: MirrorMemory, series: SeriesMemory, sample: Sample): void {
  const heard = heardOf(sample);
  if (heard === null) return;
  // Asked before its mirror was back, and failed after: that outage again, and no new one.
  if (heard.says === 'failed' && mirror.outages.backMs !== null && sample.startedMonotonicMs < mirror.outages.backMs)
    return;
  const wasOut = series.outage.isOut;
  hearOutage(memory, mirror, series, heard);
  const isComing = wasOut && series.outage.isOut && heard.says === 'ok' && !isDamped(series.outage);
  if (isComing) lookBack(memory, mirror, sample.due.target);
  // While the canary is out the whole mirror is: what else fails is told once the canary is back and it still does.
  if (isCanaryOut(mirror) || opensOutage(series.outage, memory.config.detect.outage) === null) return;
  // Any answer of the host shows that our line is up.
  openOutage(memory, mirror, series, isSilent(sample.outcome) ? vantageWord(memory, mirror) : 'ok');
  endDoubtOf(memory, mirror, sample.due.target);
}

function isSlowSample(memory: Memory, { baseline }: SeriesMemory, { rttMs, due }: Sample): boolean {
  return rttMs !== null && isSlow(rttMs, baseline.medianMs, memory.config.detect.spike, due.timeoutMs) === true;
}
