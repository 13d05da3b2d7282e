import { actionLabel } from '../../core/evidence.ts';
import type { Severity } from '../../core/finding.ts';
import type { RuleParameters } from './parameters.ts';

/** One recording rule. */
export interface RecordingRule {
  /** `level:metric:operations`; the levels are in `levels`. */
  readonly record: string;
  /** PromQL. */
  readonly expr: string;
  /** One sentence for the page of rules: what it says and what it is for. */
  readonly says: string;
  /** Series that one evaluation reads and writes at so many targets. */
  readonly cost: (site: Site) => { readonly reads: number; readonly writes: number };
}

/** One alert. */
export interface AlertRule {
  /** `Mirror…`: about a mirror; `Vantage…`: about a place; `Mirrorwatch…`: about a daemon. Alertmanager's routes match on it. */
  readonly alert: string;
  /** Why the expression is as it is; printed as a comment. */
  readonly why?: string;
  readonly expr: string;
  /** Seconds that the expression must hold; 0: none. */
  readonly forSeconds: number;
  /** Seconds that it goes on firing afterwards, so that a gap does not resolve it; 0: none. */
  readonly keepFiringSeconds: number;
  readonly severity: Severity;
  /** Why it is a page, a ticket, or only to be known: one clause for docs/rules.md. */
  readonly worth: string;
  /** Evidence for the daemon: what it may answer with advice. See `mirrorAction`. */
  readonly isEvidence?: true;
  readonly summary: string;
  readonly description: string;
}

/** Rules that are evaluated one after the other, in this order. */
export interface RuleGroup {
  readonly name: string;
  /** Seconds between two evaluations; `null`: as Prometheus is configured. */
  readonly intervalSeconds: number | null;
  /** Printed above the group. */
  readonly about: string;
  readonly recordings: readonly RecordingRule[];
  readonly alerts: readonly AlertRule[];
}

/** A part of the rules, for given numbers. */
export type GroupOf = (parameters: RuleParameters) => RuleGroup;

/** How large a site is, for the cost of a rule. */
export interface Site {
  /** Daemons in as many places, each watching everything below. */
  readonly vantages: number;
  readonly mirrors: number;
  /** Mirror × module × version × step, of one daemon. */
  readonly targets: number;
  /** Those of light steps among them: they have baselines. */
  readonly lightTargets: number;
  /** Steps of a mirror. */
  readonly steps: number;
  /** Buckets of the histogram of round trips, `+Inf` included. */
  readonly buckets: number;
  /** Reasons of the failure counter. */
  readonly reasons: number;
}

/**
 * The label and its value that make an alert evidence for the daemon: with `registry`, and `vantage` its own or none,
 * `POST /api/v1/alertmanager` takes it as reason for a confirming round and a new look at the advice.
 */
export const mirrorAction = actionLabel;

/** The labels of each level of the recording rules. `vantage` comes from Prometheus's scrape target; without it, it is one place. */
export const levels = {
  target: ['vantage', 'ecosystem', 'registry', 'module', 'version', 'step', 'connection'],
  registry_step: ['vantage', 'ecosystem', 'registry', 'step', 'connection'],
  registry: ['vantage', 'ecosystem', 'registry'],
  everywhere: ['ecosystem', 'registry'],
} as const satisfies Record<string, readonly string[]>;

/** `by (…)` of one level, with labels added behind. */
export function by(level: keyof typeof levels, ...more: readonly string[]): string {
  return `by (${[...levels[level], ...more].join(', ')})`;
}
