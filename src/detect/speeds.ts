import { isTimeout } from '../core/failure.ts';
import { limits } from '../core/limits.ts';
import type { Sample } from '../core/sample.ts';
import { emptyBaseline, forVersion, learn } from './baseline.ts';
import { closeFinding, openFinding, putFinding, scopeOf, seconds } from './findings.ts';
import { isSpikeJudge, type Memory, type MirrorMemory, noSlow, type SeriesMemory } from './memory.ts';
import { vantageWord } from './outages.ts';
import { isSpikeActionable, judgeSpike, noSpike, type Pace } from './spike.ts';
import { isClear, isSlow, thresholdMs } from './threshold.ts';
import type { TurnDraft } from './turn.ts';

/** What a judged sample says about speed. */
export function paceOf(sample: Sample): Pace {
  const { outcome } = sample;
  if (outcome.tag === 'ok' && sample.rttMs !== null) return { kind: 'ok', rttMs: sample.rttMs };
  if (outcome.tag !== 'failed') return { kind: 'other' };
  const { failure } = outcome;
  return isTimeout(failure.kind) && 'limitMs' in failure
    ? { kind: 'timeout', limitMs: failure.limitMs }
    : { kind: 'other' };
}

/** Starts a series anew where `latest` now stands for another version: what it did before says nothing of that file. */
export function followVersion(
  memory: Memory,
  turn: TurnDraft,
  mirror: MirrorMemory,
  series: SeriesMemory,
  sample: Sample,
): void {
  const next = forVersion(series.baseline, sample.facts.resolvedVersion);
  if (next === series.baseline) return;
  const isAnew = next.window.length === 0 && series.baseline.window.length > 0;
  series.baseline = next;
  memory.dirty.add(series);
  if (isAnew) forgetSpeed(memory, turn, mirror, series);
}

/** Drops what speed said of a series, and narrows or closes the findings it was in. */
export function forgetSpeed(memory: Memory, turn: TurnDraft, mirror: MirrorMemory, series: SeriesMemory): void {
  series.spike = noSpike;
  series.slow = noSlow;
  series.shift = null;
  if (mirror.spiking.delete(series)) refreshSpike(memory, turn, mirror);
  if (mirror.shifted.delete(series)) refreshShift(memory, turn, mirror);
}

/** Judges one due sample of a light series for spike and level shift, and learns from it. Cold fetches never come here. */
export function hearSpeed(
  memory: Memory,
  turn: TurnDraft,
  mirror: MirrorMemory,
  series: SeriesMemory,
  sample: Sample,
): void {
  const rule = memory.config.detect.spike;
  const pace = paceOf(sample);
  const { timeoutMs } = sample.due;
  const baselineMs = series.baseline.medianMs;
  const before = series.spike;
  const { state, event } = judgeSpike(before, pace, {
    baselineMs,
    timeoutMs,
    rule,
    nowMs: memory.now.monotonicMs,
  });
  series.spike = state;
  if (state.sinceMs !== null || state.slow > 0) noteSlow(series, pace, sample, baselineMs, rule, timeoutMs);
  else if (event === null) series.slow = noSlow;
  memory.dirty.add(series);
  switch (event) {
    case 'opened':
      mirror.spiking.add(series);
      memory.urgent.add(series);
      refreshSpike(memory, turn, mirror);
      break;
    case 'cleared':
      mirror.spiking.delete(series);
      memory.urgent.add(series);
      refreshSpike(memory, turn, mirror);
      series.slow = noSlow;
      break;
    case 'relearned':
      relearn(memory, turn, mirror, series, baselineMs ?? 0);
      break;
    case null:
      break;
    default:
      event satisfies never;
  }
  judgeShift(memory, turn, mirror, series, pace, timeoutMs);
  if (pace.kind !== 'ok' || series.spike.sinceMs !== null) return;
  if (isSlow(pace.rttMs, series.baseline.medianMs, rule, timeoutMs) === true) return;
  series.baseline = learn(series.baseline, pace.rttMs, rule);
}

function noteSlow(
  series: SeriesMemory,
  pace: Pace,
  sample: Sample,
  baselineMs: number | null,
  rule: Memory['config']['detect']['spike'],
  timeoutMs: number,
): void {
  if (pace.kind === 'other') return;
  const observedMs = pace.kind === 'ok' ? pace.rttMs : pace.limitMs;
  const isSlowOne = pace.kind === 'timeout' || isSlow(observedMs, baselineMs, rule, timeoutMs) === true;
  series.slow = {
    samples: series.slow.samples + 1,
    slowSamples: series.slow.slowSamples + (isSlowOne ? 1 : 0),
    observedMs,
    probeIds: [...series.slow.probeIds, sample.due.probeId].slice(-limits.findingProbes),
  };
}

/** Opens, widens, narrows or closes the spike finding of a mirror after the series that are in a spike now. */
export function refreshSpike(memory: Memory, turn: TurnDraft, mirror: MirrorMemory): void {
  const { name, ecosystem, upstream } = mirror.mirror;
  if (mirror.spiking.size === 0) {
    closeFinding(memory, turn, 'spike', name, { text: `${name} is as fast as usual again.` });
    return;
  }
  const all = [...mirror.spiking].sort((a, b) => Number(b.target.canary) - Number(a.target.canary));
  const first = all[0];
  if (first === undefined) return;
  const judges = [...mirror.series.values()].filter((series) => isSpikeJudge(mirror, series));
  const spiking = all.filter((series) => isSpikeJudge(mirror, series));
  const baselineMs = first.baseline.medianMs;
  const timeoutMs = memory.config.steps[first.target.step]?.timeoutMs ?? memory.config.schedule.pace.timeoutMs;
  const { slow } = first;
  putFinding(memory, turn, {
    kind: 'spike',
    ecosystem,
    upstream,
    registry: name,
    scope: scopeOf(all.map((series) => series.target)),
    cause: 'slow',
    vantage: openFinding(memory, 'spike', name)?.vantage ?? vantageWord(memory, mirror),
    evidence: {
      samples: all.reduce((sum, series) => sum + series.slow.samples, 0),
      failures: all.reduce((sum, series) => sum + series.slow.slowSamples, 0),
      observedSeconds: seconds(slow.observedMs),
      baselineSeconds: seconds(baselineMs),
      thresholdSeconds: seconds(thresholdMs(baselineMs, memory.config.detect.spike, timeoutMs)),
      probeIds: all.flatMap((series) => series.slow.probeIds).slice(0, limits.findingProbes),
    },
    actionable: isSpikeActionable({
      hasCanary: spiking.some((series) => series.target.canary),
      targets: spiking.length,
      judged: judges.filter((series) => series.baseline.medianMs !== null).length,
    }),
    text: `${name} is slow: ${text(slow.observedMs)} for ${first.target.step} where ${text(baselineMs)} is usual.`,
  });
}

function relearn(memory: Memory, turn: TurnDraft, mirror: MirrorMemory, series: SeriesMemory, fromMs: number): void {
  mirror.spiking.delete(series);
  refreshSpike(memory, turn, mirror);
  series.baseline = { ...emptyBaseline, resolvedVersion: series.baseline.resolvedVersion };
  series.shift = { sinceMs: memory.now.monotonicMs, fromMs, clear: 0 };
  mirror.shifted.add(series);
  memory.urgent.add(series);
  refreshShift(memory, turn, mirror);
  series.slow = noSlow;
}

/** A level shift ends when the old level is back, or after a day: by then the new one simply is the level. */
function judgeShift(
  memory: Memory,
  turn: TurnDraft,
  mirror: MirrorMemory,
  series: SeriesMemory,
  pace: Pace,
  timeoutMs: number,
): void {
  const { shift } = series;
  const rule = memory.config.detect.spike;
  if (shift === null || pace.kind === 'other') return;
  const clear = pace.kind === 'ok' && isClear(pace.rttMs, shift.fromMs, rule, timeoutMs) ? shift.clear + 1 : 0;
  const isOver = clear >= rule.clear || memory.now.monotonicMs - shift.sinceMs >= limits.baselineAgeMsMax;
  series.shift = isOver ? null : { ...shift, clear };
  if (!isOver) return;
  mirror.shifted.delete(series);
  memory.urgent.add(series);
  refreshShift(memory, turn, mirror);
}

/** Opens, widens, narrows or closes the level shift of a mirror. */
export function refreshShift(memory: Memory, turn: TurnDraft, mirror: MirrorMemory): void {
  const { name, ecosystem, upstream } = mirror.mirror;
  if (mirror.shifted.size === 0) {
    closeFinding(memory, turn, 'level_shift', name, { text: `${name} has no new level any more.` });
    return;
  }
  const all = [...mirror.shifted].sort((a, b) => Number(b.target.canary) - Number(a.target.canary));
  const first = all[0];
  if (first === undefined) return;
  const known = openFinding(memory, 'level_shift', name);
  const shifted = all.filter((series) => isSpikeJudge(mirror, series));
  const judged = [...mirror.series.values()].filter(
    (series) => isSpikeJudge(mirror, series) && (series.baseline.medianMs !== null || series.shift !== null),
  ).length;
  const fromMs = first.shift?.fromMs ?? null;
  putFinding(memory, turn, {
    kind: 'level_shift',
    ecosystem,
    upstream,
    registry: name,
    scope: scopeOf(all.map((series) => series.target)),
    cause: 'relearned',
    vantage: known?.vantage ?? vantageWord(memory, mirror),
    evidence: known?.evidence ?? {
      samples: first.slow.samples,
      failures: first.slow.slowSamples,
      observedSeconds: seconds(first.slow.observedMs),
      baselineSeconds: seconds(fromMs),
      thresholdSeconds: null,
      probeIds: first.slow.probeIds,
    },
    actionable: isSpikeActionable({
      hasCanary: shifted.some((series) => series.target.canary),
      targets: shifted.length,
      judged,
    }),
    text: `${name} has a new level: ${text(first.slow.observedMs)} where ${text(fromMs)} was usual.`,
  });
}

function text(ms: number | null): string {
  if (ms === null) return 'an unknown time';
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
