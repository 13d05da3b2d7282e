import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { committed, goals, performancePage, performancePath } from '../../../tools/generate-performance.ts';
import { why } from '../../../tools/performance/why.ts';

test('docs/performance.md states the goals as the committed results have them (npm run generate)', () => {
  const page = readFileSync(performancePath, 'utf8');
  expect(performancePage(page)).toBe(page);
});

test('each result that is committed is of a whole run, and has goals', () => {
  expect([...committed()].filter(([, { quick, targets }]) => quick || targets.length === 0)).toEqual([]);
  expect([...committed().keys()]).toEqual(expect.arrayContaining(['cpu', 'memory', 'peers', 'scale']));
});

test('each goal that is missed says why, and no other', () => {
  const missed = goals().filter(({ isMet }) => !isMet);
  expect(Object.keys(why).toSorted()).toEqual(missed.map(({ what }) => what).toSorted());
});
