import { expect, test } from 'vitest';
import type { AuthorityCost, Facts, SignatureState } from '../../../src/core/transcript.ts';
import { formatAuthority, formatCost, formatSignature } from '../../../src/words/facts.ts';
import { english } from '../../../src/words/words.ts';
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
