import type { SpikeRule } from '../../core/config.ts';
import type { RecheckOrder } from '../../core/due.ts';
import { limits } from '../../core/limits.ts';
import { isHeavy, questionOf, type Target, targetId } from '../../core/mirror.ts';
import type { Sample } from '../../core/sample.ts';
import { canBeProbed, isLeftAlone } from '../memory/absence.ts';
import type { Memory } from '../memory/memory.ts';
import { type MirrorMemory, mirrorsOf, type SeriesMemory } from '../memory/mirror-memory.ts';
import { type Recheck, type Round, retryAtMs, roundFor } from '../memory/moments.ts';
import type { Request, RuleInput, RuleView } from '../memory/rule.ts';
import { outageOf } from '../outage/state.ts';
import { speedOf } from '../rules/speed.ts';
import { isSlow } from '../rules/threshold.ts';
import { closeDoubt, closeDoubtOf, updateDoubt } from './doubt.ts';

/** The recheck (repeated probes) of a slow target ends after this many ok responses in a row that are not slow. */
const settledResponses = 3;

/**
 * Carries out what the rules have requested since the last call: unplanned probes, and starts and ends of doubts
 * (unconfirmed failures). Keeps their order.
 */
export function sendRequests(memory: Memory): void {
  for (const { mirror, request } of memory.confirm.requests.splice(0)) send(memory, mirror, request);
}

function send(memory: Memory, mirror: MirrorMemory, request: Request): void {
  switch (request.kind) {
    case 'recheck':
      memory.turn.rechecks.push(request.target);
      return;
    case 'throttled':
      return requestThrottled(memory, mirror, request.target);
    case 'refused':
    case 'slow':
      return requestAgain(memory, mirror, request.sample, request.kind);
    case 'back':
      return requestBack(memory, mirror, request.target);
    case 'peek':
      memory.turn.peeks.push(request.peek);
      return;
    case 'doubt':
      return updateDoubt(memory, mirror, request);
    case 'certain':
      return request.target === null ? closeDoubt(memory, mirror) : closeDoubtOf(memory, mirror, request.target);
    default:
      request satisfies never;
  }
}

/**
 * Starts a recheck or a peek (a probe of the first bytes only). A heavy target (an artifact download) with `forMs` 0 is
 * probed once at each mirror. Peeks and downloads that cannot start are added to `turn.declined`, as are all orders for
 * an unknown mirror or target.
 */
export function requestRecheck(memory: Memory, order: RecheckOrder): void {
  const mirror = memory.mirrors.get(order.registry);
  const target = mirror === undefined ? null : targetAt(memory, mirror, order.target);
  if (mirror === undefined || target === null) {
    memory.turn.declined.push({ order, isKnown: false });
    return;
  }
  const isDownload = isHeavy(target) && order.forMs === 0;
  if (order.isPeek || isDownload) {
    const isSuspect = memory.confirm.suspicions.has(mirror.egress);
    const start = order.isPeek ? peek : requestHeavy;
    if (isSuspect || !start(memory, mirror, target, order)) memory.turn.declined.push({ order, isKnown: true });
  } else startRecheck(memory, mirror, target, { ...order, firstMs: memory.now.monotonicMs, reason: 'ordered' });
}

/**
 * Orders a probe of the first bytes of an artifact.
 * @returns true; false if the mirror may not be probed, or the budget is too small
 */
function peek(memory: Memory, mirror: MirrorMemory, target: Target, order: RecheckOrder): boolean {
  if (!canBeProbed(memory, mirror) || !memory.confirm.budget.payPeek()) return false;
  memory.turn.peeks.push({ target, family: null, order });
  return true;
}

/**
 * Orders one download from each mirror that the order names, or from every mirror of the upstream if its `registries`
 * is `null`.
 * @returns true; false if the budget is too small, no mirror may be probed, or the last such order is too recent
 */
function requestHeavy(memory: Memory, mirror: MirrorMemory, target: Target, order: RecheckOrder): boolean {
  const key = `${mirror.roundKey} ${keyOfQuestion(target)}`;
  const lastMs = memory.confirm.heavyRechecks.get(key);
  const nowMs = memory.now.monotonicMs;
  const isPaced = order.stepMs > limits.heavyRecheckMs;
  if (!isPaced && lastMs !== undefined && nowMs - lastMs < order.stepMs) return false;
  const wanted = order.registries === null ? null : new Set([order.registry, ...order.registries]);
  const targets = [...mirrorsOf(memory, mirror.roundKey)].flatMap((one) => {
    if (!canBeProbed(memory, one) || (wanted !== null && !wanted.has(one.mirror.name))) return [];
    const own = targetAt(memory, one, target);
    return own === null ? [] : [own];
  });
  if (targets.length === 0 || !memory.confirm.budget.pay(targets.length, order.isUrgent)) return false;
  if (!isPaced) memory.confirm.heavyRechecks.set(key, memory.now.monotonicMs);
  memory.turn.rechecks.push(...targets);
  return true;
}

/**
 * Repeats a slow or refused probe at all mirrors of the upstream, to find out whether the other mirrors are affected
 * too.
 */
function requestAgain(memory: Memory, mirror: MirrorMemory, sample: Sample, reason: 'slow' | 'refused'): void {
  const { target } = sample.due;
  if (isHeavy(target)) {
    const once = { registry: target.registry, target, registries: null, forMs: 0, stepMs: limits.heavyRecheckMs };
    return requestRecheck(memory, { ...once, isUrgent: false, isPeek: false });
  }
  const forMs = reason === 'slow' ? limits.roundMs : memory.config.detect.outage.overMs + 2 * limits.roundStepMs;
  startRecheck(memory, mirror, target, { reason, firstMs: retryAtMs(memory.now, sample), forMs });
}

/**
 * Repeats a throttled light request when the wait that the mirror requested ends, because a single 429 may be chance.
 */
function requestThrottled(memory: Memory, mirror: MirrorMemory, target: Target): void {
  const untilMs = mirror.absence.throttled.get(target.step);
  if (untilMs === undefined || isHeavy(target)) return;
  const firstMs = Math.max(memory.now.monotonicMs, untilMs);
  const known = memory.confirm.rounds.get(mirror.roundKey)?.rechecks.get(keyOfQuestion(target));
  if (known?.reason === 'throttled' && known.registry === mirror.mirror.name) {
    Object.assign(known, { nextAtMs: firstMs, untilMs: firstMs + limits.roundMs });
    return;
  }
  startRecheck(memory, mirror, target, { reason: 'throttled', firstMs, stepMs: limits.roundMs });
}

function requestBack(memory: Memory, mirror: MirrorMemory, target: Target): void {
  if (isHeavy(target)) return;
  const firstMs = memory.now.monotonicMs + limits.roundStepMs;
  startRecheck(memory, mirror, target, { reason: 'back', firstMs, registries: [] });
}

/** Absent: of every mirror that has the target, for `limits.roundMs`, each `limits.roundStepMs`, not urgent. */
interface RecheckStart extends Partial<Pick<RecheckOrder, 'registries' | 'forMs' | 'stepMs' | 'isUrgent'>> {
  readonly reason: Recheck['reason'];
  readonly firstMs: number;
}

function startRecheck(
  memory: Memory,
  mirror: MirrorMemory,
  target: Target,
  { reason, firstMs, registries: named = null, forMs = limits.roundMs, isUrgent = false, ...order }: RecheckStart,
): void {
  if (!mayBeRechecked(memory, mirror, reason)) return;
  const round = memory.confirm.rounds.get(mirror.roundKey);
  const key = keyOfQuestion(target);
  const known = round?.rechecks.get(key);
  const untilMs = firstMs + forMs;
  const stepMs = Math.max(limits.roundStepMs, order.stepMs ?? 0);
  const registries = named === null ? null : new Set(named);
  const registry = mirror.mirror.name;
  const wanted = { target, registry, registries, untilMs, stepMs, nextAtMs: firstMs, isUrgent, reason };
  if (known !== undefined) return widen(known, wanted, memory.now.monotonicMs);
  // A recheck of a slow target must leave enough of the budget to confirm failures and for rechecks that advice
  // requests.
  const requests = 1 + (registries?.size ?? 1) + (reason === 'slow' ? limits.roundTokensKept : 0);
  if (reason !== 'back' && !memory.confirm.budget.canPay(requests, isUrgent)) return;
  roundFor(memory, mirror.roundKey, firstMs).rechecks.set(key, { ...wanted, settled: 0 });
}

/** Merges another order into a recheck (repeated probes) that is running. */
function widen(known: Recheck, order: Omit<Recheck, 'settled' | 'target'>, nowMs: number): void {
  known.untilMs = Math.max(known.untilMs, order.untilMs);
  known.stepMs = Math.min(known.stepMs, order.stepMs);
  known.nextAtMs = Math.min(known.nextAtMs, Math.max(order.nextAtMs, nowMs));
  known.isUrgent ||= order.isUrgent;
  if (order.reason === 'ordered') known.reason = order.reason;
  const both = new Set([order.registry, ...(order.registries ?? []), ...(known.registries ?? [])]);
  known.registries = known.registries === null || order.registries === null ? null : both;
}

export function dropRechecks(round: Round, isOver: (recheck: Recheck) => boolean): void {
  for (const [key, recheck] of round.rechecks) if (isOver(recheck)) round.rechecks.delete(key);
}

/** Deletes recorded times of heavy rechecks (artifact downloads) that are too long ago to delay another one. */
export function pruneHeavyRechecks({ confirm: { heavyRechecks }, now }: Memory): void {
  for (const [key, atMs] of heavyRechecks)
    if (now.monotonicMs - atMs >= limits.heavyRecheckMs) heavyRechecks.delete(key);
}

/**
 * True if the mirror may be rechecked (probed repeatedly) for this reason. A throttled mirror may be rechecked only for
 * reason `throttled`.
 */
function mayBeRechecked(memory: Memory, mirror: MirrorMemory, reason: Recheck['reason']): boolean {
  if (memory.confirm.suspicions.has(mirror.egress)) return false;
  return reason === 'throttled' ? !isLeftAlone(mirror) : canBeProbed(memory, mirror);
}

export function updateRecheck(memory: Memory, input: RuleInput): void {
  const { mirror, sample } = input;
  const round = memory.confirm.rounds.get(mirror.roundKey);
  const recheck = round?.rechecks.get(keyOfQuestion(sample.due.target));
  if (round === undefined || recheck === undefined) return;
  if (recheck.registry !== mirror.mirror.name || sample.due.purpose !== 'confirm') return;
  if (isDone(recheck, input, memory.config.detect.spike)) dropRechecks(round, (one) => one === recheck);
}

/** Counts a response of a recheck (repeated probes). Returns true if this response ends the recheck. */
function isDone(recheck: Recheck, { series, sample }: RuleInput, rule: SpikeRule): boolean {
  const isOk = sample.outcome.tag === 'ok';
  const isGood = isOk && !isSlowAt(series, sample, rule);
  switch (recheck.reason) {
    case 'ordered':
      return false;
    case 'slow':
      recheck.settled = isGood ? recheck.settled + 1 : 0;
      return recheck.settled >= settledResponses;
    case 'refused':
    case 'throttled':
      return isOk;
    case 'back':
      // A failure ends the recheck too: scheduled probes then show when the target is back.
      return !isOk || !outageOf(series).isOut;
    default:
      return recheck.reason satisfies never;
  }
}

/** True if the response took much longer than the median of its target. */
export function isSlowAt(series: SeriesMemory, { rttMs, due }: Sample, rule: SpikeRule): boolean {
  const { medianMs } = speedOf(series).baseline;
  return rttMs !== null && isSlow(rttMs, { medianMs }, rule, due.timeoutMs) === true;
}

export function expireRechecks(memory: Memory, round: Round): void {
  dropRechecks(round, ({ untilMs, registry, reason }) => {
    const mirror = memory.mirrors.get(registry);
    const isOver = untilMs <= memory.now.monotonicMs || mirror === undefined;
    return isOver || !mayBeRechecked(memory, mirror, reason);
  });
}

/**
 * What the concurrent probes of one moment request: each mirror's canary, or one target at the mirrors that have it.
 */
export type Question = 'canary' | Target;

/**
 * The key of a question (a target to probe at several mirrors), unique within an upstream. A target that is a canary
 * has the key `canary`.
 */
export function keyOfQuestion(question: Question): string {
  return question === 'canary' || question.canary ? 'canary' : questionOf(question);
}

export function targetAt(view: Pick<RuleView, 'targets'>, mirror: MirrorMemory, question: Question): Target | null {
  if (question === 'canary' || question.canary) return mirror.canary;
  const { module, version, step } = question;
  return view.targets.get(targetId(mirror.mirror.name, module, version, step)) ?? null;
}
