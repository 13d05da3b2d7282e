import { describe, expect, it } from 'vitest';
import { judgeMismatch } from '../../../src/detect/rules/mismatch.ts';

describe('mismatch', () => {
  const wrong = (got: string, algorithm = 'h1') => ({ kind: 'mismatch', algorithm, want: 'right', got }) as const;
  const once = { failure: wrong('x'), probeId: 'p', atMs: 0, looks: 1 };
  const due = { connection: 'cold', isRecheck: false } as const;
  const recheck = { connection: 'cold', isRecheck: true } as const;
  it.each([
    { name: 'the first time', before: null, failure: wrong('x'), answer: due, want: 'look_again' },
    { name: 'the same again', before: once, failure: wrong('x'), answer: recheck, want: 'declare' },
    { name: 'the same again, by a due probe', before: once, failure: wrong('x'), answer: due, want: 'declare' },
    {
      name: 'the same again over a kept connection',
      before: once,
      failure: wrong('x'),
      answer: { ...due, connection: 'warm' },
      want: 'look_again',
    },
    { name: 'wrong in another way', before: once, failure: wrong('y'), answer: recheck, want: 'wait' },
    { name: 'by another algorithm', before: once, failure: wrong('x', 'sha256'), answer: recheck, want: 'wait' },
    {
      name: 'wrong in another way, by a due probe',
      before: once,
      failure: wrong('y'),
      answer: due,
      want: 'look_again',
    },
  ] as const)('$name: $want', ({ before, failure, answer, want }) => {
    expect(judgeMismatch(before, failure, answer)).toBe(want);
  });
});
