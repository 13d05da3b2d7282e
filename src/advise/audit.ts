import type { Advice } from '../core/advice.ts';
import { limits } from '../core/limits.ts';
import { measuredOf } from './expected.ts';
import type { Ledger } from './ledger.ts';
import { isFaster } from './rank.ts';
import { type Entry, medianMs } from './tally.ts';
import type { View } from './view.ts';

/** An accepted advice is looked back at after so many `hold`, if it has not ended before. */
const auditHolds = 3;
/** Failed answers apart below which two mirrors failed alike: fewer are chance. */
const failuresApartMin = 2;

/** Verdicts remembered of one upstream: a year of more than one a day. */
const lookedBackKept = 500;

/** What became of a move. `could_not_tell`: too few answers of either mirror, neither regret nor success. */
export type AuditVerdict = 'regret' | 'no_regret' | 'could_not_tell';

/**
 * Whether the mirror that was left would have been the better one, by the rules of the advice itself: failures first
 * (a lower share, two or more apart), then the time of the canary (by `minGain` and 10 ms).
 *
 * Both are judged over one stretch: from the accept, or from where the memory of both begins. Answers in confirming
 * rounds are left out, as they are asked more often of a mirror in trouble.
 * @param input.to       the canary's answers of the advised mirror, oldest first
 * @param input.from     those of the mirror left
 * @param input.sinceMs  the accept, monotonic milliseconds
 * @param input.minGain  relative, 0 to 1
 * @param input.by       `p95` where an objective was missed, which is about the tail
 * @see docs/decisions/0007-regret.md
 */
export function auditVerdict(input: {
  readonly to: readonly Entry[];
  readonly from: readonly Entry[];
  readonly sinceMs: number;
  readonly minGain: number;
  readonly by: 'median' | 'p95';
}): AuditVerdict {
  const beginMs = Math.max(input.sinceMs, input.to[0]?.atMs ?? 0, input.from[0]?.atMs ?? 0);
  const within = (entry: Entry): boolean => entry.round === null && entry.atMs >= beginMs;
  const to = input.to.filter(within);
  const from = input.from.filter(within);
  if (Math.min(to.length, from.length) < limits.measuredOk) return 'could_not_tell';
  if (isMoreReliable(from, to)) return 'regret';
  if (isMoreReliable(to, from)) return 'no_regret';
  const timeMs = (entries: readonly Entry[]): number | null =>
    input.by === 'p95' ? measuredOf(entries).p95Ms : medianMs(entries);
  const [toMs, fromMs] = [timeMs(to), timeMs(from)];
  return toMs !== null && fromMs !== null && isFaster(toMs, fromMs, input.minGain) ? 'regret' : 'no_regret';
}

/** A lower share of failed answers, and two or more failures apart. */
function isMoreReliable(one: readonly Entry[], other: readonly Entry[]): boolean {
  const [few, many] = [failedOf(one), failedOf(other)];
  return few / one.length < many / other.length && many - few >= failuresApartMin;
}

function failedOf(entries: readonly Entry[]): number {
  return entries.filter((entry) => entry.tag === 'failed').length;
}

/**
 * Looks back at the advice accepted last once it has stood for 3 × `hold`; where there are too few answers then (a
 * restart forgets them), again until there are enough or it ends, at `ttl` at the latest.
 */
export function auditInTime(view: View, ledger: Ledger): void {
  const { group, now, config } = view;
  const agedMs = now.monotonicMs - (group.lastAcceptMs ?? now.monotonicMs);
  if (agedMs >= config.advise.ttlMs) closeAudit(view, ledger);
  else if (agedMs >= auditHolds * config.advise.holdMs) lookBack(view, ledger);
}

/** Looks back at the advice accepted last for the last time: to be called before it ends. */
export function closeAudit(view: View, ledger: Ledger): void {
  lookBack(view, ledger);
  if (view.group.audit === null) return;
  view.group.audit = null;
  ledger.touch(view.group);
}

/** Whether an advice that is accepted is to be looked back at: a way home or a switch is no move, wrong bytes are never missed. */
export function isAudited(advice: Advice): boolean {
  return advice.cause !== 'failback' && advice.cause !== 'mismatch' && advice.bypass == null;
}

function lookBack(view: View, ledger: Ledger): void {
  const { group, config } = view;
  const advice = group.audit;
  if (advice === null || group.lastAcceptMs === null) return;
  const verdict = auditVerdict({
    to: view.tallyOf(advice.to).canary,
    from: view.tallyOf(advice.from).canary,
    sinceMs: group.lastAcceptMs,
    minGain: config.advise.minGain,
    by: advice.cause === 'slo' ? 'p95' : 'median',
  });
  if (verdict === 'could_not_tell') return;
  const isRegret = verdict === 'regret';
  const { ecosystem, upstream } = group;
  const seen = { ecosystem, upstream, atMs: view.now.wallMs, isRegret };
  group.lookedBack = [...group.lookedBack, seen].slice(-lookedBackKept);
  if (isRegret) ledger.note('regretted', advice);
  group.audit = null;
  ledger.touch(group);
}
