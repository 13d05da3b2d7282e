import { describe, expect, it } from 'vitest';
import { type Behaviour, type Script, Simulation } from './simulate.ts';
import { dead, fine, minute, warm, world, worldOfTargets } from './story-world.ts';
import { aConfig, aMirror, aTarget, at, failedWith, throttled } from './world.ts';

describe('refusal', () => {
  it('is asked again with its siblings, opens within seconds, degrades, and closes after two ok ones', () => {
    const until = warm + 5 * minute;
    const sim = world(['a', 'b'], (registry, t) =>
      registry === 'a' && t >= warm && t < until ? { fails: failedWith('denied', 403), afterMs: 50 } : fine,
    );
    sim.runTo(warm + 3 * minute);
    const denied = sim.settled.filter((s) => s.outcome.tag === 'failed');
    const [opened, ...rest] = sim.changes('refusal');
    expect([opened?.what, rest]).toEqual(['a opened', []]);
    const tookMs = (opened?.atMs ?? 0) - (denied[0]?.endedMonotonicMs ?? 0);
    expect(tookMs).toBeGreaterThanOrEqual(4_000);
    expect(tookMs).toBeLessThanOrEqual(6_000);
    expect(sim.state('a')).toBe('degraded');
    expect(sim.doubts).toEqual([]);
    for (const { registries } of sim.asked) expect(registries).toEqual(['a', 'b']);
    sim.runTo(until + 2 * minute);
    expect(sim.changes('refusal').map(({ what }) => what)).toEqual(['a opened', 'a closed']);
  });

  describe('a wish to be left alone', () => {
    /** The canary of `a` wishes so the first few times. */
    const asking = (wishMs: number | null, times: number) => {
      let left = times;
      return world(['a', 'b'], (registry, t) => {
        if (registry !== 'a' || t < warm || left === 0) return fine;
        left -= 1;
        return { fails: throttled(wishMs), afterMs: 50 };
      });
    };
    const refusedAtMs = (sim: Simulation) =>
      sim.settled.filter((s) => s.outcome.tag === 'failed').map((s) => s.endedMonotonicMs);

    it.each([3_000, 9_000])('of %i ms is heeded, and what was refused asked once more when it is over', (wishMs) => {
      const sim = asking(wishMs, 1);
      sim.runTo(warm + 5 * minute);
      const [firstMs = 0] = refusedAtMs(sim);
      const [asked, ...rest] = sim.asked.filter(({ atMs }) => atMs > firstMs);
      expect(asked?.registries).toEqual(['a', 'b']);
      expect((asked?.atMs ?? 0) - firstMs).toBeGreaterThanOrEqual(wishMs);
      expect((asked?.atMs ?? 0) - firstMs).toBeLessThanOrEqual(wishMs + 1_000);
      expect(rest).toEqual([]);
      expect(sim.changes('refusal')).toEqual([]);
    });

    it('that is renewed each time is a refusal within 10 s, and no probe is sent sooner', () => {
      const wishMs = 4_000;
      const sim = asking(wishMs, 1_000);
      sim.runTo(warm + 5 * minute);
      const times = refusedAtMs(sim);
      for (const [i, atMs] of times.slice(1).entries()) expect(atMs - (times[i] ?? 0)).toBeGreaterThanOrEqual(wishMs);
      const [opened, ...rest] = sim.changes('refusal');
      expect([opened?.what, rest]).toEqual(['a opened', []]);
      expect((opened?.atMs ?? 0) - (times[0] ?? 0)).toBeLessThanOrEqual(10_000);
      // Once it is one, its own pace tells.
      expect(sim.asked.filter(({ atMs }) => atMs > (opened?.atMs ?? 0))).toEqual([]);
    });

    it.each([10_000, 60_000, 61_000])('of %i ms is one at once, and nothing is asked', (wishMs) => {
      const sim = asking(wishMs, 1);
      sim.runTo(warm + 2 * minute);
      const [opened] = sim.changes('refusal');
      expect([opened?.what, opened?.atMs]).toEqual(['a opened', refusedAtMs(sim)[0]]);
      expect(sim.asked).toEqual([]);
    });
  });

  describe('a wish of the canary to be left alone for half a minute, while the list of versions', () => {
    const list = aTarget('a', 'list');
    /** The canary wishes so once, or while `isAll` all targets of `a` do. */
    const wishing = (isAll: boolean) => {
      let left = 1;
      return worldOfTargets([list], ({ registry, canary }, t) => {
        if (registry !== 'a' || t < warm || (!isAll && (!canary || left === 0))) return fine;
        left -= 1;
        return { fails: throttled(30_000), afterMs: 50 };
      });
    };

    it('is served, is chance: the list is asked at once, and no finding opens', () => {
      const sim = wishing(false);
      sim.runTo(warm + 5 * minute);
      const first = sim.settled.find(({ outcome }) => outcome.tag === 'failed');
      const looks = sim.settled.filter(({ due }) => due.purpose === 'recheck');
      expect(looks.map(({ due, outcome }) => [due.target.step, outcome.tag])).toEqual([['list', 'ok']]);
      expect((looks[0]?.startedMonotonicMs ?? 0) - (first?.endedMonotonicMs ?? 0)).toBeLessThanOrEqual(1_000);
      expect(sim.changes('refusal')).toEqual([]);
      expect(sim.state('a')).toBe('up');
    });

    it('is refused too, is a refusal within a second', () => {
      const sim = wishing(true);
      sim.runTo(warm + 2 * minute);
      const first = sim.settled.find(({ outcome }) => outcome.tag === 'failed');
      const [opened] = sim.changes('refusal');
      expect(opened?.what).toBe('a opened');
      expect((opened?.atMs ?? 0) - (first?.endedMonotonicMs ?? 0)).toBeLessThanOrEqual(1_000);
      expect(sim.findings[0]?.finding.scope.map(({ step }) => step).toSorted()).toEqual(['list', 'mod']);
      expect(sim.findings[0]?.finding).toMatchObject({ cause: 'throttled', actionable: true });
    });
  });

  describe('503 with Retry-After: 5', () => {
    const busy: Behaviour = {
      fails: { tag: 'failed', failure: { kind: 'throttled', status: 503, retryAfterMs: 5_000 } },
      afterMs: 50,
    };
    const list = aTarget('a', 'list');

    it('of everything is an outage, as a cache whose server is dead sends it', () => {
      const sim = worldOfTargets([list], ({ registry }, t) => (registry === 'a' && t >= warm ? busy : fine));
      sim.runTo(warm + 2 * minute);
      const [opened, ...rest] = sim.changes('outage');
      expect([opened?.what, rest, sim.state('a')]).toEqual(['a opened', [], 'down']);
      expect((opened?.atMs ?? 0) - warm).toBeLessThanOrEqual(minute);
    });

    it('from the first response on is an outage too', () => {
      const sim = worldOfTargets([list], ({ registry }) => (registry === 'a' ? busy : fine));
      sim.runTo(2 * minute);
      expect(sim.changes('outage').map(({ what }) => what)).toEqual(['a opened']);
    });

    it('of the list alone, while the canary is served, is a mirror that throttles', () => {
      const sim = worldOfTargets([list], ({ id }, t) => (id === list.id && t >= warm ? busy : fine));
      sim.runTo(warm + 20 * minute);
      expect(sim.changes('outage')).toEqual([]);
      expect(sim.detector.findings()).toMatchObject([{ kind: 'refusal', cause: 'throttled', actionable: false }]);
      expect(sim.state('a')).toBe('degraded');
    });
  });

  it('of one target beside the canary is one too: degraded with its scope, and no reason to leave', () => {
    const zip = aTarget('a', 'zip', 'example.com/b');
    const sim = worldOfTargets([zip], ({ id }, t) =>
      id === zip.id && t >= warm ? { fails: failedWith('denied', 403), afterMs: 50 } : fine,
    );
    sim.runTo(warm + 5 * minute);
    expect(sim.detector.findings()).toMatchObject([
      { kind: 'refusal', cause: 'denied', actionable: false, scope: [{ module: 'example.com/b', step: 'zip' }] },
    ]);
    expect(sim.state('a')).toBe('degraded');
  });

  it('a Retry-After of an hour is one at once; the mirror is degraded, unknown without a sample for three intervals, and not probed', () => {
    const hour: Behaviour = {
      fails: { tag: 'failed', failure: { kind: 'throttled', status: 429, retryAfterMs: 3_600_000 } },
      afterMs: 30,
    };
    const sim = world(['a', 'b'], (registry, t) => (registry === 'a' && t >= warm ? hour : fine));
    sim.runTo(warm + 31_000);
    expect(sim.changes('refusal').map(({ what }) => what)).toEqual(['a opened']);
    expect(sim.findings[0]?.finding).toMatchObject({ cause: 'throttled', actionable: true });
    expect(sim.state('a')).toBe('degraded');
    sim.runTo(warm + 4 * minute);
    expect(sim.state('a')).toBe('unknown');
    expect(sim.asked).toEqual([]);
  });

  it('of the canary stays where a reload leaves no other mirror: an empty server has none either', () => {
    const sim = world(['a', 'b'], (registry, t) =>
      registry === 'a' && t >= warm ? { fails: failedWith('absent', 404), afterMs: 50 } : fine,
    );
    sim.runTo(warm + 5 * minute);
    expect(sim.changes('refusal').map(({ what }) => what)).toEqual(['a opened']);
    const only = aConfig({ mirrors: [aMirror('a')] });
    sim.detector.reconfigure(only, [aTarget('a')], at(sim.nowMs));
    sim.runTo(warm + 15 * minute);
    expect(sim.detector.findings().map(({ kind, state }) => [kind, state])).toEqual([['refusal', 'open']]);
  });

  it('survives a restart', () => {
    const sim = world(['a', 'b'], (registry, t) =>
      registry === 'a' && t >= warm && t < warm + 5 * minute ? { fails: failedWith('denied', 403), afterMs: 50 } : fine,
    );
    sim.runTo(warm + minute);
    sim.restart(1_000);
    expect(sim.state('a')).toBe('degraded');
    sim.runTo(warm + 7 * minute);
    expect(sim.changes('refusal').map(({ what }) => what)).toEqual(['a opened', 'a closed']);
  });

  it.each([
    { name: 'a sibling serves it: a refusal', others: fine, want: ['a opened'] },
    {
      name: 'nobody serves it: no refusal',
      others: { fails: failedWith('absent', 404), afterMs: 50 },
      want: [],
    },
  ])('absent while $name', ({ others, want }) => {
    const sim = world(['a', 'b'], (registry) =>
      registry === 'a' ? { fails: failedWith('absent', 404), afterMs: 50 } : others,
    );
    sim.runTo(5 * minute);
    expect(sim.changes('refusal').map(({ what }) => what)).toEqual(want);
  });
});

describe('a refusal because a sibling serves it', () => {
  const absent: Behaviour = { fails: failedWith('absent', 404), afterMs: 50 };
  const fromMs = 2 * minute;
  const refusals = (sibling: Behaviour, restartMs?: number) => {
    const sim = world(['a', 'b'], (registry, t) => (registry === 'a' ? absent : t < fromMs ? fine : sibling));
    sim.runTo(restartMs ?? fromMs);
    if (restartMs !== undefined) sim.restart(1_000);
    sim.runTo(20 * minute);
    return sim.changes('refusal').map(({ what }) => what);
  };

  it('ends when none serves it any more, over a restart too', () => {
    expect(refusals(absent)).toEqual(['a opened', 'a closed']);
    expect(refusals(absent, fromMs + 5_000)).toEqual(['a opened', 'a closed']);
  });

  it('ends too where the siblings lose it one after the other', () => {
    const sim = world(['a', 'b', 'c'], (registry, t) =>
      registry === 'a' || t >= fromMs + (registry === 'b' ? 0 : 10 * minute) ? absent : fine,
    );
    sim.runTo(30 * minute);
    const story = ['a opened', 'b opened', 'a closed', 'b closed'];
    expect(
      sim
        .changes('refusal')
        .map(({ what }) => what)
        .toSorted(),
    ).toEqual(story.toSorted());
  });

  it('ends when a sibling over kept connections has lost it', () => {
    const sim = world(['a', aMirror('b', { connections: ['warm'] })], (registry, t) =>
      registry === 'a' || t >= fromMs ? absent : fine,
    );
    sim.runTo(20 * minute);
    expect(sim.changes('refusal').map(({ what }) => what)).toEqual(['a opened', 'a closed']);
  });

  it('stays while the sibling is down or refuses', () => {
    expect(refusals(dead)).toEqual(['a opened']);
    expect(refusals({ fails: failedWith('denied', 403), afterMs: 50 })).toEqual(['a opened', 'b opened']);
  });
});

describe('an item that the origin does not have', () => {
  const absent: Behaviour = { fails: failedWith('absent', 404), afterMs: 50 };
  const mirrors = ['origin', 'a', 'b', 'evil'].map((name) =>
    aMirror(name, name === 'origin' ? { role: 'origin' } : {}),
  );

  it.each<[string, readonly string[], readonly string[]]>([
    ['most mirrors lack it too: the one that serves it shows nothing about them', ['evil'], []],
    ['half of the mirrors lack it: clients of these mirrors miss it', ['b', 'evil'], ['a opened', 'origin opened']],
    ['and the origin serves it: it is missing', ['origin', 'evil'], ['a opened', 'b opened']],
  ])('%s', (_, holders, want) => {
    const extra = mirrors.map(({ name }) => aTarget(name, 'mod', 'example.com/withdrawn'));
    const targets = [...mirrors.map(({ name }) => aTarget(name)), ...extra];
    const script: Script = ({ registry, module }, t) =>
      module !== 'example.com/withdrawn' || t < warm || holders.includes(registry) ? fine : absent;
    const sim = new Simulation({ config: aConfig({ mirrors }), targets, script });
    sim.runTo(warm + 20 * minute);
    const changes = sim.changes('refusal').map(({ what }) => what);
    expect(changes.sort()).toEqual(want);
    const failed = sim.settled.filter(({ due, outcome }) => outcome.tag === 'failed' && due.target.registry === 'a');
    expect(failed.at(-1)?.isWithdrawn === true).toBe(want.length === 0);
  });

  it.each<[string, string, number, readonly string[]]>([
    ['by digest that only one mirror ever served, without an origin: no refusal', 'sha256:0e', 0, []],
    ['by digest that they served before: a refusal', 'sha256:0e', warm, ['a opened', 'b opened']],
    ['by tag: a refusal', 'latest', 0, ['a opened', 'b opened']],
  ])('%s', (_, version, fromMs, want) => {
    const some = ['a', 'b', 'evil'].map((name) => aMirror(name));
    const extra = some.map(({ name }) => aTarget(name, 'mod', 'example.com/image', version));
    const script: Script = ({ registry, module }, t) =>
      module === 'example.com/image' && registry !== 'evil' && t >= fromMs ? absent : fine;
    const targets = [...some.map(({ name }) => aTarget(name)), ...extra];
    const sim = new Simulation({ config: aConfig({ mirrors: some }), targets, script });
    sim.runTo(warm + 20 * minute);
    const changes = sim.changes('refusal').map(({ what }) => what);
    expect(changes.sort()).toEqual(want);
  });

  describe('which only lock files name', () => {
    const lock = {
      ecosystem: 'go',
      upstream: 'go',
      module: 'example.com/added',
      version: 'v1.0.0',
      isOfLock: true,
    } as const;

    it.each<[string, readonly string[], readonly string[], number, readonly string[]]>([
      ['and one of three mirrors serves: no refusal', ['a', 'b', 'evil'], ['evil'], 0, []],
      ['and one of two mirrors serves: no refusal', ['a', 'evil'], ['evil'], 0, []],
      ['and one of two mirrors serves, but not the origin: no refusal', ['origin', 'a', 'evil'], ['evil'], 0, []],
      ['and two mirrors serve: a refusal of the third', ['a', 'b', 'evil'], ['b', 'evil'], 0, ['a opened']],
      ['and the origin serves: a refusal', ['origin', 'a', 'evil'], ['origin', 'evil'], 0, ['a opened']],
      ['and the mirror itself served before: a refusal', ['a', 'evil'], ['evil'], warm, ['a opened']],
    ])('%s', (_, names, holders, fromMs, want) => {
      const some = names.map((name) => aMirror(name, name === 'origin' ? { role: 'origin' } : {}));
      const extra = some.map(({ name }) => aTarget(name, 'mod', lock.module, lock.version));
      const script: Script = ({ registry, module }, t) =>
        module === lock.module && !holders.includes(registry) && t >= fromMs ? absent : fine;
      const targets = [...some.map(({ name }) => aTarget(name)), ...extra];
      const sim = new Simulation({ config: { ...aConfig({ mirrors: some }), modules: [lock] }, targets, script });
      sim.runTo(warm + 10 * minute);
      expect(sim.changes('refusal').map(({ what }) => what)).toEqual(want);
      // The mirror that serves the item is no better for it.
      const served = sim.settled.filter(
        ({ due }) => due.target.module === lock.module && due.target.registry === 'evil',
      );
      expect(served.at(-1)?.isWithdrawn === true).toBe(want.length === 0);
    });

    it('and two mirrors of one host serve: no refusal, because they count as one', () => {
      const [a, evil, other] = ['a', 'evil', 'other'].map((name) => aMirror(name));
      if (a === undefined || evil === undefined || other === undefined) throw new Error('three mirrors');
      const some = [a, evil, { ...other, url: `${evil.url}/other/` }];
      const extra = some.map(({ name }) => aTarget(name, 'mod', lock.module, lock.version));
      const script: Script = ({ registry, module }) => (module === lock.module && registry === 'a' ? absent : fine);
      const targets = [...some.map(({ name }) => aTarget(name)), ...extra];
      const sim = new Simulation({ config: { ...aConfig({ mirrors: some }), modules: [lock] }, targets, script });
      sim.runTo(warm + 10 * minute);
      expect(sim.changes('refusal')).toEqual([]);
    });

    it('and the mirror served before a restart: the refusal stays', () => {
      const some = ['a', 'b'].map((name) => aMirror(name));
      const extra = some.map(({ name }) => aTarget(name, 'mod', lock.module, lock.version));
      const script: Script = ({ registry, module }, t) =>
        module === lock.module && registry === 'a' && t >= warm ? absent : fine;
      const targets = [...some.map(({ name }) => aTarget(name)), ...extra];
      const sim = new Simulation({ config: { ...aConfig({ mirrors: some }), modules: [lock] }, targets, script });
      sim.runTo(warm + 10 * minute);
      sim.restart(1_000);
      sim.runTo(warm + 20 * minute);
      expect(sim.changes('refusal').map(({ what }) => what)).toEqual(['a opened']);
    });
  });

  it('of which a rare download of the origin is still unknown: another step of the origin shows it', () => {
    const steps = ['mod', 'zip'];
    const extra = mirrors.flatMap(({ name }) => steps.map((step) => aTarget(name, step, 'example.com/withdrawn')));
    const script: Script = ({ registry, module, step }) => {
      if (module !== 'example.com/withdrawn' || registry === 'evil') return fine;
      return registry === 'origin' && step === 'zip' ? dead : absent;
    };
    const targets = [...mirrors.map(({ name }) => aTarget(name)), ...extra];
    const sim = new Simulation({ config: aConfig({ mirrors }), targets, script });
    sim.runTo(warm + 10 * minute);
    expect(sim.changes('refusal')).toEqual([]);
  });

  it.each<[string, boolean, readonly string[]]>([
    ['any more: its last download of the item does not show that it still has it', true, []],
    ['as a download any more, but whose metadata it serves: a refusal', false, ['a opened', 'b opened']],
  ])('%s', (_, isGone, want) => {
    const steps = ['mod', 'zip'];
    const extra = mirrors.flatMap(({ name }) => steps.map((step) => aTarget(name, step, 'example.com/withdrawn')));
    const script: Script = ({ registry, module, step }, t) => {
      if (module !== 'example.com/withdrawn' || t < warm || registry === 'evil') return fine;
      // The origin's download is not due any more.
      if (registry === 'origin' && step === 'zip') return fine;
      return isGone || step === 'zip' ? absent : fine;
    };
    const targets = [...mirrors.map(({ name }) => aTarget(name)), ...extra];
    const sim = new Simulation({ config: aConfig({ mirrors }), targets, script });
    sim.runTo(warm + 20 * minute);
    const changes = sim.changes('refusal').map(({ what }) => what);
    expect(changes.toSorted()).toEqual(want);
  });

  it('another mirror that served it is down: its absence is still a refusal', () => {
    const script: Script = ({ registry, module }, t) => {
      if (registry === 'b' && t >= warm + 20 * minute && t < warm + 40 * minute) return dead;
      return module === 'example.com/internal' && t >= warm && registry !== 'b' ? absent : fine;
    };
    const names = ['origin', 'a', 'b'];
    const some = mirrors.filter(({ name }) => names.includes(name));
    const extra = names.map((name) => aTarget(name, 'mod', 'example.com/internal'));
    const targets = [...names.map((name) => aTarget(name)), ...extra];
    const sim = new Simulation({ config: aConfig({ mirrors: some }), targets, script });
    sim.runTo(warm + 60 * minute);
    const changes = sim.changes('refusal').map(({ what }) => what);
    expect(changes.filter((what) => what.startsWith('a '))).toEqual(['a opened']);
  });
});
