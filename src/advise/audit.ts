import type { Advice } from '../core/advice.ts';
import { limits } from '../core/limits.ts';
import type { Ledger } from './ledger.ts';
import { measuredOf } from './measured.ts';
import { isFaster } from './rank.ts';
import { type Entry, medianMsOf } from './tally.ts';
import type { View } from './view.ts';

/** An accepted advice is audited after this many times `hold`, or at its end if that is earlier. */
const auditHolds = 3;
/** Fewer failed samples apart than this may be chance: the two mirrors count as equally reliable. */
const failuresApartMin = 2;

/** Verdicts kept per upstream: more than one a day for a year. */
const lookedBackKept = 500;

/** The verdict on a move. `could_not_tell`: too few samples of one mirror. */
export type AuditVerdict = 'regret' | 'no_regret' | 'could_not_tell';

/**
 * Whether the mirror that was left would have been the better one: by failures, else by the time of the canary. Both are
 * judged from the accept, or from the start of the shorter memory. Samples of confirming rounds are left out, because a
 * mirror in trouble has more of them.
 * @param input.to       canary samples of the advised mirror, oldest first; `from`: of the mirror that was left
 * @param input.sinceMs  the accept, monotonic milliseconds
 * @param input.minGain  0 to 1
 * @param input.by       `p95` for an advice that an alert of another system caused: such alerts are about the tail
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
    input.by === 'p95' ? measuredOf(entries).p95Ms : medianMsOf(entries);
  const [toMs, fromMs] = [timeMs(to), timeMs(from)];
  return toMs !== null && fromMs !== null && isFaster(toMs, fromMs, input.minGain) ? 'regret' : 'no_regret';
}

function isMoreReliable(one: readonly Entry[], other: readonly Entry[]): boolean {
  const [few, many] = [failedOf(one), failedOf(other)];
  return few / one.length < many / other.length && many - few >= failuresApartMin;
}

function failedOf(entries: readonly Entry[]): number {
  return entries.filter((entry) => entry.tag === 'failed').length;
}

/** Audits the last accepted advice `auditHolds` × `hold` after the accept; with too few samples again, until `ttl`. */
export function auditInTime(view: View, ledger: Ledger): void {
  const { group, now, config } = view;
  const agedMs = now.monotonicMs - (group.moves.accept?.atMs ?? now.monotonicMs);
  if (agedMs >= config.advise.ttlMs) closeAudit(view, ledger);
  else if (agedMs >= auditHolds * config.advise.holdMs) lookBack(view, ledger);
}

/** Audits the last accepted advice for the last time. */
export function closeAudit(view: View, ledger: Ledger): void {
  lookBack(view, ledger);
  if (view.group.audit === null) return;
  view.group.audit = null;
  ledger.touch(view.group);
}

/** False for a failback, for a client setting, and where the mirror that was left served wrong bytes. */
export function isAudited(advice: Advice): boolean {
  return advice.cause !== 'failback' && advice.cause !== 'mismatch' && advice.bypass == null;
}

function lookBack(view: View, ledger: Ledger): void {
  const { group, config } = view;
  const advice = group.audit;
  const { accept } = group.moves;
  if (advice === null || accept === null) return;
  const verdict = auditVerdict({
    to: view.tallyOf(advice.to).canary,
    from: view.tallyOf(advice.from).canary,
    sinceMs: accept.atMs,
    minGain: config.advise.minGain,
    by: advice.cause === 'slo' ? 'p95' : 'median',
  });
  if (verdict === 'could_not_tell') return;
  const isRegret = verdict === 'regret';
  const { kind, upstream } = group;
  const seen = { ecosystem: kind.id, upstream, atMs: view.now.wallMs, isRegret };
  group.lookedBack = [...group.lookedBack, seen].slice(-lookedBackKept);
  if (isRegret) ledger.note('regretted', advice);
  group.audit = null;
  ledger.touch(group);
}
