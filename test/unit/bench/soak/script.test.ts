import { describe, expect, it } from 'vitest';
import { type SoakOptions, soakOptionsOf } from '../../../../bench/soak/options.ts';
import { type Cast, type Happening, scriptOf } from '../../../../bench/soak/script.ts';

const cast: Cast = { mirrors: ['a', 'b', 'c'], receivers: ['ops', 'desk'] };
const seeds = [1, 2, 3, 4, 5];
const kinds = ['mirror', 'slow', 'line', 'receiver', 'disk', 'clock', 'reload', 'restart'] as const;

describe('the script of a soak', () => {
  it.each(seeds)('seed %i says the same twice, and not what another says', (seed) => {
    expect(scriptOf(seed, 60, cast)).toEqual(scriptOf(seed, 60, cast));
    expect(scriptOf(seed, 60, cast)).not.toEqual(scriptOf(seed + 1, 60, cast));
  });

  it.each(seeds)('of a minute, seed %i has every kind of trouble, in order, within its time', (seed) => {
    const script = scriptOf(seed, 60, cast);
    const times = script.map(({ atSeconds }) => atSeconds);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times.every((at) => at >= 0 && at <= 60)).toBe(true);
    expect(new Set(script.map(({ what }) => what.kind))).toEqual(new Set(kinds));
  });

  it.each(seeds)('seed %i ends all that it starts', (seed) => {
    const last = new Map<string, Happening>();
    for (const { what } of scriptOf(seed, 300, cast)) {
      const whom = 'mirror' in what ? what.mirror : 'receiver' in what ? what.receiver : '';
      if (what.kind !== 'restart') last.set(`${what.kind} ${whom}`, what);
    }
    const ends = [...last.values()].map((what) => {
      if (what.kind === 'mirror') return what.fault;
      if (what.kind === 'slow') return what.ms || null;
      if (what.kind === 'clock') return what.offsetSeconds || null;
      return what.kind === 'reload' ? null : 'trouble' in what ? what.trouble : what;
    });
    expect(ends.filter((end) => end !== null)).toEqual([]);
  });

  it('of half an hour has no restarts in its middle third, and some before and after', () => {
    const restarts = scriptOf(1, 1_800, cast).filter(({ what }) => what.kind === 'restart');
    const inThird = (third: number) => restarts.filter(({ atSeconds }) => Math.floor(atSeconds / 600) === third).length;
    expect(inThird(1)).toBe(0);
    expect(Math.min(inThird(0), inThird(2))).toBeGreaterThan(10);
  });
});

describe('options of the soak', () => {
  it.each<[string, string[], Partial<SoakOptions> | null]>([
    ['nothing is half an hour', [], { seconds: 1_800 }],
    ['a minute of a seed', ['--seconds', '60', '--seed', '7'], { seconds: 60, seed: 7 }],
    ['a log', ['--log', '/x.jsonl'], { log: '/x.jsonl' }],
    ['too short', ['--seconds', '5'], null],
    ['no seed', ['--seed', 'x'], null],
    ['an unknown option', ['--fast'], null],
    ['help', ['--help'], null],
  ])('%s', (_, argv, expected) => {
    const options = soakOptionsOf(argv);
    if (expected === null) expect(options).toBeNull();
    else expect(options).toMatchObject(expected);
  });
});
