import type { Because, Outcome } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { isHeavy, targetId } from '../../core/mirror.ts';
import { isDisturbed, type Sample, type SettledSample } from '../../core/sample.ts';
import { dropContents } from '../../core/transcript.ts';
import { updateRecheck } from '../confirm/look.ts';
import { isLeftAlone, isRefusedForPace } from '../memory/absence.ts';
import { addTokens } from '../memory/budget.ts';
import type { Memory } from '../memory/memory.ts';
import {
  type MirrorMemory,
  primaryConnectionOf,
  type SeriesMemory,
  seriesOf,
  stateOf,
} from '../memory/mirror-memory.ts';
import { medianOf } from '../rules/baseline.ts';
import { speedOf, thresholdFor } from '../rules/speed.ts';
import { judgeKinds, receiveResponse } from './step.ts';

/** A stored success older than this is written again, so that it does not expire. */
const seenRewriteMs = 24 * 3_600_000;

const stepWindow = 64;

/** Causes on our own side that prevent a result about a mirror. */
const blinding: ReadonlySet<Because> = new Set(['resolver', 'proxy', 'local']);

/**
 * Settles a sample: fixes its outcome, outputs it with baseline and threshold, and passes a judged one to the rules.
 * @param because  makes the sample unknown; `null`: it keeps its outcome
 * @param isShort  a timeout that is no failure of the target, see `Held`
 */
export function settle(memory: Memory, taken: Sample, because: Because | null, isShort = false): void {
  const sample: Sample = because === null ? taken : { ...taken, outcome: { tag: 'unknown', because } };
  const { target, connection, timeoutMs } = sample.due;
  const mirror = mirrorOf(memory, sample);
  if (mirror === null) {
    memory.turn.settled.push({ ...settledSampleOf(sample), isObsolete: true });
    return;
  }
  const isCold = noteResponse(memory, mirror, sample);
  const isOfPace = isRefusedForPace(mirror, sample, memory.now.monotonicMs);
  const isJudged = sample.outcome.tag !== 'unknown' && !isOfPace;
  if (target.canary) noteSight(memory, mirror, sample, isJudged);
  const series = seriesOf(mirror, target, connection);
  const input = { view: memory, mirror, series, sample };
  if (sample.outcome.tag === 'ok') receiveResponse(memory, input, 'settle');
  memory.turn.settled.push({
    ...sample,
    ...(isOfPace ? { isOfPace } : {}),
    facts: dropContents(sample.facts),
    cold: isCold,
    thresholdMs: thresholdFor(memory.config.detect.spike, series, timeoutMs),
    baselineMs: isHeavy(target) ? null : speedOf(series).baseline.medianMs,
  });
  if (sample.due.purpose === 'scheduled') memory.confirm.budget = addTokens(memory.confirm.budget);
  if (!isJudged || isLeftAlone(mirror)) return;
  updateRecheck(memory, input);
  const isPrimary = connection === primaryConnectionOf(mirror.mirror);
  if (isPrimary) series.item = itemBy(sample.outcome);
  judgeKinds(memory, { mirror, series, sample, isCold, isPrimary, isShort });
}

function itemBy(outcome: Outcome): SeriesMemory['item'] {
  if (outcome.tag === 'ok') return 'served';
  return outcome.tag === 'failed' && outcome.failure.kind === 'absent' ? 'absent' : null;
}

/** The mirror of a sample; `null`: a reload removed the target, or replaced the mirror, while the probe ran. */
export function mirrorOf(memory: Memory, { due, startedMonotonicMs }: Sample): MirrorMemory | null {
  const mirror = memory.mirrors.get(due.target.registry);
  const isCurrent = mirror !== undefined && startedMonotonicMs >= mirror.sinceMs;
  return isCurrent && memory.targets.has(due.target.id) ? mirror : null;
}

export function settledSampleOf(sample: Sample): SettledSample {
  return { ...sample, facts: dropContents(sample.facts), cold: false, thresholdMs: null, baselineMs: null };
}

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

/** Records a success; true if it was a pull-through cache's first fetch. */
function noteResponse(memory: Memory, mirror: MirrorMemory, sample: Sample): boolean {
  if (sample.outcome.tag !== 'ok') return false;
  mirror.sight.hasOk = true;
  const key = seenKeyOf(sample);
  const seenAtMs = memory.seen.get(key);
  const { step } = sample.due.target;
  const timesKey = `${step}|${sample.due.connection}`;
  const timesByStep = stateOf(stepTimes, mirror);
  const times = timesByStep.get(timesKey) ?? [];
  timesByStep.set(timesKey, times);
  const wasSeen = seenAtMs !== undefined;
  // The median is needed only for a first response, and sorting is costly.
  const cold = isColdFetch(sample, wasSeen, wasSeen ? null : medianOf(times));
  if (!cold && sample.rttMs !== null && !isDisturbed(sample)) times.push(sample.rttMs);
  if (times.length > stepWindow) times.shift();
  if (seenAtMs === undefined || memory.now.wallMs - seenAtMs >= seenRewriteMs) {
    memory.seen.set(key, memory.now.wallMs);
    memory.turn.rows.push({ table: 'seen', key, atMs: memory.now.wallMs, value: {} });
  }
  return cold;
}

export function seenKeyOf(sample: Pick<Sample, 'due' | 'facts'>): string {
  const { target } = sample.due;
  return targetId(target.registry, target.module, sample.facts.resolvedVersion ?? target.version, target.step);
}

/**
 * True for the first fetch of a pull-through cache: a first success that a cache header calls a miss, or that took
 * `limits.coldFactor` times the step's median.
 * @param stepMedianMs  `null`: not known yet
 * @see docs/probes.md#cold-fetches
 */
export function isColdFetch(
  sample: Pick<Sample, 'outcome' | 'cache' | 'rttMs' | 'loopDelayMsMax'>,
  wasSeen: boolean,
  stepMedianMs: number | null,
): boolean {
  if (wasSeen || sample.outcome.tag !== 'ok') return false;
  if (sample.cache === 'miss') return true;
  if (sample.rttMs === null || stepMedianMs === null) return false;
  // A delay of our own event loop must not look like a cache's.
  return sample.rttMs - sample.loopDelayMsMax >= limits.coldFactor * stepMedianMs;
}

/** Recent round trips of a mirror, milliseconds, by step and connection. */
const stepTimes = { name: 'step times', none: () => new Map<string, number[]>() };
