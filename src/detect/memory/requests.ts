import { limits } from '../../core/limits.ts';
import { addTokens, type Budget } from './budget.ts';
import type { HeldSample, Memory } from './memory.ts';
import type { MirrorMemory } from './mirror-memory.ts';
import type { Recheck, Round } from './moments.ts';
import type { Request } from './rule.ts';

export function keepHeld({ confirm: { held } }: Memory, sample: HeldSample): void {
  held.push(sample);
}

/** Removes the held samples that no longer wait. @returns them, in order of arrival */
export function removeHeld({ confirm }: Memory, isReady: (held: HeldSample) => boolean): readonly HeldSample[] {
  const ready: HeldSample[] = [];
  const waiting: HeldSample[] = [];
  for (const held of confirm.held) (isReady(held) ? ready : waiting).push(held);
  if (ready.length > 0) confirm.held = waiting;
  return ready;
}

/** A request of a rule, with the mirror that it is about. */
export interface RequestOf {
  readonly mirror: MirrorMemory;
  readonly request: Request;
}

export function enqueueRequest({ confirm: { requests } }: Memory, request: RequestOf): void {
  requests.push(request);
}

/** Removes all requests. @returns them, in order */
export function removeRequests({ confirm: { requests } }: Memory): readonly RequestOf[] {
  return requests.splice(0);
}

export function recordBudget({ confirm }: Memory, budget: Budget): void {
  confirm.budget = budget;
}

/** Adds what a settled scheduled sample earns. */
export function fillBudget(memory: Memory): void {
  recordBudget(memory, addTokens(memory.confirm.budget));
}

/** Records when a heavy question was rechecked. */
export function recordHeavyRecheck({ confirm: { heavyRechecks }, now }: Memory, key: string): void {
  heavyRechecks.set(key, now.monotonicMs);
}

/** Drops times that are too old to delay another probe. */
export function pruneHeavyRechecks({ confirm: { heavyRechecks }, now }: Memory): void {
  for (const [key, atMs] of heavyRechecks)
    if (now.monotonicMs - atMs >= limits.heavyRecheckMs) heavyRechecks.delete(key);
}

export function openRecheck(round: Round, key: string, recheck: Omit<Recheck, 'settled'>): void {
  round.rechecks.set(key, { ...recheck, settled: 0 });
}

/** Adds another order to a recheck that is running. */
export function widenRecheck(known: Recheck, order: Omit<Recheck, 'settled' | 'target'>, nowMs: number): void {
  known.untilMs = Math.max(known.untilMs, order.untilMs);
  known.stepMs = Math.min(known.stepMs, order.stepMs);
  known.nextAtMs = Math.min(known.nextAtMs, Math.max(order.nextAtMs, nowMs));
  known.isUrgent ||= order.isUrgent;
  if (order.reason === 'ordered') known.reason = order.reason;
  const both = new Set([order.registry, ...(order.registries ?? []), ...(known.registries ?? [])]);
  known.registries = known.registries === null || order.registries === null ? null : both;
}

/** A recheck waits until `firstMs`, and ends at `untilMs`. */
export function renewRecheck(known: Recheck, firstMs: number, untilMs: number): void {
  known.nextAtMs = firstMs;
  known.untilMs = untilMs;
}

export function recordStep(recheck: Recheck, nowMs: number): void {
  recheck.nextAtMs = nowMs + recheck.stepMs;
}

/** Counts good responses in a row. @returns the count */
export function countSettled(recheck: Recheck, isGood: boolean): number {
  recheck.settled = isGood ? recheck.settled + 1 : 0;
  return recheck.settled;
}

export function dropRechecks(round: Round, isOver: (recheck: Recheck) => boolean): void {
  for (const [key, recheck] of round.rechecks) if (isOver(recheck)) round.rechecks.delete(key);
}
