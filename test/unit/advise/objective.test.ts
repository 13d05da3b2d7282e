import { describe, expect, test } from 'vitest';
import { isOver, type Measured, relieves } from '../../../src/advise/objective.ts';

const of = (p95Ms: number | null, failed = 0, answers = 20): Measured => ({ answers, failed, p95Ms });

describe('whether what others tell of is over by our own measure (minGain 20 %)', () => {
  test.each<[string, Measured, Measured, boolean]>([
    ['as slow as before', of(400), of(400), false],
    ['slower than before', of(400), of(40), false],
    ['just less than a fifth faster', of(321), of(400), false],
    ['a fifth faster', of(320), of(400), true],
    ['well again', of(40), of(400), true],
    ['faster, and failing more', of(40, 3), of(400, 1), false],
    ['faster, and failing as much', of(40, 2), of(400, 2), true],
    ['failed before, and fails no more', of(40), of(40, 2), true],
    ['one failure before is chance', of(40), of(40, 1), false],
    ['fails less, but still', of(40, 1), of(40, 4), false],
    ['fails no more, but has become slow', of(60), of(40, 4), false],
    ['too few answers now', of(40, 0, 4), of(400), false],
    ['just enough answers now', of(40, 0, 5), of(400), true],
    ['too few answers before', of(40), of(400, 0, 4), false],
    ['nothing was ever timed', of(null, 20), of(null, 20), false],
  ])('%s', (_name, now, before, want) => {
    expect(isOver(now, before, 0.2)).toBe(want);
  });
});

describe('whether moving relieves an objective (minGain 20 %)', () => {
  test.each<[string, Measured, Measured, boolean]>([
    ['p95 a fifth lower there', of(400), of(320), true],
    ['just less than a fifth lower', of(400), of(321), false],
    ['slower there', of(40), of(70), false],
    ['as fast, and two failures here', of(40, 2), of(40), true],
    ['as fast, and one failure here', of(40, 1), of(40), false],
    ['two failures here, two there', of(40, 2), of(40, 2), false],
    ['measured too little here', of(400, 0, 4), of(40), false],
    ['measured too little there', of(400), of(40, 0, 4), false],
    ['only failures here', of(null, 20), of(40), true],
  ])('%s', (_name, from, to, want) => {
    expect(relieves(from, to, 0.2)).toBe(want);
  });
});
