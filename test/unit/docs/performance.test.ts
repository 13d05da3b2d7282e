import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parts } from '../../../bench/options.ts';
import { goals, performancePage, performancePath } from '../../../tools/generate-performance.ts';
import { committed, figuresOf, goalsOf } from '../../../tools/performance/results.ts';
import { why } from '../../../tools/performance/why.ts';

test('docs/performance.md states figures and goals as the committed results have them (npm run generate)', () => {
  const page = readFileSync(performancePath, 'utf8');
  expect(performancePage(page)).toBe(page);
});

const whole = [...committed()];

test('each result that is committed is of a whole run, and has figures and goals', () => {
  expect(whole.filter(([, { quick }]) => quick)).toEqual([]);
  for (const [part, result] of whole) {
    expect(figuresOf(part, result), part).not.toEqual([]);
    expect(goalsOf(part, result), part).not.toEqual([]);
  }
});

test('the parts that goals need are there, in their order', () => {
  const found = whole.map(([part]) => part);
  expect(found).toEqual(parts.filter((part) => found.includes(part)));
  expect(found).toEqual(expect.arrayContaining(['cpu', 'memory', 'peers', 'scale', 'reloads', 'days', 'hour']));
});

test('each goal that is missed says why, and no other', () => {
  const missed = goals().filter(({ verdict }) => verdict === 'missed');
  expect(Object.keys(why).toSorted()).toEqual(missed.map(({ what }) => what).toSorted());
});
