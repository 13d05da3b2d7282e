import { describe, expect, it } from 'vitest';
import type { Contents } from '../../../src/core/transcript.ts';
import { gapFilterFor, selectComparable } from '../../../src/detect/memory/subject.ts';
import { createRandom } from '../../../src/io/random.ts';
import { Shelves, versions } from './freshness-world.ts';

const minute = 60_000;
const pace = 5 * minute;

/** Every mirror looked at in turn, `said` by name and look; an answer takes a second. */
function looks(
  world: Shelves,
  names: readonly string[],
  count: number,
  said: (name: string, look: number) => string[],
  from = 0,
) {
  for (let i = from; i < from + count; i += 1)
    for (const [at, registry] of names.entries()) {
      const fromMs = i * pace + at * 10_000;
      world.see({ registry, fromMs, toMs: fromMs + 1_000, contents: versions(...said(registry, i)) });
    }
}

it.each<[string, readonly string[], readonly string[], string[]]>([
  ['two of five could have invented it', ['a', 'b', 'c', 'd', 'e'], ['d', 'e'], []],
  ['two of four', ['a', 'b', 'c', 'd'], ['c', 'd'], []],
  ['three of five', ['a', 'b', 'c', 'd', 'e'], ['c', 'd', 'e'], ['a opened behind', 'b opened behind']],
  ['two of three', ['a', 'b', 'c'], ['b', 'c'], ['a opened behind']],
])('a version that some mirrors list, without an origin: %s', (_, names, holders, want) => {
  const world = new Shelves({ mirrors: names });
  looks(world, names, 20, (name, look) => (look < 2 || !holders.includes(name) ? ['v1.0.0'] : ['v1.0.0', 'v1.1.0']));
  expect(world.story()).toEqual(want);
});

it.each<[string, (isTheirs: boolean) => Contents]>([
  ['a version', (isTheirs) => (isTheirs ? versions('v1.0.0', 'v1.1.0') : versions('v1.0.0'))],
  ['a serial', (isTheirs) => ({ serial: isTheirs ? 9 : 1 })],
  ['a date', (isTheirs) => ({ modifiedAtMs: Date.UTC(2025, 0, isTheirs ? 9 : 1) })],
  ['a tag', (isTheirs) => ({ tags: { latest: isTheirs ? 'v2' : 'v1' } })],
])(
  'what two mirrors of one host show, without an origin: %s: they count as one, and the third mirror does not lag',
  (_, said) => {
    const names = ['third', 'b', 'c'];
    const play = (together: readonly string[]) => {
      const world = new Shelves({ mirrors: names, together });
      for (let look = 0; look < 20; look += 1)
        for (const [at, registry] of names.entries()) {
          const fromMs = look * pace + at * 10_000;
          const contents = said(registry !== 'third' && look >= 2);
          world.see({ registry, fromMs, toMs: fromMs + 1_000, contents });
        }
      return [world.story(), world.lag('third')];
    };
    expect(play(['b', 'c'])).toEqual([[], undefined]);
    expect(play([])).toMatchObject([['third opened behind'], { registry: 'third' }]);
  },
);

describe('a version held back', () => {
  const said = (name: string, look: number) =>
    look < 2 || (name === 'a' && look < 20) ? ['v1.0.0'] : ['v1.0.0', 'v1.1.0'];

  it('is missing at once, a finding past the limit by the lower bound, and over when it arrives', () => {
    const world = new Shelves({ mirrors: ['o', 'a', 'b'], origin: 'o' });
    looks(world, ['o', 'a', 'b'], 5, said);
    // The origin had it by 601 s and not before 300 s; a was asked last from 1210 s to 1211 s.
    expect(world.lag('a')).toEqual({
      registry: 'a',
      module: 'example.com/a',
      lowerMs: 609_000,
      upperMs: 911_000,
      records: null,
      missing: 1,
    });
    expect(world.lag('b')).toMatchObject({ lowerMs: 0, upperMs: 21_000, missing: 0 });
    expect(world.detector.freshness().get('a')).toMatchObject({ lowerMs: 609_000, upperMs: 911_000, missing: 1 });
    expect(world.story()).toEqual([]);
    looks(world, ['o', 'a', 'b'], 10, said, 5);
    expect(world.story()).toEqual(['a opened behind']);
    expect(
      world.detector.standings().flatMap(({ registry, findings }) => (findings.length > 0 ? registry : [])),
    ).toEqual(['a']);
    const [finding] = world.detector.findings();
    expect(finding).toMatchObject({
      kind: 'lag',
      registry: 'a',
      actionable: true,
      scope: [{ module: 'example.com/a', version: 'v1.0.0', step: 'list' }],
    });
    expect(finding?.text).toBe('a is behind the origin o, by 60 min to 65 min: example.com/a lacks v1.1.0.');
    looks(world, ['o', 'a', 'b'], 10, said, 15);
    expect(world.story()).toEqual(['a opened behind', 'a closed behind']);
    expect(world.turns.flatMap(({ propagations }) => propagations)).toEqual([
      { registry: 'b', seconds: 20 },
      { registry: 'a', seconds: 5_410 },
    ]);
  });

  it('has no time where it was there at first sight: it is missing, the lag is unknown, and no finding', () => {
    const world = new Shelves({ mirrors: ['o', 'a', 'b'], origin: 'o' });
    const all = ['v1.0.0', 'v1.1.0', 'v1.2.0'];
    looks(world, ['o', 'a', 'b'], 40, (name) =>
      all.filter((version) => name === 'o' || version !== (name === 'a' ? 'v1.2.0' : 'v1.1.0')),
    );
    expect(world.lag('a')).toMatchObject({ lowerMs: null, upperMs: null, missing: 1 });
    expect(world.detector.freshness().get('a')).toMatchObject({ lowerMs: null, missing: 1 });
    // What b lacks is older than what it has: a gap, and no lag.
    expect(world.lag('b')).toMatchObject({ lowerMs: 0, upperMs: null, missing: 1 });
    expect(world.story()).toEqual([]);
  });

  it('is no fault of a mirror that is ahead, nor of the origin', () => {
    const world = new Shelves({ mirrors: ['o', 'a'], origin: 'o' });
    looks(world, ['o', 'a'], 40, (name, look) => (name === 'a' && look > 1 ? ['v1.0.0', 'v1.1.0'] : ['v1.0.0']));
    expect(world.lag('a')).toMatchObject({ lowerMs: 0, missing: 0 });
    expect(world.lag('o')).toBeUndefined();
    expect(world.story()).toEqual([]);
  });

  it('is judged by two others at least where no origin answers, and the text says so', () => {
    const world = new Shelves({ mirrors: ['a', 'b', 'c'] });
    looks(world, ['b', 'c', 'a'], 20, said);
    expect(world.story()).toEqual(['a opened behind']);
    expect(world.detector.findings()[0]?.text).toBe(
      'a is behind most other mirrors, by at least 85 min: example.com/a lacks v1.1.0.',
    );
    const two = new Shelves({ mirrors: ['a', 'b'] });
    looks(two, ['b', 'a'], 20, said);
    expect([two.story(), two.lag('a')]).toEqual([[], undefined]);
  });

  it('is known over a restart, with the finding', () => {
    const world = new Shelves({ mirrors: ['o', 'a', 'b'], origin: 'o' });
    looks(world, ['o', 'a', 'b'], 16, said);
    const lateMs = 16 * pace;
    world.keep(world.detector.flush({ wallMs: Date.UTC(2026, 0, 1) + lateMs, monotonicMs: lateMs }));
    const again = new Shelves({
      mirrors: ['o', 'a', 'b'],
      origin: 'o',
      restored: JSON.parse(JSON.stringify([...world.rows.values()])),
      startMs: lateMs,
    });
    expect(again.detector.findings().map(({ cause }) => cause)).toEqual(['behind']);
    looks(again, ['o', 'a', 'b'], 1, said, 17);
    expect(again.lag('a')).toMatchObject({
      lowerMs: 17 * pace + 10_000 - 601_000,
      upperMs: 17 * pace + 11_000 - 300_000,
    });
    looks(again, ['o', 'a', 'b'], 4, said, 18);
    expect(again.story()).toEqual(['a closed behind']);
    expect(again.turns.flatMap(({ propagations }) => propagations)).toEqual([{ registry: 'a', seconds: 5_410 }]);
  });
});

describe('a lag that can no longer be compared', () => {
  const tags = (...all: readonly string[]): Contents => ({ tags: { latest: all.at(-1) ?? '' } });

  it.each<[string, string | undefined, readonly string[], (...all: readonly string[]) => Contents]>([
    ['versions, the origin is gone', 'o', ['o', 'a'], versions],
    ['a tag, the origin is gone', 'o', ['o', 'a'], tags],
    ['versions, all but one peer are gone', undefined, ['o', 'b', 'a'], versions],
    ['versions, the origin is gone and one peer is left', 'o', ['o', 'b', 'a'], versions],
  ])('stays while the mirror lacks what came out, and ends when it has it: %s', (_name, origin, mirrors, said) => {
    const world = new Shelves({ mirrors, ...(origin === undefined ? {} : { origin }) });
    const see = (from: number, to: number, registries: readonly string[], has: readonly string[]) => {
      for (let look = from; look < to; look += 1)
        for (const [i, registry] of registries.entries()) {
          const fromMs = look * pace + i * 10_000;
          const all = look < 2 || !has.includes(registry) ? ['v1.0.0'] : ['v1.0.0', 'v1.1.0'];
          world.see({ registry, fromMs, toMs: fromMs + 1_000, contents: said(...all) });
        }
    };
    see(0, 20, mirrors, ['o', 'b']);
    expect(world.story()).toEqual(['a opened behind']);
    see(20, 40, mirrors.slice(1), ['b']);
    expect([world.story(), world.lag('a')]).toEqual([['a opened behind'], undefined]);
    see(40, 41, mirrors.slice(1), ['a', 'b']);
    expect([world.story(), world.lag('a')]).toEqual([['a opened behind', 'a closed behind'], undefined]);
  });
});

describe('gaps', () => {
  const said = (name: string, look: number) => (name === 'a' || look < 2 ? ['v1.0.0'] : ['v1.0.0', 'v1.1.0-rc.1']);

  it.each([
    { name: 'no pre-releases', gaps: { prereleases: true, releaseAgeMs: 0, without: [] }, missing: 0, story: [] },
    { name: 'a pattern', gaps: { prereleases: false, releaseAgeMs: 0, without: ['v1.*-rc*'] }, missing: 0, story: [] },
    {
      name: 'another pattern',
      gaps: { prereleases: false, releaseAgeMs: 0, without: ['v2*'] },
      missing: 1,
      story: ['a opened behind'],
    },
    {
      name: 'an age not reached',
      gaps: { prereleases: false, releaseAgeMs: 240 * minute, without: [] },
      missing: 0,
      story: [],
    },
    {
      name: 'an age passed by less than the limit',
      gaps: { prereleases: false, releaseAgeMs: 150 * minute, without: [] },
      missing: 1,
      story: [],
    },
  ])('$name', ({ gaps, missing, story }) => {
    const world = new Shelves({ mirrors: ['o', 'a'], origin: 'o', gaps: { a: gaps } });
    looks(world, ['o', 'a'], 40, said);
    expect([world.lag('a')?.missing, world.story()]).toEqual([missing, story]);
  });
});

it.each([
  ['a pre-release, where it has none', { prereleases: true, releaseAgeMs: 0, without: [] }, []],
  ['what a pattern names', { prereleases: false, releaseAgeMs: 0, without: ['*-rc*'] }, []],
  ['what no pattern names', { prereleases: false, releaseAgeMs: 0, without: ['v2*'] }, ['a opened vanished']],
] as const)('what a mirror leaves out by design: may vanish from it: %s', (_name, gaps, story) => {
  const world = new Shelves({ mirrors: ['o', 'a'], origin: 'o', gaps: { a: gaps } });
  looks(world, ['o', 'a'], 20, (name, look) => (name === 'a' && look > 2 ? ['v1.0.0'] : ['v1.0.0', 'v1.1.0-rc.1']));
  expect(world.story()).toEqual(story);
});

describe('what goes backwards', () => {
  it('is one story of two backends that take turns, counted each time, and ends two dozen answers after', () => {
    const world = new Shelves({ mirrors: ['o', 'a', 'b'], origin: 'o' });
    const said = (name: string, look: number) =>
      look < 2 || (name === 'a' && look % 2 === 0 && look < 40) ? ['v1.0.0'] : ['v1.0.0', 'v1.1.0'];
    looks(world, ['o', 'a', 'b'], 40, said);
    expect(world.story()).toEqual(['a opened regression']);
    expect(world.lag('a')).toMatchObject({ lowerMs: 0, missing: 0 });
    expect(world.turns.flatMap(({ regressions }) => regressions)).toHaveLength(18);
    looks(world, ['o', 'a', 'b'], 20, said, 40);
    expect(world.story()).toEqual(['a opened regression']);
    looks(world, ['o', 'a', 'b'], 5, said, 60);
    expect(world.story()).toEqual(['a opened regression', 'a closed regression']);
  });

  it('is a version that vanished once a dozen answers lack what others have, and not what was withdrawn', () => {
    const said = (name: string, look: number) =>
      name !== 'b' && look > 1 && look < 30 ? ['v1.0.0'] : ['v1.0.0', 'v1.1.0'];
    const world = new Shelves({ mirrors: ['o', 'a', 'b'], origin: 'b' });
    looks(world, ['b', 'a', 'o'], 12, said);
    expect(world.story()).toEqual([]);
    looks(world, ['b', 'a', 'o'], 10, said, 12);
    expect(world.story()).toEqual(['a opened vanished', 'o opened vanished']);
    expect(world.detector.findings()[0]).toMatchObject({
      actionable: false,
      text: 'a no longer has content that other mirrors have: v1.1.0 of example.com/a.',
    });
    expect(world.lag('a')).toMatchObject({ missing: 1 });
    looks(world, ['b', 'a', 'o'], 10, said, 22);
    expect(world.story().slice(2)).toEqual(['a closed vanished', 'o closed vanished']);
    const withdrawn = new Shelves({ mirrors: ['o', 'a', 'b'], origin: 'o' });
    looks(withdrawn, ['o', 'a', 'b'], 40, said);
    expect(withdrawn.story()).toEqual(['b opened withdrawn', 'b closed withdrawn']);
  });

  it('is a tag that stands at an older version again, and a number that shrinks', () => {
    const world = new Shelves({ mirrors: ['o', 'a'], origin: 'o' });
    const see = (registry: string, i: number, latest: string, serial: number) => {
      const fromMs = i * pace + (registry === 'o' ? 0 : 10_000);
      return world.see({ registry, fromMs, toMs: fromMs + 1_000, contents: { tags: { latest }, serial } });
    };
    for (let i = 0; i < 3; i += 1) for (const name of ['o', 'a']) see(name, i, 'v1', 10);
    for (let i = 3; i < 5; i += 1) for (const name of ['o', 'a']) see(name, i, 'v2', 20);
    see('o', 5, 'v2', 20);
    expect(see('a', 5, 'v1', 20).regressions).toEqual(['a']);
    expect(see('a', 6, 'v2', 19).regressions).toEqual(['a']);
    expect(world.lag('a')).toMatchObject({ records: 0, missing: null });
  });
});

describe('a list that hides versions in turn', () => {
  const all = Array.from({ length: 10 }, (_, i) => `v1.${i}.0`);
  it.each<[string, readonly string[], number, readonly string[]]>([
    ['another one in each response, beside one other mirror', ['a', 'b'], 1, ['a opened regression']],
    ['another one in each 11th response, beside one other mirror', ['a', 'b'], 11, ['a opened regression']],
    ['another one in each response, beside none', ['a'], 1, ['a opened regression']],
    ['another one in each 11th response, beside none', ['a'], 11, ['a opened regression']],
    ['one for good, beside none: it may be withdrawn', ['a'], 100, []],
  ])('%s', (_, names, every, want) => {
    const world = new Shelves({ mirrors: names });
    looks(world, names, 60, (name, look) =>
      all.filter((_version, i) => name !== 'a' || look < 3 || i !== Math.floor(look / every) % all.length),
    );
    expect(world.story()).toEqual(want);
  });
});

describe('a step backwards that several responses about one module show', () => {
  it.each<[string, (isOld: boolean) => Contents]>([
    ['a tag', (isOld) => ({ tags: { latest: isOld ? 'v1' : 'v2' } })],
    ['a version', (isOld) => versions('v1', ...(isOld ? [] : ['v2']))],
  ])('%s: is counted once', (_what, said) => {
    const world = new Shelves({ mirrors: ['o', 'a'], origin: 'o', versions: ['v1.0.0', 'latest'] });
    for (let look = 0; look < 8; look += 1)
      for (const [i, registry] of ['o', 'a'].entries())
        for (const [j, version] of ['v1.0.0', 'latest'].entries()) {
          const fromMs = look * pace + i * 10_000 + j * 20_000;
          const contents = said(look < 2 || (registry === 'a' && look > 3));
          world.see({ registry, version, fromMs, toMs: fromMs + 1_000, contents });
        }
    expect(world.turns.flatMap(({ regressions }) => regressions)).toEqual(['a']);
  });

  it('names the tag that a late mirror is behind on, where from, where to and since when', () => {
    const world = new Shelves({ mirrors: ['o', 'a'], origin: 'o' });
    for (let look = 0; look < 40; look += 1)
      for (const [i, registry] of ['o', 'a'].entries()) {
        const fromMs = look * pace + i * 10_000;
        const latest = look < 2 || (registry === 'a' && look > 5) ? 'v1' : 'v2';
        world.see({ registry, fromMs, toMs: fromMs + 1_000, contents: { tags: { latest } } });
      }
    expect(world.story()).toEqual(['a opened behind']);
    expect(world.detector.findings()[0]?.text).toMatch(
      /: tag latest of example\.com\/a has been v1 since 2026-01-01 00:30 UTC; expected v2\.$/,
    );
  });
});

it('a cache whose upstream is dead: stands still in all modules in which something moved', () => {
  const modules = ['example.com/a', 'example.com/b', 'example.com/quiet'];
  const world = new Shelves({ mirrors: ['o', 'a'], origin: 'o', modules });
  for (let i = 0; i < 30; i += 1)
    for (const [at, registry] of ['o', 'a'].entries())
      for (const module of modules) {
        const fromMs = i * pace + at * 10_000;
        const isOld = module === 'example.com/quiet' || registry === 'a' || i < 2;
        world.see({
          registry,
          module,
          fromMs,
          toMs: fromMs + 1_000,
          contents: versions('v1.0.0', ...(isOld ? [] : ['v1.1.0'])),
        });
      }
  expect(world.story()).toEqual(['a opened behind', 'a changed stale']);
  expect(world.detector.findings()[0]?.text).toContain('in any of 2 modules, while the origin o got them');
});

it('backends that take turns at random: are a story or two of hundreds of steps backwards, and never lag', () => {
  let [steps, told] = [0, 0];
  for (let seed = 0; seed < 20; seed += 1) {
    const { next } = createRandom(seed);
    const world = new Shelves({ mirrors: ['o', 'a'], origin: 'o' });
    looks(world, ['o', 'a'], 100, (name, look) =>
      look < 2 || (name === 'a' && next() < 0.5) ? ['v1.0.0'] : ['v1.0.0', 'v1.1.0'],
    );
    steps += world.turns.flatMap(({ regressions }) => regressions).length;
    told += world.story().length;
    expect(world.story().filter((one) => !one.endsWith('regression'))).toEqual([]);
    expect(world.lag('a')?.lowerMs).toBe(0);
  }
  expect(steps).toBeGreaterThan(400);
  expect(told).toBeLessThanOrEqual(30);
});

describe('a tag, a serial and a date', () => {
  const see = (world: Shelves, registry: string, look: number, contents: Contents) => {
    const fromMs = look * pace + (registry === 'o' ? 0 : 10_000);
    return world.see({ registry, fromMs, toMs: fromMs + 1_000, contents });
  };
  it.each<[string, (step: number) => Contents]>([
    ['tag', (step) => ({ tags: { '3.20': `sha256:${step}` } })],
    ['serial', (step) => ({ serial: 10 * step })],
    ['date', (step) => ({ modifiedAtMs: 1_700_000_000_000 + step * 86_400_000 })],
  ])('%s that moved at the origin: behind between bounds until it has, and it arrives', (what, at) => {
    const world = new Shelves({ mirrors: ['o', 'a'], origin: 'o' });
    for (let look = 0; look < 20; look += 1) {
      see(world, 'o', look, at(look < 2 ? 1 : look < 4 ? 2 : 3));
      const turn = see(world, 'a', look, at(look < 16 ? 1 : look < 17 ? 2 : 3));
      if (look === 10)
        expect(world.lag('a')).toEqual({
          registry: 'a',
          module: 'example.com/a',
          // Since step 2, which the origin had by 601 s and not at 300 s.
          lowerMs: 10 * pace + 10_000 - 601_000,
          upperMs: 10 * pace + 11_000 - 300_000,
          records: what === 'serial' ? 20 : null,
          missing: null,
        });
      if (look === 16) expect(world.lag('a')).toMatchObject({ lowerMs: 16 * pace + 10_000 - 1_201_000 });
      if (look === 16 && what !== 'serial') expect(turn.propagations).toEqual([{ registry: 'a', seconds: 4_210 }]);
    }
    expect(world.lag('a')).toMatchObject({ lowerMs: 0, upperMs: 11_000 });
    expect(world.story()).toEqual(['a opened behind', 'a closed behind']);
  });

  const day = 86_400_000;
  const startMs = Date.UTC(2026, 0, 1);
  it.each<[string, (name: string, look: number) => Contents, readonly string[]]>([
    [
      'a date of years ago',
      (name) => ({ modifiedAtMs: startMs - (name === 'o' ? 0.25 : 2_000) * day }),
      ['a opened behind'],
    ],
    [
      'a date of yesterday',
      (name) => ({ modifiedAtMs: startMs - (name === 'o' ? 0.01 : 1) * day }),
      ['a opened behind'],
    ],
    ['a date ahead of the origin', (name) => ({ modifiedAtMs: startMs - (name === 'o' ? 2_000 : 0) * day }), []],
    ['a tree that never grew', (name) => ({ serial: name === 'o' ? 2_000 : 10 }), ['a opened behind']],
    ['a tree ahead of the origin', (name) => ({ serial: name === 'o' ? 10 : 2_000 }), []],
    [
      'an origin that went back, and a mirror after it',
      (name, look) => {
        const at = name === 'o' ? look : look - 2;
        return { serial: at >= 2 && at < 5 ? 20 : 10 };
      },
      [],
    ],
    [
      'a date that went back for good',
      (name, look) => ({ modifiedAtMs: name === 'a' && look > 5 ? 1 : 2 }),
      ['a opened behind'],
    ],
  ])('%s, from the first response on', (_, said, want) => {
    const world = new Shelves({ mirrors: ['o', 'a'], origin: 'o' });
    for (let look = 0; look < 30; look += 1) for (const name of ['o', 'a']) see(world, name, look, said(name, look));
    expect(world.story()).toEqual(want);
  });

  it('a date of years ago is found with the second response, if the date of the origin is older than the limit', () => {
    const world = new Shelves({ mirrors: ['o', 'a'], origin: 'o' });
    for (let look = 0; look < 2; look += 1)
      for (const name of ['o', 'a'])
        see(world, name, look, { modifiedAtMs: startMs - (name === 'o' ? 0.25 : 2_000) * day });
    expect(world.detector.findings()[0]).toMatchObject({ cause: 'behind', actionable: true });
    expect(world.detector.findings()[0]?.text).toBe(
      'a is behind the origin o, by at least 6.1 h: the date of example.com/a has been 2020-07-11T00:00:00Z since 2026-01-01 00:00 UTC; expected 2025-12-31T18:00:00Z.',
    );
  });

  it.each<[string, readonly string[], readonly string[], readonly string[]]>([
    ['two of five could have invented it', ['a', 'b', 'c', 'd', 'e'], ['d', 'e'], []],
    ['three of five', ['a', 'b', 'c', 'd', 'e'], ['c', 'd', 'e'], ['a opened behind', 'b opened behind']],
    ['two of three', ['a', 'b', 'c'], ['b', 'c'], ['a opened behind']],
  ])('a date that some mirrors state, without an origin: %s', (_, names, holders, want) => {
    const world = new Shelves({ mirrors: names });
    for (let look = 0; look < 20; look += 1)
      for (const name of names)
        see(world, name, look, { modifiedAtMs: startMs - (holders.includes(name) ? 1 : 9) * day });
    expect(world.story()).toEqual(want);
  });

  it('a date that went back for good beside nothing to compare with contradicts the mirror itself', () => {
    const world = new Shelves({ mirrors: ['a'] });
    for (let look = 0; look < 20; look += 1)
      see(world, 'a', look, { modifiedAtMs: startMs - (look < 4 ? 1 : 9) * day });
    expect(world.story()).toEqual(['a opened regression']);
    expect(world.turns.flatMap(({ regressions }) => regressions)).toEqual(['a']);
  });

  it('a tag that the origin never had is ahead; one that it left long ago is behind', () => {
    const world = new Shelves({ mirrors: ['o', 'a', 'b'], origin: 'o' });
    const tag = (latest: string): Contents => ({ tags: { latest } });
    for (let look = 0; look < 10; look += 1) {
      see(world, 'o', look, tag(look < 4 ? 'v2' : 'v3'));
      see(world, 'a', look, tag(look < 6 ? 'v2' : 'v4'));
      see(world, 'b', look, tag('v1'));
    }
    expect(world.lag('a')).toMatchObject({ lowerMs: 0 });
    // When v2 came out nobody saw; v3 it lacks in any case.
    expect(world.lag('b')).toMatchObject({ lowerMs: 9 * pace + 10_000 - 1_201_000 });
  });
});

describe('one module asked at two versions', () => {
  const names = ['v1.0.0', 'v2.0.0'] as const;
  const each = (contents: (version: string, registry: string, look: number) => Contents) => {
    const world = new Shelves({ mirrors: ['o', 'a'], origin: 'o', versions: names });
    for (let look = 0; look < 4; look += 1)
      for (const [at, registry] of ['o', 'a'].entries())
        for (const [place, version] of names.entries()) {
          const fromMs = look * pace + at * 10_000 + place * 100_000;
          const said = contents(version, registry, look);
          world.see({ registry, version, fromMs, toMs: fromMs + 1_000, contents: said });
        }
    return world;
  };

  it('reports one release, if each response has the whole list', () => {
    const world = each((_version, _registry, look) => versions('v1.0.0', ...(look < 2 ? [] : ['v3.0.0'])));
    expect(world.turns.flatMap(({ propagations }) => propagations)).toEqual([{ registry: 'a', seconds: 10 }]);
    const lacks = each((_version, registry, look) =>
      versions('v1.0.0', ...(look < 2 || registry === 'a' ? [] : ['v3.0.0'])),
    );
    expect(lacks.detector.freshness().get('a')).toMatchObject({ missing: 1 });
  });

  it('reports two tags, each by its own responses', () => {
    const world = each((version, registry, look) => ({
      tags: { [version]: version === 'v1.0.0' && registry === 'o' && look > 1 ? 'new' : 'old' },
    }));
    const lags = [...world.detector.lags()].filter(({ registry }) => registry === 'a');
    // Not by 400 s, when the other tag was asked.
    expect(lags.map(({ upperMs }) => upperMs)).toEqual([3 * pace + 11_000 - pace, 11_000]);
  });
});

describe('what is not known', () => {
  it('has no reading: three intervals without the mirror, or without another one to compare with', () => {
    const world = new Shelves({ mirrors: ['o', 'a'], origin: 'o' });
    looks(world, ['o', 'a'], 3, () => ['v1.0.0']);
    const at = (ms: number) => ({ wallMs: Date.UTC(2026, 0, 1) + ms, monotonicMs: ms });
    world.keep(world.detector.tick(at(5 * pace)));
    expect(world.lag('a')).toMatchObject({ lowerMs: 0 });
    world.keep(world.detector.tick(at(6 * pace)));
    expect(world.lag('a')).toBeUndefined();
    looks(world, ['a'], 1, () => ['v1.0.0'], 7);
    expect(world.lag('a')).toBeUndefined();
  });

  it('is forgotten with what is not asked any more, its row too', () => {
    const world = new Shelves({ mirrors: ['o', 'a'], origin: 'o' });
    looks(world, ['o', 'a'], 20, (name, look) => (name === 'a' || look < 2 ? ['v1.0.0'] : ['v1.0.0', 'v1.1.0']));
    const now = { wallMs: Date.UTC(2026, 0, 1) + 20 * pace, monotonicMs: 20 * pace };
    world.keep(world.detector.tick(now));
    expect([...world.rows.keys()].filter((key) => key.includes('contents|'))).toHaveLength(1);
    world.keep(world.detector.reconfigure({ ...world.config, mirrors: [] }, [], now));
    expect(world.story()).toEqual(['a opened behind', 'a closed behind']);
    expect([...world.detector.lags()]).toEqual([]);
    expect([...world.rows.keys()].filter((key) => key.includes('contents|'))).toEqual([]);
  });

  it('is bounded where each response names other tags', () => {
    const world = new Shelves({ mirrors: ['o', 'a'], origin: 'o' });
    const sizeAt = (count: number) => {
      for (let look = count - 100; look < count; look += 1) {
        const tags = {
          latest: 'v1.0.0',
          ...Object.fromEntries([1, 2, 3].map((n) => [`pr-${1_000 + 3 * look + n}`, 'v1'])),
        };
        for (const registry of ['o', 'a'])
          world.see({ registry, fromMs: look * pace, toMs: look * pace + 1_000, contents: { tags } });
      }
      world.keep(world.detector.flush({ wallMs: Date.UTC(2026, 0, 1) + count * pace, monotonicMs: count * pace }));
      const [row] = [...world.rows].filter(([key]) => key.includes('contents|')).map(([, { value }]) => value);
      return JSON.stringify(row).length;
    };
    for (const count of [100, 200]) sizeAt(count);
    expect(sizeAt(300)).toBeLessThan(32 * 1_024);
  });

  it.each([
    ['a whole list tells of all', ['1', '2', '3'], { count: 1, newest: ['2'] }, ['1', '2', '3']],
    ['the newest tell of what is not older', ['1', '2', '3', '4'], { count: 9, newest: ['2', '4'] }, ['2', '3', '4']],
    ['nothing in common tells nothing', ['1', '2'], { count: 9, newest: ['8', '9'] }, []],
  ])('%s', (_name, all, said, want) => expect(selectComparable(all, { ...said, pre: [] })).toEqual(want));

  it.each([
    ['v1.2.3', 'v1.2.3', true],
    ['v1.2.3', 'v1.2', false],
    ['*-windows*', '1.0-windows-2', true],
    ['v*', 'v', true],
    ['a*a', 'a', false],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'acb', false],
    ['*', '', true],
  ])('the pattern %s and the version %s: %s', (pattern, version, want) =>
    expect(gapFilterFor({ prereleases: false, releaseAgeMs: 0, without: [pattern] })(version, false)).toBe(want),
  );
});
