import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AuthorityCost, Facts, SignatureState } from '../../../src/core/transcript.ts';
import { registry } from '../../../src/ecosystems/registry.ts';
import { capabilityLoss, formatAuthority, formatCost, formatSignature } from '../../../src/words/facts.ts';
import { english, wordsOf } from '../../../src/words/words.ts';
import { repoDir } from '../../support/paths.ts';
import { table } from '../../support/table.ts';

test.each(table<[AuthorityCost, string][]>('unit/words/facts', '%o'))('%o', (cost, want) =>
  expect(formatCost(cost, english)).toBe(want),
);

test.each<[SignatureState, string | null, string]>(table('unit/words/facts', '%s: what is not verified is said to be'))(
  '%s: what is not verified is said to be',
  (state, key, text) => expect(formatSignature({ state, key }, english)).toBe(text),
);

test.each<[string, Pick<Facts, 'authority' | 'treeHead'>, string | null]>([
  ['not asked', {}, null],
  ['not reached', { authority: { name: 'db', size: null } }, 'unknown'],
  // The probe failed before the mirror's tree head was proven: nothing was compared.
  [
    'no tree head of the mirror',
    { authority: { name: 'db', size: 100 } },
    "100 records; it is not known how far the mirror's relay of the database is behind",
  ],
  [
    'as many',
    { authority: { name: 'db', size: 100 }, treeHead: { name: 'db', size: 100, rootBase64: '' } },
    "100 records; the mirror's relay of the database is not behind",
  ],
  [
    'fewer',
    { authority: { name: 'db', size: 100 }, treeHead: { name: 'db', size: 97, rootBase64: '' } },
    "100 records; the mirror's relay of the database is 3 records behind",
  ],
])('a checksum database beside its relay: %s', (_name, facts, want) => {
  const text = formatAuthority(facts as Facts, english);
  if (want === 'unknown') expect(text).not.toContain('behind');
  else expect(text).toBe(want);
});

/** The names of capabilities in what fixtures of responses must show. */
function offersIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) =>
    key === 'offers' && typeof one === 'object' ? Object.keys(one ?? {}) : offersIn(one),
  );
}

test('each capability of a response and each that a protection needs has a text, in both languages', () => {
  const root = join(repoDir, 'test/fixtures');
  const fixtures = registry.all.flatMap(({ id }) =>
    readdirSync(join(root, id)).flatMap((name) =>
      name.endsWith('.json') ? offersIn(JSON.parse(readFileSync(join(root, id, name), 'utf8'))) : [],
    ),
  );
  const needed = registry.all.flatMap(({ protections = {} }) =>
    Object.values(protections).flatMap(({ needs }) => needs),
  );
  expect(fixtures).toEqual(expect.arrayContaining(['time', 'upload_time', 'signatures']));
  const without = [...new Set([...fixtures, ...needed])].filter(
    (name) => capabilityLoss(name, english) === '' || capabilityLoss(name, wordsOf('zh')) === '',
  );
  expect(without).toEqual([]);
  expect(capabilityLoss('unheard_of', english)).toBe('');
});
