import { describe, expect, it } from 'vitest';
import { isPatternClear, judgeMoment, prefixOf, reviewPattern, unitsOf } from '../../../src/detect/confirm/vantage.ts';
import type { MomentOutcome } from '../../../src/detect/memory/moments.ts';
import { seeded } from './seeded.ts';

describe('vantage', () => {
  const outcomes: Readonly<Record<string, MomentOutcome>> = { f: 'failed', a: 'answered', m: 'missing' };
  const outcomeOf = (letter: string): MomentOutcome => outcomes[letter] ?? 'missing';
  /** A word a unit, a letter a response: failed, answered, missing. */
  const unitsBy = (text: string) => text.split(' ').flatMap((unit) => (unit === '' ? [] : [[...unit].map(outcomeOf)]));
  /** `!`: it never answered before; `?`: it does not prove that the network works. */
  const controlsBy = (text: string) =>
    text
      .split(' ')
      .flatMap((one) =>
        one === ''
          ? []
          : [{ responses: outcomeOf(one.charAt(0)), known: !one.includes('!'), proves: !one.includes('?') }],
      );
  it.each([
    ['nobody judged', '', '', 'unverified'],
    ['one alone fails', 'f', '', 'unverified'],
    ['one alone answers', 'a', '', 'them'],
    ['one alone fails, a known control too', 'f', 'f', 'us'],
    ['one alone fails, a control that never answered too', 'f', 'f!', 'unverified'],
    ['one alone fails, a control answers', 'f', 'a', 'them'],
    ['two of two', 'f f', '', 'us'],
    ['one of two', 'f a', '', 'them'],
    ['three of three', 'f f f', '', 'us'],
    ['two of three', 'f f a', '', 'them'],
    ['two of four (50 %)', 'f f a a', '', 'them'],
    ['three of four (75 %)', 'f f f a', '', 'us'],
    ['three of five (60 %, not above)', 'f f f a a', '', 'them'],
    ['four of five (80 %)', 'f f f f a', '', 'us'],
    ['all, but a control answers', 'f f f f', 'f a', 'them'],
    ['a unit answers when any of it does', 'fa f', '', 'them'],
    ['one fails, the other still out', 'f m', '', 'waiting'],
    ['one answered: the missing one changes nothing', 'f a m', '', 'them'],
    ['all fail, a control still out', 'f f', 'm', 'waiting'],
    ['one alone fails, a control still out', 'f', 'm!', 'waiting'],
    ['four, two still out', 'f a m m', '', 'waiting'],
    ['four, one still out, two answered', 'f a a m', '', 'them'],
    ['all, a bare TCP control answers a portal', 'f f', 'a?', 'us'],
  ])('%s: units %j, controls %j: %s', (_, units, controls, want) => {
    const moment = { units: unitsBy(units), controls: controlsBy(controls), witnesses: [], isLossy: false };
    expect(judgeMoment(moment)).toBe(want);
  });

  it.each([
    ['all, but a mirror of another upstream answers', 'f f', 'fa', false, 'them'],
    ['all, and the others too', 'f f', 'f', false, 'us'],
    ['all, one of the others still out', 'f f', 'fm', false, 'waiting'],
    ['one alone fails, another upstream answers', 'f', 'a', false, 'them'],
    ['one alone fails, another upstream too', 'f', 'f', false, 'us'],
    ['one of three on a lossy line, whoever answers', 'f a a', 'a', true, 'us'],
    ['nobody on a lossy line', 'a a a', '', true, 'them'],
  ])('%s: units %j, witnesses %j, lossy %j: %s', (_, units, witnesses, isLossy, want) => {
    const others = [...witnesses].map(outcomeOf);
    expect(judgeMoment({ units: unitsBy(units), controls: [], witnesses: others, isLossy })).toBe(want);
  });

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

  // The URLs of mirrors, each with its address if that is known.
  it.each([
    ['other hosts', 'https://a.example.com https://b.example.com', 'a b'],
    ['one host, two ports', 'https://x.example.com:1 https://x.example.com:2', 'ab'],
    ['one /24', 'https://a.example.com=192.0.2.1 https://b.example.com=192.0.2.200', 'ab'],
    ['two /24', 'https://a.example.com=192.0.2.1 https://b.example.com=192.0.3.1', 'a b'],
    ['one /48', 'https://a.example.com=2001:db8:1:1::1 https://b.example.com=2001:db8:1:2::1', 'ab'],
    ['an address as host', 'https://192.0.2.1 https://192.0.2.9', 'ab'],
    ['loopback: the port', 'http://127.0.0.1:1 http://127.0.0.1:2 http://localhost:2', 'a bc'],
    [
      'a third joins two',
      'https://a.example.com=192.0.2.1 https://b.example.com=192.0.3.1 https://b.example.com=192.0.2.9',
      'abc',
    ],
  ])('independent units: %s', (_, urls, want) => {
    const places = urls.split(' ').map((one, at) => {
      const [url = '', address = null] = one.split('=');
      return { registry: 'abc'.charAt(at), url, address };
    });
    expect(unitsOf(places)).toEqual(want.split(' ').map((unit) => [...unit]));
  });
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
