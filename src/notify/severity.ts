import { type Finding, type FindingKind, isDisputed, kindTraits, type Severity } from '../core/finding.ts';

/** How grave a finding is; bytes that no authority calls wrong are no more than a warning. */
export function severityOf(finding: Pick<Finding, 'kind' | 'cause' | 'actionable'>): Severity {
  return isDisputed(finding) ? 'warning' : kindTraits[finding.kind].severity;
}

type SaidKey = `finding.${FindingKind | 'disputed' | 'fork'}`;

/** The text that says in a few words what a finding is; bytes that no authority calls wrong are no wrong bytes. */
export function saidKey({ kind, cause }: Pick<Finding, 'kind' | 'cause'>, disputed: boolean): SaidKey {
  if (disputed) return 'finding.disputed';
  return cause === 'fork' ? 'finding.fork' : `finding.${kind}`;
}
