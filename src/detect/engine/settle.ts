import type { Because } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import type { Sample, SettledSample } from '../../core/sample.ts';
import { isHeavy } from '../../core/target.ts';
import { withoutContents } from '../../core/transcript.ts';
import { isLeftAlone, isRefusedForPace } from '../absence.ts';
import { earn } from '../confirm/budget.ts';
import { updateLook } from '../confirm/look.ts';
import type { Memory } from '../memory.ts';
import { type MirrorMemory, primaryConnection, seriesOf, stateOf } from '../mirror-memory.ts';
import { medianOf } from '../rules/baseline.ts';
import { speedOf, thresholdFor } from '../rules/speed.ts';
import { isDisturbed } from '../rules/threshold.ts';
import { judgeKinds, receiveAnswer } from './step.ts';

/** How old the note "was answered before" may get until it is written again, so that it does not expire in use. */
const seenRewriteMs = 24 * 3_600_000;

/** Round trips that the median of one step at one mirror is taken over. */
const stepWindow = 64;

/** What keeps us from seeing a mirror and is ours. */
const blinding: ReadonlySet<Because> = new Set(['resolver', 'proxy', 'local']);

/**
 * Settles a sample: fixes its outcome, says whether it was a cold fetch and what was usual, hands it out, and lets the
 * kinds judge it. Called once for each sample.
 * @param because  makes it unknown; `null` leaves its outcome as it is
 * @param isShort  a timeout that is no failure of the target, see `Held`
 */
export function settle(memory: Memory, taken: Sample, because: Because | null, isShort = false): void {
  const sample: Sample = because === null ? taken : { ...taken, outcome: { tag: 'unknown', because } };
  const { target, connection, timeoutMs } = sample.due;
  const mirror = memory.mirrors.get(target.registry);
  if (mirror === undefined || !memory.targets.has(target.id)) {
    // Removed by a reload while it was on its way.
    memory.turn.settled.push(unjudged(sample));
    return;
  }
  const series = seriesOf(mirror, target, connection);
  const answered = { view: memory, mirror, series, sample };
  if (sample.outcome.tag === 'ok') receiveAnswer(memory, answered, 'settle');
  const isCold = noteAnswer(memory, mirror, sample);
  const isOfPace = isRefusedForPace(mirror, sample, memory.now.monotonicMs);
  memory.turn.settled.push({
    ...sample,
    ...(isOfPace ? { isOfPace } : {}),
    facts: withoutContents(sample.facts),
    cold: isCold,
    thresholdMs: thresholdFor(memory.config.detect.spike, series, timeoutMs),
    baselineMs: isHeavy(target) ? null : speedOf(series).baseline.medianMs,
  });
  if (sample.due.purpose === 'scheduled') memory.confirm.budget = earn(memory.confirm.budget);
  const isJudged = sample.outcome.tag !== 'unknown' && !isOfPace;
  if (target.canary) noteSight(memory, mirror, sample, isJudged);
  if (!isJudged || isLeftAlone(mirror)) return;
  updateLook(memory, mirror, sample);
  const isPrimary = connection === primaryConnection(mirror.mirror);
  if (isPrimary) series.serves = sample.outcome.tag === 'ok';
  judgeKinds(memory, { mirror, series, sample, isCold, isPrimary, isShort });
}

/** A sample that is handed out as it is, judged by nobody. */
export function unjudged(sample: Sample): SettledSample {
  return { ...sample, facts: withoutContents(sample.facts), cold: false, thresholdMs: null, baselineMs: null };
}

/** Notes whether a canary can be seen at all from here, and what a judged one came to. */
function noteSight({ now }: Memory, { sight, row }: MirrorMemory, sample: Sample, isJudged: boolean): void {
  const { outcome, due, rttMs } = sample;
  if (outcome.tag !== 'unknown') sight.blindSinceMs = null;
  else if (blinding.has(outcome.because)) sight.blindSinceMs ??= now.wallMs;
  if (!isJudged) return;
  row.isDirty = true;
  sight.lastJudgedAtMs = now.wallMs;
  sight.judgedMonotonicMs = now.monotonicMs;
  sight.lastSkip = null;
  sight.canaryServes = outcome.tag === 'ok';
  if (outcome.tag !== 'ok') return;
  sight.lastOkAtMs = now.wallMs;
  if (due.connection === 'cold') sight.lastOkRttMs = rttMs ?? sight.lastOkRttMs;
}

/** Remembers that something was answered, and says whether this was a pull-through cache's first fetch. */
function noteAnswer(memory: Memory, mirror: MirrorMemory, sample: Sample): boolean {
  if (sample.outcome.tag !== 'ok') return false;
  mirror.sight.hasOk = true;
  const key = seenKey(sample);
  const seenAtMs = memory.seen.get(key);
  const { step } = sample.due.target;
  const timesKey = `${step}|${sample.due.connection}`;
  const times = stateOf(stepTimes, mirror).get(timesKey) ?? [];
  const wasSeen = seenAtMs !== undefined;
  // Sorting what only a first answer is compared with cost every answer a twelfth of its judging.
  const cold = isColdFetch(sample, wasSeen, wasSeen ? null : medianOf(times));
  if (!cold && sample.rttMs !== null && !isDisturbed(sample))
    stateOf(stepTimes, mirror).set(timesKey, [...times, sample.rttMs].slice(-stepWindow));
  if (seenAtMs === undefined || memory.now.wallMs - seenAtMs >= seenRewriteMs) {
    memory.seen.set(key, memory.now.wallMs);
    memory.turn.rows.push({ table: 'seen', key, atMs: memory.now.wallMs, value: {} });
  }
  return cold;
}

/** The key under which an answer is remembered as given before: (mirror, module, resolved version, step). */
export function seenKey(sample: Pick<Sample, 'due' | 'facts'>): string {
  const { target } = sample.due;
  const version = sample.facts.resolvedVersion ?? target.version ?? '';
  return `${target.registry}|${target.module ?? ''}|${version}|${target.step}`;
}

/**
 * True for the first fetch of a pull-through cache: never answered before, and either a cache header says MISS or it
 * took ten times the median of that step there. Decided on the sample itself; only ok samples can be cold.
 * @param stepMedianMs  median round trip of the step at this mirror, `null` before the first
 * @see design.md section 3, "A cold fetch of a pull-through cache"
 */
export function isColdFetch(
  sample: Pick<Sample, 'outcome' | 'cache' | 'rttMs' | 'loopDelayMsMax'>,
  wasSeen: boolean,
  stepMedianMs: number | null,
): boolean {
  if (wasSeen || sample.outcome.tag !== 'ok') return false;
  if (sample.cache === 'miss') return true;
  if (sample.rttMs === null || stepMedianMs === null) return false;
  // Not by a delay of ours.
  return sample.rttMs - sample.loopDelayMsMax >= limits.coldFactor * stepMedianMs;
}

/** Recent round trips of each step at one mirror over all its modules, by step and connection; milliseconds. */
const stepTimes = { name: 'step times', none: () => new Map<string, readonly number[]>() };
