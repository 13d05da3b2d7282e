import { describe, expect, it } from 'vitest';
import type { Due } from '../../../src/core/due.ts';
import type { Target } from '../../../src/core/mirror.ts';
import { explainMismatch } from '../../../src/detect/contents/mismatch-says.ts';
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

describe('wrong bytes of one artifact', () => {
  const minute = 60_000;
  type Response = readonly [
    got: string,
    atMs: number,
    purpose: Due['purpose'],
    over?: { algorithm?: string; warm?: true },
  ];

  /** What follows from the last response: a finding, a recheck at once, or neither. */
  function lastOf(responses: readonly Response[]): 'declared' | 'probed again' | 'nothing' {
    const config = aConfig({ mirrors: [{ ...aMirror('a'), connections: ['cold', 'warm'] }] });
    const target = aTarget('a', 'zip');
    const detector = createDetector({ config, targets: [target], restored: [], random: countingRandom(), now: at(0) });
    let asked = 0;
    for (const [got, atMs, purpose, { algorithm = 'h1', warm } = {}] of responses) {
      const due = aDue(target, { purpose, connection: warm === true ? 'warm' : 'cold' });
      const failure = { kind: 'mismatch', algorithm, want: 'right', got } as const;
      asked = detector.take(aSample(due, atMs, 10, { tag: 'failed', failure }), at(atMs + 10)).rechecks.length;
    }
    return detector.findings().length > 0 ? 'declared' : asked > 0 ? 'probed again' : 'nothing';
  }

  const first: Response = ['x', minute, 'scheduled'];
  it.each<{ readonly name: string; readonly responses: readonly Response[]; readonly want: ReturnType<typeof lastOf> }>(
    [
      { name: 'the first time', responses: [first], want: 'probed again' },
      { name: 'the first time, in a download to compare', responses: [['x', minute, 'recheck']], want: 'probed again' },
      { name: 'the same again', responses: [first, ['x', minute + 1_000, 'recheck']], want: 'declared' },
      {
        name: 'the same again, by a due probe',
        responses: [first, ['x', minute + 1_000, 'scheduled']],
        want: 'declared',
      },
      {
        name: 'the same again over a kept connection',
        responses: [first, ['x', minute + 1_000, 'scheduled', { warm: true }]],
        want: 'probed again',
      },
      { name: 'wrong in another way', responses: [first, ['y', minute + 1_000, 'recheck']], want: 'nothing' },
      {
        name: 'by another algorithm',
        responses: [first, ['x', minute + 1_000, 'recheck', { algorithm: 'sha256' }]],
        want: 'nothing',
      },
      {
        name: 'wrong in another way, by a due probe',
        responses: [first, ['y', minute + 1_000, 'scheduled']],
        want: 'probed again',
      },
      {
        name: 'in another way just short of a minute later',
        responses: [first, ['y', 2 * minute - 1, 'recheck']],
        want: 'nothing',
      },
      { name: 'in another way a minute later', responses: [first, ['y', 2 * minute, 'recheck']], want: 'declared' },
      { name: 'in another way two hours later', responses: [first, ['y', 121 * minute, 'recheck']], want: 'declared' },
      { name: 'in another way after that', responses: [first, ['y', 122 * minute, 'scheduled']], want: 'probed again' },
    ],
  )('$name: $want', ({ responses, want }) => expect(lastOf(responses)).toBe(want));
});

describe('wrong bytes of two artifacts', () => {
  const minute = 60_000;
  const zip = (module: string) => aTarget('a', 'zip', module);
  const [one, other] = [zip('example.com/one'), zip('example.com/other')];
  const wrongOf = (got: string) =>
    ({ tag: 'failed', failure: { kind: 'mismatch', algorithm: 'h1', want: `right ${got}`, got } }) as const;

  type Response = readonly [target: Target, atMs: number, connection?: 'warm'];

  /** What is said after one response with wrong bytes for each of these targets, and a good one after each. */
  function saidOf(responses: readonly Response[]): readonly string[] {
    const config = aConfig({ mirrors: [{ ...aMirror('a'), connections: ['cold', 'warm'] }] });
    const targets = responses.map(([target]) => target);
    const detector = createDetector({ config, targets, restored: [], random: countingRandom(), now: at(0) });
    for (const [target, atMs, connection = 'cold'] of responses) {
      detector.take(aSample(aDue(target, { connection }), atMs, 10, wrongOf(`wrong ${target.id}`)), at(atMs + 10));
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

  const unnumbered = [one, other].map((target) => ({ ...target, version: null })) as [Target, Target];
  it.each<[string, ...Response[]]>([
    ['over a kept connection, which one fault may damage', [one, minute], [other, 30 * minute, 'warm']],
    ['at the same time, as by one fault of the network', [one, minute], [other, minute + 30_000]],
    ['hours apart', [one, minute], [other, 180 * minute]],
    ['of the same artifact, then good', [one, minute]],
    [
      'of metadata, which a mirror may be replacing',
      [aTarget('a', 'mod', 'example.com/one'), minute],
      [other, 9 * minute],
    ],
    ['of files without a version', [unnumbered[0], minute], [unnumbered[1], 9 * minute]],
  ])('%s: nothing is said', (_, ...responses) => expect(saidOf(responses)).toEqual([]));
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

  /** A wrong response at `ms`, and a good one soon after it. */
  const healed = (ms: number) => [[ms, false] as const, [ms + 500, true] as const];
  it.each<[string, Target, number]>([
    ['once, and then good for hours', zip, 180],
    ['of content without a version, and good between', { ...zip, version: null }, 9],
  ])('%s: nothing is reported', (_, target, again) =>
    expect(saidOf(target, [...healed(minute), ...healed(again * minute)])).toEqual([]),
  );
});
