import { parse } from 'yaml';
import type { RuleParameters } from '../src/features/rules/parameters.ts';
import { budgetShareOf } from '../src/features/rules/parameters.ts';
import { renderRules } from '../src/features/rules/rules.ts';

// The rules with marks in place of the values that `_config` of the mixin sets: deploy/mixin/lib/rules.json.

/** Values that stand nowhere else in the rules, so that their texts can be replaced by marks. */
const marked = { sloPercent: 98.765_432_1, vantages: 987, runbook: 'RUNBOOK', grafana: 'https://grafana.invalid' };

const marks = {
  alone: '@{selector}@',
  before: '@selector,@',
  budget: '@budget@',
  slo: '@slo@',
  vantages: '@vantages@',
  runbook: '@runbook@',
  grafana: '@grafana@',
};

/** The series of a scrape in a query, with the brace of their matchers; recorded series have a colon and are left out. */
const seriesPattern =
  /(?<![\w:"])((?:mirror(?:watch)?|process)_[a-z_0-9]+|up(?=\{))(?![\w:"])(\{?)(?=[^"]*(?:"[^"]*"[^"]*)*$)/g;

interface Rule {
  readonly expr: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

function withMarks(text: string, { budget }: { readonly budget: string }): string {
  return text
    .replaceAll(budget, marks.budget)
    .replaceAll(String(marked.sloPercent), marks.slo)
    .replaceAll(String(marked.vantages), marks.vantages)
    .replaceAll(marked.runbook, marks.runbook)
    .replaceAll(marked.grafana, marks.grafana);
}

/** Adds a mark for matchers to each series of a query. */
export function withSelector(expr: string): string {
  return expr.replace(seriesPattern, (_, name: string, brace: string) =>
    brace === '' ? `${name}${marks.alone}` : `${name}{${marks.before}`,
  );
}

/** Returns the text of the file. @param parameters  of the rules in alerts/, whose runbook is the default of the mixin */
export function mixinRules(parameters: RuleParameters): string {
  const own = { ...parameters, ...marked };
  const budget = String(budgetShareOf(own));
  const { groups } = parse(renderRules(own)) as { readonly groups: readonly { readonly rules: readonly Rule[] }[] };
  const changed = groups.map((group) => ({
    ...group,
    rules: group.rules.map(({ expr, annotations, ...rule }) => ({
      ...rule,
      expr: withMarks(withSelector(expr), { budget }),
      ...(annotations && {
        annotations: Object.fromEntries(
          Object.entries(annotations).map(([name, text]) => [name, withMarks(text, { budget })]),
        ),
      }),
    })),
  }));
  return `${JSON.stringify({ runbookUrl: parameters.runbook, marks, groups: changed }, null, 2)}\n`;
}
