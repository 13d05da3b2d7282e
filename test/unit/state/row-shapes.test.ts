import { expect, test } from 'vitest';
import { isSoundRow } from '../../../src/state/row-shapes.ts';
import { fixtureAdvice } from '../api/fixture-advice.ts';

test('advice with a word that no page has a text for, or with lines that are no text, is no sound row', () => {
  const isSound = (change: object): boolean =>
    isSoundRow({ table: 'advice', key: fixtureAdvice.id, atMs: 1, value: { ...fixtureAdvice, ...change } });
  const { phase: _, newClients: __, ...earlier } = fixtureAdvice;
  const wrong = [{ confidence: 'x' }, { phase: 'x' }, { newClients: 1e300 }, { remedy: { env: {} } }];
  expect(wrong.filter(isSound)).toEqual([]);
  const value = { ...earlier };
  expect([isSound({}), isSoundRow({ table: 'advice', key: earlier.id, atMs: 1, value })]).toEqual([true, true]);
});
