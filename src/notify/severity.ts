import type { Severity } from '../core/config.ts';
import { type Finding, type FindingKind, isDisputed } from '../core/finding.ts';

const severityOfKind: Readonly<Record<FindingKind, Severity>> = {
  mismatch: 'critical',
  outage: 'warning',
  unreliable: 'warning',
  throughput: 'warning',
  spike: 'warning',
  refusal: 'warning',
  lag: 'warning',
  certificate: 'warning',
  vantage: 'warning',
  self: 'warning',
  level_shift: 'info',
};

/** How grave a finding is; bytes that no authority calls wrong are no more than a warning. */
export function severityOf(finding: Pick<Finding, 'kind' | 'cause' | 'actionable'>): Severity {
  return isDisputed(finding) ? 'warning' : severityOfKind[finding.kind];
}

type SaidKey = `finding.${FindingKind | 'disputed' | 'fork'}`;

/** The text that says in a few words what a finding is; bytes that no authority calls wrong are no wrong bytes. */
export function saidKey({ kind, cause }: Pick<Finding, 'kind' | 'cause'>, disputed: boolean): SaidKey {
  if (disputed) return 'finding.disputed';
  return cause === 'fork' ? 'finding.fork' : `finding.${kind}`;
}
