import { describe, expect, it } from 'vitest';
import type { Target } from '../../../src/core/mirror.ts';
import { explainMismatch, judgeMismatch } from '../../../src/detect/contents/mismatch-says.ts';
import { createDetector } from '../../../src/detect/detector.ts';
import { phrase, renderIn } from '../../../src/words/tell.ts';
import { aConfig, aDue, aMirror, aSample, aTarget, at, countingRandom } from './world.ts';

describe('the words', () => {
  const target = aTarget('a');
  const failure = { kind: 'mismatch', algorithm: 'h1', want: 'h1:right', got: 'h1:wrong' } as const;
  it.each([
    { by: 'the checksum database', byFile: null, names: 'the checksum database', zh: '校验和数据库' },
    { by: 'the checksum database', byFile: 'backed', names: 'a lock file', zh: '锁文件' },
    { by: undefined, byFile: null, names: 'go.sum or the checksum database', zh: 'go.sum 或校验和数据库' },
  ] as const)('name the authority that spoke: $names', ({ by, byFile, names, zh }) => {
    const named = { ...failure, by: String(by), sentences: { by: phrase('relay.checksums') } };
    const wrong = {
      failure: by === undefined ? failure : named,
      sides: [],
      isOrigins: false,
      isKey: false,
      other: null,
    };
    const says = explainMismatch('a', target, { ...wrong, byFile, probeIds: [] }, null);
    expect(says).toMatchObject({
      text: `a serves wrong bytes for example.com/a@v1.0.0 (mod): the h1 check against ${names} failed twice.`,
    });
    expect(renderIn('zh', says ?? { text: '' })).toContain(`按 ${zh} 核对`);
  });

  it.each([
    ['the mirror alone', false, 'mismatch'],
    ['the origin too', true, 'retag'],
  ] as const)('name an authority against the artifact, though %s has such bytes', (_name, isOrigins, cause) => {
    const wrong = { failure, sides: [], byFile: null, isKey: false, isOrigins, other: null, probeIds: [] };
    const item = { module: 'example.com/a', version: 'v1.0.0', step: 'mod' };
    expect(explainMismatch('a', target, wrong, null)).toMatchObject({ cause, scope: [{ ...item, cause: 'mismatch' }] });
  });

  it('are about the lock file where only the hash that the configuration pins speaks', () => {
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
      const facts = {
        file: { want: 'h1:right', says: 'wrong' },
        compared: { algorithm: 'h1', digest: 'h1:wrong' },
      } as const;
      detector.take(aSample(aDue(target, { purpose }), ms, 10, outcome, { facts }), at(ms + 10));
    }
    expect(detector.findings().map(({ text }) => text)).toEqual([
      'a serves h1:wrong for example.com/a@v1.0.0 (mod), but a lock file states h1:right. No other mirror has served it, so this does not show which of them is wrong. Compare the file with its history.',
    ]);
  });
});

describe('mismatch', () => {
  const wrong = (got: string, algorithm = 'h1') => ({ kind: 'mismatch', algorithm, want: 'right', got }) as const;
  const minute = 60_000;
  const once = { failure: wrong('x'), probeId: 'p', atMs: 0, sinceMs: 0, isDueAgain: false, looks: 1 };
  const wellSince = { ...once, sinceMs: null };
  const due = { connection: 'cold', isRecheck: false, isAlsoElsewhere: false, nowMs: 59_999 } as const;
  const recheck = { ...due, isRecheck: true } as const;
  const later = (minutes: number) => ({ ...due, nowMs: minutes * minute }) as const;
  const both = { ...due, isAlsoElsewhere: true } as const;
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
    { name: 'in another way a minute later', before: once, failure: wrong('y'), answer: later(1), want: 'declare' },
    { name: 'in another way two hours later', before: once, failure: wrong('y'), answer: later(120), want: 'declare' },
    { name: 'in another way after that', before: once, failure: wrong('y'), answer: later(121), want: 'look_again' },
    {
      name: 'in another way, and good between',
      before: wellSince,
      failure: wrong('y'),
      answer: later(1),
      want: 'look_again',
    },
    {
      name: 'the first time, after another artifact',
      before: null,
      failure: wrong('x'),
      answer: both,
      want: 'declare_both',
    },
    {
      name: 'the same again, after another artifact',
      before: once,
      failure: wrong('x'),
      answer: both,
      want: 'declare',
    },
    {
      name: 'after another artifact, over a kept connection',
      before: null,
      failure: wrong('x'),
      answer: { ...both, connection: 'warm' },
      want: 'look_again',
    },
  ] as const)('$name: $want', ({ before, failure, answer, want }) =>
    expect(judgeMismatch(before, failure, answer)).toBe(want),
  );
});

describe('wrong bytes of two artifacts', () => {
  const minute = 60_000;
  const zip = (module: string) => aTarget('a', 'zip', module);
  const [one, other] = [zip('example.com/one'), zip('example.com/other')];
  const wrongOf = (got: string) =>
    ({ tag: 'failed', failure: { kind: 'mismatch', algorithm: 'h1', want: `right ${got}`, got } }) as const;

  /** What is said after one response with wrong bytes for each of these targets, and a good one after each. */
  function saidOf(responses: readonly (readonly [Target, number])[]): readonly string[] {
    const config = aConfig({ mirrors: [aMirror('a')] });
    const targets = responses.map(([target]) => target);
    const detector = createDetector({ config, targets, restored: [], random: countingRandom(), now: at(0) });
    for (const [target, atMs] of responses) {
      detector.take(aSample(aDue(target), atMs, 10, wrongOf(`wrong ${target.id}`)), at(atMs + 10));
      detector.take(aSample(aDue(target, { purpose: 'recheck' }), atMs + 100, 10), at(atMs + 110));
    }
    return detector.findings().map(({ text }) => text);
  }

  it('within an hour: the mirror serves wrong bytes, though each recheck was good', () =>
    expect(
      saidOf([
        [one, minute],
        [other, 30 * minute],
      ]),
    ).toEqual([
      'a serves wrong bytes for example.com/other@v1.0.0 (zip), as it did for example.com/one@v1.0.0 (zip): the h1 check against go.sum or the checksum database failed.',
    ]));

  it.each<[string, readonly (readonly [Target, number])[]]>([
    [
      'at the same time, as by one fault of the network',
      [
        [one, minute],
        [other, minute + 30_000],
      ],
    ],
    [
      'hours apart',
      [
        [one, minute],
        [other, 180 * minute],
      ],
    ],
    ['of the same artifact, then good', [[one, minute]]],
    [
      'of metadata, which a mirror may be replacing',
      [
        [aTarget('a', 'mod', 'example.com/one'), minute],
        [other, 9 * minute],
      ],
    ],
    [
      'of files without a version',
      [
        [{ ...one, version: null }, minute],
        [{ ...other, version: null }, 9 * minute],
      ],
    ],
  ])('%s: nothing is said', (_, responses) => expect(saidOf(responses)).toEqual([]));
});

describe('wrong bytes that differ in each response', () => {
  const minute = 60_000;
  const zip = aTarget('a', 'zip');
  const wrongOf = (got: string) =>
    ({ tag: 'failed', failure: { kind: 'mismatch', algorithm: 'h1', want: 'right', got } }) as const;

  /** What is said after responses at these times, `true` for a good one. All rechecks get the same kind of response. */
  function saidOf(target: Target, responses: readonly (readonly [number, boolean])[]) {
    const config = aConfig({ mirrors: [aMirror('a')] });
    const detector = createDetector({ config, targets: [target], restored: [], random: countingRandom(), now: at(0) });
    let sent = 0;
    const take = (atMs: number, isGood: boolean, purpose: 'scheduled' | 'recheck'): number => {
      sent += 1;
      const outcome = isGood ? ({ tag: 'ok' } as const) : wrongOf(`nonce ${sent}`);
      return detector.take(aSample(aDue(target, { purpose }), atMs, 10, outcome), at(atMs + 10)).rechecks.length;
    };
    for (const [place, [atMs, isGood]] of responses.entries()) {
      let asked = take(atMs, isGood, 'scheduled');
      for (let n = 1; asked > 0; n += 1) asked = take(atMs + 20 * n, isGood, 'recheck');
      const endMs = responses[place + 1]?.[0] ?? atMs + 2 * minute;
      for (let nowMs = atMs + 1_000; nowMs < endMs; nowMs += 1_000)
        if (detector.tick(at(nowMs)).rechecks.length > 0) take(nowMs, isGood, 'recheck');
    }
    return detector.findings().map(({ kind, openedAtMs, text }) => ({ kind, openedAtMs, text }));
  }

  it('are reported after a minute, by a recheck of their own', () =>
    expect(saidOf(zip, [[minute, false]])).toMatchObject([
      { kind: 'mismatch', text: expect.stringContaining('check against go.sum or the checksum database failed twice') },
    ]));

  it.each<[string, Target, readonly (readonly [number, boolean])[]]>([
    [
      'once, and then good for hours',
      zip,
      [
        [minute, false],
        [minute + 500, true],
        [180 * minute, false],
        [180 * minute + 500, true],
      ],
    ],
    [
      'of content without a version, and good between',
      { ...zip, version: null },
      [
        [minute, false],
        [minute + 500, true],
        [9 * minute, false],
        [9 * minute + 500, true],
      ],
    ],
  ])('%s: nothing is reported', (_, target, responses) => expect(saidOf(target, responses)).toEqual([]));
});
