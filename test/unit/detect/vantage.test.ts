import { describe, expect, it } from 'vitest';
import { isPatternClear, judgeMoment, prefixOf, reviewPattern, unitsOf } from '../../../src/detect/confirm/vantage.ts';
import type { MomentOutcome } from '../../../src/detect/memory/moments.ts';
import { seeded } from './seeded.ts';

describe('vantage', () => {
  const f: MomentOutcome = 'failed';
  const a: MomentOutcome = 'answered';
  const m: MomentOutcome = 'missing';
  const control = (responses: MomentOutcome, known = true, proves = true) => ({ responses, known, proves });
  it.each([
    { name: 'nobody judged', units: [], controls: [], want: 'unverified' },
    { name: 'one alone fails', units: [[f]], controls: [], want: 'unverified' },
    { name: 'one alone answers', units: [[a]], controls: [], want: 'them' },
    { name: 'one alone fails, a known control too', units: [[f]], controls: [control(f)], want: 'us' },
    {
      name: 'one alone fails, a control that never answered too',
      units: [[f]],
      controls: [control(f, false)],
      want: 'unverified',
    },
    { name: 'one alone fails, a control answers', units: [[f]], controls: [control(a)], want: 'them' },
    { name: 'two of two', units: [[f], [f]], controls: [], want: 'us' },
    { name: 'one of two', units: [[f], [a]], controls: [], want: 'them' },
    { name: 'three of three', units: [[f], [f], [f]], controls: [], want: 'us' },
    { name: 'two of three', units: [[f], [f], [a]], controls: [], want: 'them' },
    { name: 'two of four (50 %)', units: [[f], [f], [a], [a]], controls: [], want: 'them' },
    { name: 'three of four (75 %)', units: [[f], [f], [f], [a]], controls: [], want: 'us' },
    { name: 'three of five (60 %, not above)', units: [[f], [f], [f], [a], [a]], controls: [], want: 'them' },
    { name: 'four of five (80 %)', units: [[f], [f], [f], [f], [a]], controls: [], want: 'us' },
    {
      name: 'all, but a control answers',
      units: [[f], [f], [f], [f]],
      controls: [control(f), control(a)],
      want: 'them',
    },
    { name: 'a unit answers when any of it does', units: [[f, a], [f]], controls: [], want: 'them' },
    { name: 'one fails, the other still out', units: [[f], [m]], controls: [], want: 'waiting' },
    { name: 'one answered: the missing one changes nothing', units: [[f], [a], [m]], controls: [], want: 'them' },
    { name: 'all fail, a control still out', units: [[f], [f]], controls: [control(m)], want: 'waiting' },
    { name: 'one alone fails, a control still out', units: [[f]], controls: [control(m, false)], want: 'waiting' },
    { name: 'four, two still out', units: [[f], [a], [m], [m]], controls: [], want: 'waiting' },
    { name: 'four, one still out, two answered', units: [[f], [a], [a], [m]], controls: [], want: 'them' },
    {
      name: 'all, a bare TCP control answers a portal',
      units: [[f], [f]],
      controls: [control(a, true, false)],
      want: 'us',
    },
  ])('$name: $want', ({ units, controls, want }) =>
    expect(judgeMoment({ units, controls, witnesses: [], isLossy: false })).toBe(want),
  );

  it.each([
    {
      name: 'all, but a mirror of another upstream answers',
      units: [[f], [f]],
      witnesses: [f, a],
      isLossy: false,
      want: 'them',
    },
    { name: 'all, and the others too', units: [[f], [f]], witnesses: [f], isLossy: false, want: 'us' },
    { name: 'all, one of the others still out', units: [[f], [f]], witnesses: [f, m], isLossy: false, want: 'waiting' },
    { name: 'one alone fails, another upstream answers', units: [[f]], witnesses: [a], isLossy: false, want: 'them' },
    { name: 'one alone fails, another upstream too', units: [[f]], witnesses: [f], isLossy: false, want: 'us' },
    {
      name: 'one of three on a lossy line, whoever answers',
      units: [[f], [a], [a]],
      witnesses: [a],
      isLossy: true,
      want: 'us',
    },
    { name: 'nobody on a lossy line', units: [[a], [a], [a]], witnesses: [], isLossy: true, want: 'them' },
  ])('$name: $want', ({ units, witnesses, isLossy, want }) =>
    expect(judgeMoment({ units, controls: [], witnesses, isLossy })).toBe(want),
  );

  it('over two minutes: two thirds one way are a word, less is flaky', () => {
    const pattern = new Map([
      ['dead', { responded: 1, failed: 9 }],
      ['two thirds', { responded: 1, failed: 2 }],
      ['flaky', { responded: 5, failed: 5 }],
      ['well', { responded: 8, failed: 2 }],
    ]);
    expect(reviewPattern(pattern)).toEqual({ dead: ['dead', 'two thirds'], well: ['well'] });
  });

  it.each([
    { address: '192.0.2.77', want: '192.0.2' },
    { address: '::ffff:192.0.2.77', want: '192.0.2' },
    { address: '2001:db8:1:2::3', want: '32.1.13.184.0.1' },
    { address: '2001:0DB8:0001::%eth0', want: '32.1.13.184.0.1' },
    { address: '2001:db8::1', want: '32.1.13.184.0.0' },
    { address: '::1', want: '0.0.0.0.0.0' },
    { address: 'example.com', want: null },
  ])('prefix of $address: $want', ({ address, want }) => expect(prefixOf(address)).toBe(want));

  const place = (registry: string, url: string, address: string | null = null) => ({ registry, url, address });
  it.each([
    {
      name: 'other hosts',
      places: [place('a', 'https://a.example.com'), place('b', 'https://b.example.com')],
      want: [['a'], ['b']],
    },
    {
      name: 'one host, two ports',
      places: [place('a', 'https://x.example.com:1'), place('b', 'https://x.example.com:2')],
      want: [['a', 'b']],
    },
    {
      name: 'one /24',
      places: [place('a', 'https://a.example.com', '192.0.2.1'), place('b', 'https://b.example.com', '192.0.2.200')],
      want: [['a', 'b']],
    },
    {
      name: 'two /24',
      places: [place('a', 'https://a.example.com', '192.0.2.1'), place('b', 'https://b.example.com', '192.0.3.1')],
      want: [['a'], ['b']],
    },
    {
      name: 'one /48',
      places: [
        place('a', 'https://a.example.com', '2001:db8:1:1::1'),
        place('b', 'https://b.example.com', '2001:db8:1:2::1'),
      ],
      want: [['a', 'b']],
    },
    {
      name: 'an address as host',
      places: [place('a', 'https://192.0.2.1'), place('b', 'https://192.0.2.9')],
      want: [['a', 'b']],
    },
    {
      name: 'loopback: the port',
      places: [place('a', 'http://127.0.0.1:1'), place('b', 'http://127.0.0.1:2'), place('c', 'http://localhost:2')],
      want: [['a'], ['b', 'c']],
    },
    {
      name: 'a third joins two',
      places: [
        place('a', 'https://a.example.com', '192.0.2.1'),
        place('b', 'https://b.example.com', '192.0.3.1'),
        place('c', 'https://b.example.com', '192.0.2.9'),
      ],
      want: [['a', 'b', 'c']],
    },
  ])('independent units: $name', ({ places, want }) => expect(unitsOf(places)).toEqual(want));
});

describe('mirrors on this machine', () => {
  const place = (registry: string, url: string) => ({ registry, url, address: null });
  it('are distinguished by their ports, the default one of their scheme included', () => {
    const units = (...urls: readonly string[]) => unitsOf(urls.map((url, at) => place(`m${at}`, url)));
    expect(units('http://127.0.0.1', 'https://localhost')).toEqual([['m0'], ['m1']]);
    expect(units('http://127.0.0.1', 'http://localhost:80/go')).toEqual([['m0', 'm1']]);
    expect(units('https://127.0.0.1', 'https://go.localhost:443')).toEqual([['m0', 'm1']]);
    expect(units('http://127.0.0.1', 'https://localhost:80')).toEqual([['m0', 'm1']]);
  });
});

describe('a pattern that no one line explains', () => {
  const patternOf = (...counts: readonly (readonly [answered: number, failed: number])[]) =>
    new Map(counts.map(([answered, failed], at) => [`m${at}`, { responded: answered, failed }]));
  const times = <T>(count: number, one: T): readonly T[] => Array.from({ length: count }, () => one);

  it.each<[string, ReturnType<typeof patternOf>, boolean]>([
    [
      'seven dead, two well, one flaky, in six moments',
      patternOf(...times(7, [0, 6] as const), [6, 0], [6, 0], [3, 3]),
      true,
    ],
    ['the same in four: too soon', patternOf(...times(7, [0, 4] as const), [4, 0], [4, 0], [2, 2]), false],
    ['three dead and one well: nine moments', patternOf(...times(3, [0, 9] as const), [9, 0]), true],
    ['three dead and one well: five', patternOf(...times(3, [0, 5] as const), [5, 0]), false],
    ['nobody answers, however long', patternOf(...times(10, [0, 100] as const)), false],
    ['all lose about half', patternOf([9, 11], [11, 9], [8, 12], [10, 10], [12, 8]), false],
    ['one mirror alone', patternOf([0, 100]), false],
    ['nobody asked', patternOf(), false],
    ['one that was not asked counts for nothing', patternOf(...times(3, [0, 9] as const), [9, 0], [0, 0]), true],
  ])('%s: %s', (_name, pattern, want) => expect(isPatternClear(pattern)).toBe(want));

  it('a line that loses any share of everything passes for none in ten thousand looks at it', () => {
    const next = seeded(7);
    let clear = 0;
    for (let world = 0; world < 200; world += 1) {
      const share = 0.1 + 0.8 * next();
      const counts = times(4 + (world % 7), null).map(() => ({ responded: 0, failed: 0 }));
      for (let moment = 0; moment < 50; moment += 1) {
        for (const one of counts) {
          if (next() < share) one.failed += 1;
          else one.responded += 1;
        }
        if (isPatternClear(new Map(counts.map((one, at) => [`m${at}`, one])))) clear += 1;
      }
    }
    expect(clear).toBe(0);
  });
});
