import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** One alert of alerts/mirrorwatch.yml. */
export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly keep_firing_for?: string;
  readonly labels: { readonly severity: string; readonly mirror_action?: string };
  readonly annotations: {
    readonly summary: string;
    readonly description: string;
    readonly runbook_url: string;
    readonly dashboard_url: string;
  };
}

/** One recording rule of alerts/mirrorwatch.yml. */
export type RecordingRule = { readonly record: string; readonly expr: string };

/** Rules that are evaluated one after the other. */
export type Group = { readonly name: string; readonly rules: readonly (AlertRule | RecordingRule)[] };

const text = readFileSync(join(import.meta.dirname, '../../alerts/mirrorwatch.yml'), 'utf8');

/** Every group, in the order of the file. */
export const groups = (parse(text) as { readonly groups: readonly Group[] }).groups;
const rules = groups.flatMap((group) => group.rules);

/** Every alert, in the order of the file. */
export const alertRules = rules.filter((rule) => 'alert' in rule);

/** Every recording rule, in the order of the file. */
export const recordingRules = rules.filter((rule) => 'record' in rule);

/**
 * Of some groups nothing but these alerts and records and what they read: each rule costs at every minute of a story.
 * @param of  absent: those of the file
 */
export function groupsFor(names: readonly string[], of: readonly Group[] = groups): readonly Group[] {
  const all = of.flatMap((group) => group.rules);
  const kept = new Set(all.filter((rule) => names.includes('alert' in rule ? rule.alert : rule.record)));
  const isRead = (rule: AlertRule | RecordingRule, expr: string) =>
    expr.includes('record' in rule ? rule.record : `ALERTS{alertname="${rule.alert}"`);
  for (const { expr } of kept) for (const rule of all) if (isRead(rule, expr)) kept.add(rule);
  return of.flatMap((group) => {
    const left = group.rules.filter((rule) => kept.has(rule));
    return left.length > 0 ? [{ ...group, rules: left }] : [];
  });
}
