import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultRuleParameters, runbookAt } from '../src/features/rules/parameters.ts';
import { renderRules } from '../src/features/rules/rules.ts';
import { mixinRules } from './generate-mixin.ts';
import { inhibitRulesText } from './inhibitions.ts';
import { rulesPage } from './rules-page.ts';

// Writes alerts/mirrorwatch.yml, its copies in the Helm chart and the mixin, its Chinese version, docs/rules.md and the inhibitions of deploy/alertmanager.yml from
// src/features/rules. With --check it writes nothing, and fails if a file differs.

const root = join(import.meta.dirname, '..');

/** In a release, links lead to the runbook of its version. */
const parameters = {
  ...defaultRuleParameters,
  runbook: runbookAt(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))),
};

const alertmanager = join(root, 'deploy/alertmanager.yml');
const inhibitKey = '\ninhibit_rules:\n';

/**
 * Replaces everything from `inhibit_rules` on in the text of alertmanager.yml.
 * @throws Error if the text has no `inhibit_rules`
 */
function withInhibitions(text: string): string {
  const end = text.indexOf(inhibitKey);
  if (end < 0) throw new Error(`${alertmanager} has no inhibit_rules`);
  return text.slice(0, end) + inhibitKey + inhibitRulesText();
}

/** The generated files: the path and the text of each. */
export const generatedRules: readonly { readonly path: string; readonly text: string }[] = [
  { path: join(root, 'alerts/mirrorwatch.yml'), text: renderRules(parameters) },
  // Helm packs no file from outside the chart.
  {
    path: join(root, 'deploy/kubernetes/mirrorwatch/alerts/mirrorwatch.yml'),
    text: renderRules(parameters),
  },
  { path: join(root, 'deploy/mixin/lib/rules.json'), text: mixinRules(parameters) },
  // In a separate folder: sites load `alerts/*.yml`, and must not load every rule twice.
  { path: join(root, 'alerts/zh/mirrorwatch.yml'), text: renderRules({ ...parameters, language: 'zh' }) },
  { path: join(root, 'docs/rules.md'), text: rulesPage() },
  { path: alertmanager, text: withInhibitions(readFileSync(alertmanager, 'utf8')) },
];

if (import.meta.main) {
  for (const { path, text } of generatedRules) {
    if (!process.argv.includes('--check')) writeFileSync(path, text);
    else if (readFileSync(path, 'utf8') !== text) {
      console.error(`${path} is not what src/features/rules says: run tools/generate-alerts.ts`);
      process.exitCode = 1;
    }
  }
}
