import { expect, test } from 'vitest';
import { npmForms } from '../../../../src/ecosystems/npm/chain-forms.ts';
import { mirrorsInBuild } from '../../../../src/features/doctor/chain-evidence.ts';

test('a long variable that a URL names many times fills no memory', () => {
  const named = `\${A}`.repeat(20_000);
  const lines = [`A=https://a.example.com/${'x'.repeat(60_000)}`, `ENV npm_config_registry=${named}`];
  const [found] = mirrorsInBuild(lines.join('\n'), npmForms);
  expect(found?.value.length).toBe(named.length);
});
