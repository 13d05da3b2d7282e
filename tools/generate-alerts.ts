import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultRuleParameters } from '../src/rules/parameters.ts';
import { rulesText } from '../src/rules/rules.ts';
import { rulesPage } from './rules-page.ts';

// Writes alerts/mirrorwatch.yml and docs/rules.md from src/rules; with --check says whether they are what it would write.

const root = join(import.meta.dirname, '..');

/** Each file and the text that belongs into it. */
export const generatedRules: readonly { readonly path: string; readonly text: string }[] = [
  { path: join(root, 'alerts/mirrorwatch.yml'), text: rulesText(defaultRuleParameters) },
  { path: join(root, 'docs/rules.md'), text: rulesPage() },
];

if (import.meta.main) {
  for (const { path, text } of generatedRules) {
    if (!process.argv.includes('--check')) writeFileSync(path, text);
    else if (readFileSync(path, 'utf8') !== text) {
      console.error(`${path} is not what src/rules says: run tools/generate-alerts.ts`);
      process.exitCode = 1;
    }
  }
}
