import { describe, expect, it } from 'vitest';
import { explainMismatch, judgeMismatch } from '../../../src/detect/contents/mismatch-says.ts';
import { createDetector } from '../../../src/detect/detector.ts';
import { phrase, renderIn } from '../../../src/words/tell.ts';
import { aConfig, aDue, aMirror, aSample, aTarget, at, countingRandom } from './world.ts';

describe('the words', () => {
  const target = aTarget('a');
  const failure = { kind: 'mismatch', algorithm: 'h1', want: 'h1:right', got: 'h1:wrong' } as const;
  it.each([
    { by: 'the checksum database', isLocked: false, names: 'the checksum database', zh: '校验和数据库' },
    { by: 'the checksum database', isLocked: true, names: 'a lock file', zh: '锁文件' },
    { by: undefined, isLocked: false, names: 'go.sum or the checksum database', zh: 'go.sum 或校验和数据库' },
  ])('name the authority that spoke: $names', ({ by, isLocked, names, zh }) => {
    const named = { ...failure, by: String(by), sentences: { by: phrase('relay.checksums') } };
    const wrong = { failure: by === undefined ? failure : named, sides: [], isOrigins: false };
    const says = explainMismatch('a', target, { ...wrong, isLocked, probeIds: [] }, null);
    expect(says).toMatchObject({
      text: `a serves wrong bytes for example.com/a@v1.0.0 (mod): the h1 check against ${names} failed twice.`,
    });
    expect(renderIn('zh', says ?? { text: '' })).toContain(`按 ${zh} 核对`);
  });

  it.each([
    ['the mirror alone', false, 'mismatch'],
    ['the origin too', true, 'retag'],
  ] as const)('name an authority against the artifact, though %s has such bytes', (_name, isOrigins, cause) => {
    const wrong = { failure, sides: [], isLocked: false, isOrigins, probeIds: [] };
    const item = { module: 'example.com/a', version: 'v1.0.0', step: 'mod' };
    expect(explainMismatch('a', target, wrong, null)).toMatchObject({ cause, scope: [{ ...item, cause: 'mismatch' }] });
  });

  it('are of a lock file where the configuration pins the hash', () => {
    const config = {
      ...aConfig({ mirrors: [aMirror('a')] }),
      pinned: { go: { 'example.com/a@v1.0.0/go.mod': 'h1:right' } },
    };
    const detector = createDetector({ config, targets: [target], restored: [], random: countingRandom(), now: at(0) });
    for (const [ms, purpose] of [
      [1_000, 'scheduled'],
      [2_000, 'recheck'],
    ] as const) {
      const outcome = { tag: 'failed', failure: { ...failure, by: 'the checksum database' } } as const;
      detector.take(aSample(aDue(target, { purpose }), ms, 10, outcome), at(ms + 10));
    }
    expect(detector.findings().map(({ text }) => text)).toEqual([
      'a serves wrong bytes for example.com/a@v1.0.0 (mod): the h1 check against a lock file failed twice.',
    ]);
  });
});

describe('mismatch', () => {
  const wrong = (got: string, algorithm = 'h1') => ({ kind: 'mismatch', algorithm, want: 'right', got }) as const;
  const once = { failure: wrong('x'), probeId: 'p', atMs: 0, looks: 1 };
  const due = { connection: 'cold', isRecheck: false } as const;
  const recheck = { connection: 'cold', isRecheck: true } as const;
  it.each([
    { name: 'the first time', before: null, failure: wrong('x'), answer: due, want: 'look_again' },
    {
      name: 'the first time, in a download to compare',
      before: null,
      failure: wrong('x'),
      answer: recheck,
      want: 'look_again',
    },
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
