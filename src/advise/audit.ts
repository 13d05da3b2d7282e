import type { Advice } from '../core/advice.ts';
import { limits } from '../core/limits.ts';
import { isFaster } from './comparison/rank.ts';
import { isAuditDue } from './group.ts';
import { changeState, type Ledger } from './ledger.ts';
import { type TallyEntry, timeMsOf } from './tally.ts';
import type { View } from './view.ts';

/**
 * A mirror counts as more reliable only with at least this many fewer failed samples. A smaller difference may be
 * chance.
 */
const failuresApartMin = 2;

/** The maximum number of audit verdicts kept per upstream. */
const auditsKept = 500;

/**
 * True if the mirror that was left performed better than the advised one; `null`: too few samples. Failures are compared
 * first. If neither mirror is clearly more reliable, the times of the canary (the probe that shows whether a mirror is
 * up) decide: their 95th percentile if alerts of another system caused the advice, else their median.
 * @param sinceMs  monotonic milliseconds; earlier samples do not count
 * @see docs/decisions/0007-accepted-advice-is-audited-once.md
 */
export function isRegretted(
  { tallyOf, config }: Pick<View, 'tallyOf' | 'config'>,
  advice: Pick<Advice, 'to' | 'from' | 'cause'>,
  sinceMs: number,
): boolean | null {
  const stored = [advice.to, advice.from].map((name) => tallyOf(name).canary);
  const beginMs = Math.max(sinceMs, ...stored.map(([first]) => first?.atMs ?? 0));
  const [to = [], from = []] = stored.map((all) => all.filter(({ round, atMs }) => round === null && atMs >= beginMs));
  if (Math.min(to.length, from.length) < limits.measuredOk) return null;
  if (isMoreReliable(from, to)) return true;
  if (isMoreReliable(to, from)) return false;
  const [toMs, fromMs] = [to, from].map((entries) => timeMsOf(entries, advice.cause === 'slo' ? 0.95 : 0.5));
  return toMs != null && fromMs != null && isFaster(toMs, fromMs, config.advise.minGain);
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

/** Ends the accepted advice: it is audited, and the declared chain counts as the one in use again. */
export function release(view: View, state: 'superseded' | 'expired', ledger: Ledger): void {
  const { group } = view;
  closeAudit(view, ledger);
  if (group.accepted === null) return;
  ledger.note(group, state, changeState(group.accepted.advice, state, ledger.now));
  group.accepted = null;
  group.chain = group.declared;
}

/** Audits the last accepted advice now. If there are too few samples for a verdict, the audit is dropped. */
function closeAudit(view: View, ledger: Ledger): void {
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
  const { group } = view;
  const advice = group.audit;
  const { accept } = group.moves;
  if (advice === null || accept === null) return;
  const isRegret = isRegretted(view, advice, accept.atMs);
  if (isRegret === null) return;
  const { kind, upstream } = group;
  const seen = { ecosystem: kind.id, upstream, atMs: view.now.wallMs, isRegret };
  group.audited = [...group.audited, seen].slice(-auditsKept);
  if (isRegret) ledger.note(group, 'regretted', advice);
  group.audit = null;
  ledger.touch(group);
}
