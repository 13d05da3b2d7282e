import type { Because } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { isHeavy, targetId } from '../../core/mirror.ts';
import { isDisturbed, type Sample, type SettledSample } from '../../core/sample.ts';
import { dropContents } from '../../core/transcript.ts';
import { isSlowAt, updateRecheck } from '../confirm/look.ts';
import { isOfWithdrawn, isWithdrawnByOrigin } from '../confirm/withdrawn.ts';
import { asResponse, judgeByFile } from '../findings/peers.ts';
import { isWithheldItem } from '../findings/policy.ts';
import { isLeftAlone } from '../memory/absence.ts';
import { isRefusedForPace } from '../memory/density.ts';
import type { Memory } from '../memory/memory.ts';
import {
  type MirrorMemory,
  primaryConnectionOf,
  type SeriesMemory,
  seriesOf,
  stateOf,
} from '../memory/mirror-memory.ts';
import { medianOf } from '../rules/baseline.ts';
import { speedOf, thresholdFor, usualOf } from '../rules/speed.ts';
import { citeSample, judgeUs, sendToKinds } from './step.ts';

const hourMs = 3_600_000;

/**
 * Settles a sample: decides its final outcome, outputs it with baseline and threshold, and passes it to the rules if it
 * was judged.
 * @param because  the reason why the sample becomes unknown; `null`: it keeps its outcome
 * @param isShort  true for a timeout that is no failure of the target, see `HeldSample`
 */
export function settle(memory: Memory, taken: Sample, because: Because | null, isShort = false): void {
  const given: Sample = because === null ? taken : { ...taken, outcome: { tag: 'unknown', because } };
  const { target, connection, timeoutMs } = given.due;
  const mirror = mirrorOf(memory, given);
  if (mirror === null) {
    memory.turn.settled.push({ ...settledSampleOf(given), isObsolete: true });
    return;
  }
  const byFile = judgeByFile(memory, mirror, given);
  const isUnproven = byFile === 'open' || byFile === 'alone';
  const response = asResponse(given, byFile);
  const sample = isUnproven ? given : response;
  const series = seriesOf(mirror, target, connection);
  const isCold = noteResponse(memory, mirror, series, response);
  const { now, without, config } = memory;
  const isSlow = !isHeavy(target) && isSlowAt(series, response, config.detect.spike);
  const isOfPace = isRefusedForPace(mirror, response, { nowMs: now.monotonicMs, isSlow, without });
  const isJudged = sample.outcome.tag !== 'unknown' && !isOfPace;
  const isPrimary = connection === primaryConnectionOf(mirror.mirror);
  series.isSettled = true;
  if (target.canary) recordSight(memory, mirror, response, isJudged);
  if (given.due.purpose === 'scheduled') memory.confirm.budget.earn();
  if (isJudged && isPrimary && !isLeftAlone(mirror)) series.item = itemOf(sample.outcome);
  const input = { view: memory, mirror, series, sample: response };
  if (response.outcome.tag === 'ok') sendToKinds(memory, 'settle', input);
  memory.turn.settled.push({
    ...settledSampleOf(sample),
    ...(isOfPace ? { isOfPace } : {}),
    ...(isOfWithdrawn(memory, mirror, sample) ? { isWithdrawn: true } : {}),
    ...(isUnproven ? { isUnproven: true } : {}),
    ...(isWithheldItem(memory, mirror, sample) ? { isWithheld: true } : {}),
    cold: isCold,
    thresholdMs: thresholdFor(config.detect.spike, series, timeoutMs),
    baselineMs: isHeavy(target) ? null : usualOf(speedOf(series)).medianMs,
  });
  if (!isJudged || isLeftAlone(mirror)) return;
  updateRecheck(memory, input);
  sendToKinds(memory, 'judge', { ...input, whole: sample, isCold, isPrimary, isShort });
  if (memory.open.size > 0) citeSample(memory, input, sample);
  judgeUs(memory, 'verify', sample);
}

/** The mirror of a sample; `null`: a reload removed the target, or replaced the mirror, while the probe ran. */
export function mirrorOf(memory: Memory, { due, startedMonotonicMs }: Sample): MirrorMemory | null {
  const mirror = memory.mirrors.get(due.target.registry);
  const isCurrent = mirror !== undefined && startedMonotonicMs >= mirror.sinceMs;
  return isCurrent && memory.targets.has(due.target.id) ? mirror : null;
}

export function settledSampleOf(sample: Sample): SettledSample {
  const { failedAs, ...shown } = sample;
  const outcome = sample.outcome.tag === 'failed' ? (failedAs ?? sample.outcome) : sample.outcome;
  return { ...shown, outcome, facts: dropContents(sample.facts), cold: false, thresholdMs: null, baselineMs: null };
}

/** Records an ok sample. Returns true if it was the first fetch of a pull-through cache; false for other samples. */
function noteResponse(memory: Memory, mirror: MirrorMemory, series: SeriesMemory, sample: Sample): boolean {
  if (sample.outcome.tag !== 'ok') return false;
  const itemKey = seenKeyOf(sample);
  const wasSeen = memory.seen.has(itemKey);
  const times = stateOf(stepTimes, mirror);
  const timesKey = `${sample.due.target.step}|${sample.due.connection}`;
  const known = times.get(timesKey) ?? [];
  // A mirror that names another version in each response would otherwise never be slow.
  const isKnown = wasSeen || hasManyVersions(memory, series);
  // The median is computed only for an item that was not seen before, because sorting is costly.
  const cold = isColdFetch(sample, isKnown, isKnown ? null : medianOf(known));
  recordSuccess(memory, mirror, itemKey);
  // A round trip of the first fetch of a cache, or one that this process delayed, is not usual.
  if (!cold && !isDisturbed(sample) && sample.rttMs !== null)
    times.set(timesKey, [...known, sample.rttMs].slice(-stepWindow));
  if (!wasSeen && sample.facts.resolvedVersion !== undefined) recordVersion(memory, series, itemKey);
  return cold;
}

/**
 * Records a version that a target (`@latest`, a tag) resolved to for the first time. Forgets all but the newest
 * `limits.seenVersions`, because a mirror could invent a version for each request.
 * @param key  of the item (`seenKeyOf`)
 */
function recordVersion(memory: Memory, series: SeriesMemory, key: string): void {
  const all = [...series.versions, { key, atMs: memory.now.monotonicMs }];
  series.versions = all.slice(-limits.seenVersions);
  for (const { key: old } of all.slice(0, -limits.seenVersions)) if (!memory.targets.has(old)) deleteSeen(memory, old);
}

export function deleteSeen({ seen, turn }: Memory, key: string): void {
  seen.delete(key);
  turn.deletes.push({ table: 'seen', key });
}

/** True if the target has resolved to `limits.coldVersions` new versions or more within the last hour. */
function hasManyVersions({ now }: Memory, { versions }: SeriesMemory): boolean {
  return versions.filter(({ atMs }) => now.monotonicMs - atMs <= hourMs).length >= limits.coldVersions;
}

export function seenKeyOf(sample: Pick<Sample, 'due' | 'facts'>): string {
  const { target } = sample.due;
  return targetId(target.registry, target.module, sample.facts.resolvedVersion ?? target.version, target.step);
}

/**
 * True for the first fetch of a pull-through cache. This is a first success that a cache header calls a miss, or that
 * took at least `limits.coldFactor` times the median of the step.
 * @param stepMedianMs  the median round trip of the step (kind of request); `null`: not known yet
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
  // A delay of our own event loop must not be taken for a cache's first fetch.
  return sample.rttMs - sample.loopDelayMsMax >= limits.coldFactor * stepMedianMs;
}

/** Causes on our own side that prevent a result about a mirror. */
const blinding: ReadonlySet<Because> = new Set(['resolver', 'local']);

function itemOf(outcome: Sample['outcome']): SeriesMemory['item'] {
  if (outcome.tag === 'ok') return 'served';
  return outcome.tag === 'failed' && outcome.failure.kind === 'absent' ? 'absent' : null;
}

function recordSight(memory: Memory, mirror: MirrorMemory, sample: Sample, isJudged: boolean): void {
  const { outcome, due, rttMs } = sample;
  const { now } = memory;
  const { sight, row } = mirror;
  if (outcome.tag !== 'unknown') sight.blindSinceMs = null;
  else if (blinding.has(outcome.because)) sight.blindSinceMs ??= now.wallMs;
  if (!isJudged) return;
  row.isDirty = true;
  sight.lastJudgedAtMs = now.wallMs;
  sight.judgedMonotonicMs = now.monotonicMs;
  sight.lastSkip = null;
  // A mirror that follows a withdrawal serves as it should.
  sight.canaryServes =
    outcome.tag === 'ok' || (itemOf(outcome) === 'absent' && isWithdrawnByOrigin(memory, mirror, due.target));
  if (outcome.tag !== 'ok') return;
  sight.lastOkAtMs = now.wallMs;
  if (due.connection === 'cold') sight.lastOkRttMs = rttMs ?? sight.lastOkRttMs;
}

/** A stored success older than this is written again, so that it does not expire. */
const rewriteMs = 24 * 3_600_000;

/** Recent round trips of a mirror, milliseconds, by step and connection. */
const stepTimes = { name: 'step times', none: () => new Map<string, readonly number[]>() };
const stepWindow = 64;

/** Records that a mirror has served an item. */
function recordSuccess({ now: { wallMs }, seen, turn }: Memory, { sight }: MirrorMemory, itemKey: string): void {
  sight.hasOk = true;
  const seenAtMs = seen.get(itemKey);
  if (seenAtMs !== undefined && wallMs - seenAtMs < rewriteMs) return;
  seen.set(itemKey, wallMs);
  turn.rows.push({ table: 'seen', key: itemKey, atMs: wallMs, value: {} });
}
