import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { judgeAlert } from '../../../src/state/evidence.ts';
import { repoDir } from '../../support/paths.ts';

type Rule = { readonly alert: string; readonly labels: Readonly<Record<string, string>> };

const page = readFileSync(join(repoDir, 'docs/loop.md'), 'utf8');
const [, block = ''] = /^```yaml\n(groups:[\s\S]*?)^```$/m.exec(page) ?? [];
const [rule] = (parse(block) as { readonly groups: readonly { readonly rules: readonly Rule[] }[] }).groups.flatMap(
  ({ rules }) => rules,
);
const now = { wallMs: Date.parse('2026-03-01T12:00:00.000Z'), monotonicMs: 5_000 };

test.each([
  ['as the page has it', {}, 'evidence'],
  ['without mirror_action', { mirror_action: '' }, 'ignored'],
  ['without registry', { registry: '' }, 'ignored'],
])("an operator's own alert, %s: %s is %s", (_, labels, outcome) => {
  const alert = {
    fingerprint: 'f1',
    status: 'firing' as const,
    labels: { alertname: String(rule?.alert), instance: 'https://mirror-a.example/', ...rule?.labels, ...labels },
    startsAtMs: now.wallMs - 60_000,
    endsAtMs: null,
  };
  const place = { vantage: 'here', registries: new Set(['mirror-a']) };
  expect(judgeAlert(alert, null, false, place, now).outcome).toBe(outcome);
});
