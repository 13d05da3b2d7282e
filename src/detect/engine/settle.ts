import type { Because } from '../../core/failure.ts';
import type { Sample, SettledSample } from '../../core/sample.ts';
import { isHeavy } from '../../core/target.ts';
import { withoutContents } from '../../core/transcript.ts';
import { isLeftAlone } from '../absence.ts';
import { earn } from '../confirm/budget.ts';
import { isRefusedForPace } from '../density.ts';
import { tryBroken } from '../detour.ts';
import { stateOf } from '../findings/rule.ts';
import { seriesOf } from '../lookups.ts';
import type { Memory } from '../memory.ts';
import type { MirrorMemory, SeriesMemory } from '../mirror-memory.ts';
import { rowHasNews } from '../rows.ts';
import { isColdFetch, noStepTimes, seenKey, stepTimes, withStepTime } from '../rules/cold.ts';
import { isDisturbed } from '../rules/contaminated.ts';
import { boundsMs, thresholdMs } from '../rules/threshold.ts';
import { noteCanary, noteSight } from '../sight.ts';
import { followVersion, judge } from './judge.ts';

/** How old the note "was answered before" may get until it is written again, so that it does not expire in use. */
const seenRewriteMs = 24 * 3_600_000;

/** A series' threshold for a deadline; `null` while warming and for heavy steps. Milliseconds. */
export function thresholdFor(memory: Memory, series: SeriesMemory, timeoutMs: number): number | null {
  if (isHeavy(series.target)) return null;
  const { medianMs, p99Ms } = series.baseline;
  return thresholdMs(medianMs, memory.config.detect.spike, timeoutMs, p99Ms);
}

/** Where a delay of ours leaves the verdict on a sample of this series open, see `isContaminated`. */
export function boundsFor(memory: Memory, series: SeriesMemory, timeoutMs: number): readonly number[] | null {
  if (isHeavy(series.target)) return null;
  return boundsMs(series.baseline, memory.config.detect.spike, timeoutMs, series.spike.sinceMs !== null);
}

/**
 * Settles a sample: fixes its outcome, says whether it was a cold fetch and what was usual, hands it out, and lets the
 * rules that need no round judge it. Called once for each sample.
 * @param because  makes it unknown; `null` leaves its outcome as it is
 * @param isShort  a timeout that is no failure of the target, see `Held`
 */
export function settle(memory: Memory, taken: Sample, because: Because | null, isShort = false): void {
  const sample: Sample = because === null ? taken : { ...taken, outcome: { tag: 'unknown', because } };
  const { target, connection } = sample.due;
  const mirror = memory.mirrors.get(target.registry);
  if (mirror === undefined || !memory.targets.has(target.id)) {
    // Removed by a reload while it was on its way.
    memory.turn.settled.push(unjudged(sample));
    return;
  }
  const series = seriesOf(mirror, target, connection);
  if (sample.outcome.tag === 'ok') followVersion(memory, mirror, series, sample);
  const cold = noteAnswer(memory, mirror, sample);
  const isOfPace = isRefusedForPace(mirror, sample, memory.now.monotonicMs);
  memory.turn.settled.push({
    ...sample,
    ...(isOfPace ? { isOfPace } : {}),
    facts: withoutContents(sample.facts),
    cold,
    thresholdMs: thresholdFor(memory, series, sample.due.timeoutMs),
    baselineMs: isHeavy(target) ? null : series.baseline.medianMs,
  });
  if (sample.due.purpose === 'scheduled') memory.confirm.budget = earn(memory.confirm.budget);
  noteSight(mirror.sight, sample, memory.now);
  tryBroken(memory, mirror, sample);
  if (sample.outcome.tag === 'unknown' || isOfPace) return;
  if (noteCanary(mirror.sight, sample, memory.now)) rowHasNews(mirror);
  if (!isLeftAlone(mirror)) judge(memory, mirror, series, sample, { cold, isShort });
}

/** A sample that is handed out as it is, judged by nobody. */
export function unjudged(sample: Sample): SettledSample {
  return { ...sample, facts: withoutContents(sample.facts), cold: false, thresholdMs: null, baselineMs: null };
}

/** Remembers that something was answered, and says whether this was a pull-through cache's first fetch. */
function noteAnswer(memory: Memory, mirror: MirrorMemory, sample: Sample): boolean {
  if (sample.outcome.tag !== 'ok') return false;
  mirror.sight.hasOk = true;
  const key = seenKey(sample);
  const seenAtMs = memory.seen.get(key);
  const { step } = sample.due.target;
  const timesKey = `${step}|${sample.due.connection}`;
  const times = stateOf(stepTimes, mirror).get(timesKey) ?? noStepTimes;
  const cold = isColdFetch(sample, seenAtMs !== undefined, times.medianMs);
  if (!cold && sample.rttMs !== null && !isDisturbed(sample))
    stateOf(stepTimes, mirror).set(timesKey, withStepTime(times, sample.rttMs));
  if (seenAtMs === undefined || memory.now.wallMs - seenAtMs >= seenRewriteMs) {
    memory.seen.set(key, memory.now.wallMs);
    memory.turn.rows.push({ table: 'seen', key, atMs: memory.now.wallMs, value: {} });
  }
  return cold;
}
