import { type Because, isSilent, isTimeout, reasonWeight } from '../../core/failure.ts';
import type { Without } from '../../core/judge-rules.ts';
import { limits } from '../../core/limits.ts';
import { isHeavy } from '../../core/mirror.ts';
import type { Now } from '../../core/ports.ts';
import type { Sample } from '../../core/sample.ts';
import { canBeProbed, isLeftAlone } from './absence.ts';
import { addTokens } from './budget.ts';
import { isNumber, monotonicOf } from './lookups.ts';
import { addMark } from './loss.ts';
import type { HeldSample, Memory } from './memory.ts';
import { type MirrorMemory, primaryConnectionOf, type SeriesMemory, stateOf } from './mirror-memory.ts';
import type { FindingRule, RuleStep, StoredRow } from './rule.ts';

/** Causes on our own side that prevent a result about a mirror. */
const blinding: ReadonlySet<Because> = new Set(['resolver', 'local']);

/** Records that the canary was probed, and when its probe was planned. */
export function recordPlan(mirror: MirrorMemory, { due }: Sample): void {
  const { sight } = mirror;
  sight.wasProbed = true;
  if (due.purpose !== 'scheduled' || isLeftAlone(mirror)) return;
  if (sight.lastPlannedMs !== null)
    sight.plannedGapMs = Math.max(sight.plannedGapMs ?? 0, due.plannedAtMs - sight.lastPlannedMs);
  sight.lastPlannedMs = due.plannedAtMs;
}

/**
 * Records what a settled sample shows: the state of the canary, and whether the mirror serves the item. A scheduled
 * sample also earns tokens for the budget of extra probes.
 */
export function recordSettled(
  memory: Memory,
  mirror: MirrorMemory,
  series: SeriesMemory,
  { sample, response }: { readonly sample: Sample; readonly response: Sample },
  isJudged: boolean,
) {
  const { due, outcome } = sample;
  series.isSettled = true;
  if (due.target.canary) recordSight(memory, mirror, response, isJudged);
  if (due.purpose === 'scheduled') memory.confirm.budget = addTokens(memory.confirm.budget);
  if (!isJudged || isLeftAlone(mirror) || due.connection !== primaryConnectionOf(mirror.mirror)) return;
  if (outcome.tag === 'ok') series.item = 'served';
  else series.item = outcome.tag === 'failed' && outcome.failure.kind === 'absent' ? 'absent' : null;
}

function recordSight({ now }: Memory, { sight, row }: MirrorMemory, sample: Sample, isJudged: boolean): void {
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

/**
 * Records how slowly a mirror responds, with any status. Confirming probes of a mirror in doubt then wait longer, so a
 * slow mirror does not seem down.
 */
export function recordSlowness({ doubt, sight }: MirrorMemory, sample: Sample): void {
  const { due, outcome, rttMs, endedMonotonicMs } = sample;
  const isQuick = due.purpose === 'peek' || !isHeavy(due.target);
  if (rttMs === null || outcome.tag === 'unknown' || isSilent(outcome) || !isQuick) return;
  if (rttMs >= limits.roundTimeoutMsMin) sight.slow = { endedMs: endedMonotonicMs, rttMs };
  if (doubt !== null) doubt.slowestMs = Math.max(doubt.slowestMs, rttMs);
}

/**
 * True for a confirming probe that timed out, although a response of the mirror meanwhile took longer than its timeout.
 * The mirror is slow then, and the timeout shows nothing.
 */
export function isTooShort({ sight: { slow } }: MirrorMemory, { due, outcome, startedMonotonicMs }: Sample): boolean {
  if (due.purpose !== 'confirm' || outcome.tag !== 'failed' || !isTimeout(outcome.failure.kind)) return false;
  return slow !== null && slow.endedMs >= startedMonotonicMs && slow.rttMs >= due.timeoutMs;
}

/** Records what a sample shows about the network between us and a mirror. */
export function recordLine({ line }: MirrorMemory, sample: Sample, isResponse: boolean, nowMs: number): void {
  line.address = sample.remoteAddress ?? line.address;
  if (isResponse) line.respondedFromMs = Math.max(line.respondedFromMs ?? 0, sample.startedMonotonicMs);
  const { outcome } = sample;
  const isRefused = outcome.tag === 'failed' && ['refused', 'proxy'].includes(outcome.failure.kind);
  const result = isResponse ? 'responded' : isRefused ? 'refused' : 'silent';
  line.marks = addMark(line.marks, { sentMs: sample.startedMonotonicMs, atMs: nowMs, result });
}

export function restoreSight({ sight, line }: MirrorMemory, row: StoredRow, now: Now): void {
  const { lastOkAtMs, lastJudgedAtMs, lastOkRttMs, address } = row;
  sight.lastOkAtMs = numberOf(lastOkAtMs);
  sight.lastJudgedAtMs = numberOf(lastJudgedAtMs);
  sight.lastOkRttMs = numberOf(lastOkRttMs);
  line.address = typeof address === 'string' ? address : null;
  sight.judgedMonotonicMs = sight.lastJudgedAtMs === null ? null : monotonicOf(now, sight.lastJudgedAtMs);
  sight.hasOk = sight.lastOkAtMs !== null && now.wallMs - sight.lastOkAtMs <= limits.baselineAgeMsMax;
}

function numberOf(value: unknown): number | null {
  return isNumber(value) ? value : null;
}

/** Records whether each canary that may be probed was probed once. */
export function recordPass(memory: Memory): void {
  if (memory.us.passEnded) return;
  const canaries = [...memory.mirrors.values()].filter((mirror) => canBeProbed(memory, mirror));
  memory.us.passEnded = canaries.length > 0 && canaries.every((mirror) => mirror.sight.wasProbed);
}

const minuteMs = 60_000;
/**
 * Our request rate explains a 429 only if at least this many probes of rounds and builds started in the minute before.
 */
const extraMin = 3;
const toleratedShare = 0.9;
/** After a 429 that our request rate caused, later 429s count as caused by our rate for at most this long. */
const oursMsMax = 20 * minuteMs;
/** The time in which later refusals count as caused by our rate, if the response has no `Retry-After`. */
const unstatedWaitMs = 30_000;
/**
 * After a 429 that our request rate caused, confirming rounds get a new limit of probes per minute for this mirror. The
 * limit is this fraction of the requests in the minute before the 429, but at least `restMin`.
 */
const restShare = 0.5;
const restMin = 6;

export function recordRequest({ density }: MirrorMemory, { due, outcome, startedMonotonicMs }: Sample): void {
  density.requests = density.requests.filter(({ atMs }) => atMs > startedMonotonicMs - minuteMs);
  if (isServed(outcome)) density.tolerated = Math.max(density.tolerated, density.requests.length);
  const isConfirm = due.purpose === 'confirm';
  density.requests.push({ atMs: startedMonotonicMs, isExtra: isConfirm || due.purpose === 'build', isConfirm });
}

/** True if the mirror accepted the request. Wrong bytes show too that it did not refuse our rate. */
function isServed(outcome: Sample['outcome']): boolean {
  return outcome.tag === 'ok' || (outcome.tag === 'failed' && reasonWeight[outcome.failure.kind] === 'content');
}

/**
 * True for a refusal that our own request rate explains. Also updates the record of this rate.
 * @see docs/detection.md#rules-of-findings
 */
export function isRefusedForPace({ density }: MirrorMemory, sample: Sample, nowMs: number, without: Without): boolean {
  const { outcome, startedMonotonicMs } = sample;
  if (outcome.tag !== 'failed' || outcome.failure.kind !== 'throttled') {
    if (isServed(outcome) && !isWaiting(density, nowMs)) density.isOurs = false;
    return false;
  }
  if (isWaiting(density, nowMs)) return true;
  const before = requestsBefore(density, startedMonotonicMs);
  const isOurs = isDense(density, startedMonotonicMs);
  const waitMs = outcome.failure.retryAfterMs ?? (isOurs && !without.has('own-burst') ? unstatedWaitMs : 0);
  density.isOurs = waitMs > 0 && isOurs;
  density.waitUntilMs = Math.max(density.waitUntilMs, nowMs + Math.min(waitMs, limits.throttleMsMax));
  if (!density.isOurs) return false;
  density.oursUntilMs = nowMs + Math.min(waitMs, oursMsMax);
  density.most = Math.max(restMin, Math.floor(restShare * before.length));
  density.tolerated = 0;
  return true;
}

/** The statuses by which a server refuses requests for their rate; nginx sends 503 without `Retry-After`. */
const paceStatuses: ReadonlySet<number> = new Set([429, 503]);

/** The status of a refusal that a request rate may explain; `null`: the outcome is another one. */
function refusalStatusOf({ outcome }: Sample): number | null {
  if (outcome.tag !== 'failed' || !('status' in outcome.failure)) return null;
  return paceStatuses.has(outcome.failure.status) ? outcome.failure.status : null;
}

/**
 * Returns a sample as it counts if its status can be a refusal for the request rate:
 * - If our own request rate explains the refusal, it is a throttling response.
 * - Else, a 503 with `Retry-After` is a failure of the server, unless the mirror has served another request since its
 *   last such 503, and in the last minute. A cache whose server is dead sends 503 with `Retry-After` to every request.
 * @see docs/decisions/0217-refusals-after-our-own-burst.md
 */
export function withServerFailure({ density }: MirrorMemory, sample: Sample, without: Without): Sample {
  const { outcome, startedMonotonicMs, endedMonotonicMs } = sample;
  if (isServed(outcome)) {
    density.servedMs = endedMonotonicMs;
    density.busyBy = null;
  }
  const status = refusalStatusOf(sample);
  if (outcome.tag !== 'failed' || status === null) return sample;
  const isFirst = density.busyBy === null && endedMonotonicMs - density.servedMs <= minuteMs;
  // Probes of rounds that follow a refusal do not explain it.
  const { kind } = outcome.failure;
  const isStated = kind === 'throttled';
  if (!isStated && without.has('own-burst')) return sample;
  const mayBeOurs = density.busyBy !== 'others' && isDense(density, startedMonotonicMs, isStated);
  density.busyBy = mayBeOurs || isWaiting(density, endedMonotonicMs) ? 'us' : 'others';
  if (density.busyBy === 'us') {
    const failure = { kind: 'throttled', status, retryAfterMs: sample.retryAfterMs } as const;
    return isStated ? sample : { ...sample, outcome: { tag: 'failed', failure } };
  }
  if (isFirst || !isStated || status !== 503) return sample;
  return { ...sample, outcome: { tag: 'failed', failure: { kind: 'server', status } } };
}

/**
 * Our requests in the minute before `startedMs`. Requests before a wait do not explain a 429 after the wait: the mirror
 * knew of these requests when it sent the `Retry-After` of that wait.
 */
function requestsBefore({ requests, waitUntilMs }: MirrorMemory['density'], startedMs: number) {
  const fromMs = Math.max(startedMs - minuteMs, waitUntilMs);
  return requests.filter(({ atMs }) => atMs >= fromMs && atMs < startedMs);
}

/**
 * True if our request rate explains a refusal: it has many probes of rounds, and the mirror accepted no higher rate
 * before.
 * @param isStated  the response says that it is about the rate (429, `Retry-After`). Else only confirming probes explain
 *                  it, and only at a higher rate than any that the mirror accepted
 */
function isDense(density: MirrorMemory['density'], startedMs: number, isStated = true): boolean {
  const before = requestsBefore(density, startedMs);
  const isMore = isStated ? before.length >= toleratedShare * density.tolerated : before.length > density.tolerated;
  return isMore && before.filter((one) => (isStated ? one.isExtra : one.isConfirm)).length >= extraMin;
}

function isWaiting({ oursUntilMs }: MirrorMemory['density'], nowMs: number): boolean {
  return nowMs < oursUntilMs;
}

/**
 * Records the states in a rule's reaction, the rows that it makes due, and its requests. The requests wait for
 * `removeRequests`.
 */
export function recordStates(memory: Memory, rule: FindingRule, mirror: MirrorMemory, step: RuleStep<unknown>) {
  const { rowsDue, confirm } = memory;
  if (step.mirror !== undefined) mirror.states.set(rule.name, step.mirror);
  for (const [series, state] of step.series ?? []) {
    series.states[rule.name] = state;
    if (step.isUrgent === true) rowsDue.urgent.add(series);
  }
  if (step.dirty !== undefined) rowsDue.dirty.add(step.dirty);
  if (step.isDirty === true || step.rowIsDue === true) mirror.row.isDirty = true;
  if (step.rowIsDue === true) mirror.row.writtenAtMs = null;
  for (const request of step.requests ?? []) confirm.requests.push({ mirror, request });
}

/** A stored success older than this is written again, so that it does not expire. */
const rewriteMs = 24 * 3_600_000;

/** Recent round trips of a mirror, milliseconds, by step and connection. */
const stepTimes = { name: 'step times', none: () => new Map<string, readonly number[]>() };
const stepWindow = 64;

export function timesOf(mirror: MirrorMemory, key: string): readonly number[] {
  return stateOf(stepTimes, mirror).get(key) ?? [];
}

/**
 * Records that a mirror has served an item.
 * @param time.rttMs  `null`: the round trip does not count as usual (first fetch of a cache, or delayed by this
 * process)
 */
export function recordSuccess(
  memory: Memory,
  mirror: MirrorMemory,
  itemKey: string,
  time: { readonly key: string; readonly rttMs: number | null },
): void {
  const { wallMs } = memory.now;
  mirror.sight.hasOk = true;
  const seenAtMs = memory.seen.get(itemKey);
  if (seenAtMs === undefined || wallMs - seenAtMs >= rewriteMs) {
    memory.seen.set(itemKey, wallMs);
    memory.turn.rows.push({ table: 'seen', key: itemKey, atMs: wallMs, value: {} });
  }
  if (time.rttMs === null) return;
  const all = stateOf(stepTimes, mirror);
  all.set(time.key, [...(all.get(time.key) ?? []), time.rttMs].slice(-stepWindow));
}

/**
 * Removes the samples for which `isReady` returns true from the list of samples that wait for a verdict.
 * @returns the removed samples, in order of arrival
 */
export function removeHeld({ confirm }: Memory, isReady: (held: HeldSample) => boolean): readonly HeldSample[] {
  const ready: HeldSample[] = [];
  const waiting: HeldSample[] = [];
  for (const held of confirm.held) (isReady(held) ? ready : waiting).push(held);
  if (ready.length > 0) confirm.held = waiting;
  return ready;
}
