import type { Advice } from '../core/advice.ts';
import { limits } from '../core/limits.ts';
import { isFaster } from './comparison/rank.ts';
import { isAuditDue } from './group.ts';
import type { Ledger } from './ledger.ts';
import { type TallyEntry, timeMsOf } from './tally.ts';
import type { View } from './view.ts';

/**
 * A mirror counts as more reliable only with at least this many fewer failed samples. A smaller difference may be
 * chance.
 */
const failuresApartMin = 2;

/** The maximum number of audit verdicts kept per upstream. */
const auditsKept = 500;

/** `regret`: the mirror that was left performed better; `no_regret`: it did not. `could_not_tell`: too few samples. */
export type AuditVerdict = 'regret' | 'no_regret' | 'could_not_tell';

/**
 * Whether the mirror that was left performed better than the advised one. Failures are compared first. If neither
 * mirror is clearly more reliable, the times of the canary (the probe that shows whether a mirror is up) decide.
 * @param input.to       canary samples of the advised mirror, oldest first
 * @param input.from     canary samples of the mirror that was left, oldest first
 * @param input.sinceMs  monotonic milliseconds; earlier samples do not count
 * @param input.minGain  the share by which times must be shorter to count as better, 0 to 1
 * @param input.by       which times are compared: `p95` if alerts of another system caused the advice, else `median`
 * @see docs/decisions/0007-regret.md
 */
export function auditVerdict(input: {
  readonly to: readonly TallyEntry[];
  readonly from: readonly TallyEntry[];
  readonly sinceMs: number;
  readonly minGain: number;
  readonly by: 'median' | 'p95';
}): AuditVerdict {
  const beginMs = Math.max(input.sinceMs, input.to[0]?.atMs ?? 0, input.from[0]?.atMs ?? 0);
  const within = (entry: TallyEntry): boolean => entry.round === null && entry.atMs >= beginMs;
  const to = input.to.filter(within);
  const from = input.from.filter(within);
  if (Math.min(to.length, from.length) < limits.measuredOk) return 'could_not_tell';
  if (isMoreReliable(from, to)) return 'regret';
  if (isMoreReliable(to, from)) return 'no_regret';
  const [toMs, fromMs] = [to, from].map((entries) => timeMsOf(entries, input.by === 'p95' ? 0.95 : 0.5));
  return toMs != null && fromMs != null && isFaster(toMs, fromMs, input.minGain) ? 'regret' : 'no_regret';
}

function isMoreReliable(one: readonly TallyEntry[], other: readonly TallyEntry[]): boolean {
  const [few, many] = [failedOf(one), failedOf(other)];
  return few / one.length < many / other.length && many - few >= failuresApartMin;
}

function failedOf(entries: readonly TallyEntry[]): number {
  return entries.filter((entry) => entry.tag === 'failed').length;
}

export function auditInTime(view: View, ledger: Ledger): void {
  const { group, now, config } = view;
  if (now.monotonicMs - (group.moves.accept?.atMs ?? now.monotonicMs) >= config.advise.ttlMs) closeAudit(view, ledger);
  else if (isAuditDue(group.moves.accept, now.monotonicMs, config)) recordAudits(view, ledger);
}

/** Audits the last accepted advice now. If there are too few samples for a verdict, the audit is dropped. */
export function closeAudit(view: View, ledger: Ledger): void {
  recordAudits(view, ledger);
  if (view.group.audit === null) return;
  view.group.audit = null;
  ledger.touch(view.group);
}

/**
 * True for advice that is audited. Not audited: a failback (the switch back to the first declared mirror), a client
 * setting, and a switch away from wrong bytes.
 */
export function isAudited(advice: Advice): boolean {
  return advice.cause !== 'failback' && advice.cause !== 'mismatch' && advice.bypass == null;
}

function recordAudits(view: View, ledger: Ledger): void {
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
  group.audited = [...group.audited, seen].slice(-auditsKept);
  if (isRegret) ledger.note('regretted', advice);
  group.audit = null;
  ledger.touch(group);
}
