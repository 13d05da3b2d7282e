import { describe, expect, it } from 'vitest';
import { type Behaviour, type Script, Simulation } from './simulate.ts';
import { aConfig, aMirror, aTarget, failedWith, refused } from './world.ts';

const minute = 60_000;
const warm = 12 * minute;
const fine: Behaviour = { rttMs: 100 };
const dead: Behaviour = { fails: refused, afterMs: 5 };
const broken: Behaviour = { fails: failedWith('server', 500), afterMs: 20 };
const names = ['a', 'b', 'c'];

/** Three mirrors at the default paces: canaries each 30 s, everything else each 5 minutes. */
function world(script: Script, modules: readonly string[] = [], steps: readonly ('list' | 'info' | 'mod')[] = ['mod']) {
  const targets = names.flatMap((name) => [
    aTarget(name),
    ...modules.flatMap((module) => steps.map((step) => aTarget(name, step, module))),
  ]);
  return new Simulation({
    config: aConfig({ mirrors: names.map((name) => aMirror(name)) }),
    targets,
    script,
    everyMsOf: ({ canary }) => (canary ? 30_000 : 5 * minute),
  });
}

const what = (sim: Simulation, kind = 'outage') => sim.changes(kind).map((change) => change.what);
const modulesOf = (count: number) => Array.from({ length: count }, (_, i) => `example.com/m${i}`);

describe('what is down', () => {
  it('504 after 3 s: the cause is 504, although the confirming probes wait for 1.5 s only', () => {
    const late: Behaviour = { fails: failedWith('server', 504), afterMs: 3_000 };
    const sim = world(({ registry }, t) => (registry === 'a' && t >= warm ? late : fine));
    sim.runTo(warm + 2 * minute);
    const [finding] = sim.detector.findings();
    expect(finding).toMatchObject({ kind: 'outage', actionable: true, cause: 'server' });
    expect(finding?.text).toMatch(/^a is down \(server, HTTP 504\): /);
  });

  it('only @v/list answers 500: degraded with its scope, never down, no reason to leave', () => {
    const sim = world(
      ({ registry, step }, t) => (registry === 'a' && step === 'list' && t >= warm ? broken : fine),
      modulesOf(4),
      ['list', 'info'],
    );
    sim.runTo(warm + 20 * minute);
    expect(sim.state('a')).toBe('degraded');
    const [finding] = sim.detector.findings();
    expect(finding).toMatchObject({ kind: 'outage', actionable: false });
    expect(new Set(finding?.scope.map(({ step }) => step))).toEqual(new Set(['list']));
  });

  it('9 of 20 modules on 500: an outage with their scope within two paces, degraded', () => {
    const bad = new Set(modulesOf(19).slice(0, 9));
    const sim = world(
      ({ registry, module }, t) => (registry === 'a' && t >= warm && bad.has(module ?? '') ? broken : fine),
      modulesOf(19),
    );
    sim.runTo(warm + 11 * minute);
    expect(sim.state('a')).toBe('degraded');
    const [finding] = sim.detector.findings();
    expect(finding).toMatchObject({ kind: 'outage', actionable: false });
    expect(new Set(finding?.scope.map(({ module }) => module))).toEqual(bad);
  });

  it('10 of 20 modules: down', () => {
    const bad = new Set(modulesOf(19).slice(0, 10));
    const sim = world(
      ({ registry, module }, t) => (registry === 'a' && t >= warm && bad.has(module ?? '') ? broken : fine),
      modulesOf(19),
    );
    sim.runTo(warm + 11 * minute);
    expect(sim.state('a')).toBe('down');
    expect(sim.detector.findings()[0]).toMatchObject({ kind: 'outage', actionable: true });
  });
});

describe('a host that takes connections and never answers', () => {
  // Ten targets at 30 s: whichever fails first, most of the others fail within the same seconds.
  it.each([0, 2_500, 5_000, 7_500, 10_000, 17_500, 27_500])(
    'from %i ms on: down 6 to 9 s after the doubt',
    (afterMs) => {
      const from = warm + afterMs + 137;
      const names = ['a', 'b', 'c'];
      const steps = ['mod', 'list', 'info'] as const;
      const sim = new Simulation({
        config: aConfig({ mirrors: names.map((name) => aMirror(name)) }),
        targets: names.flatMap((name) => [
          aTarget(name),
          ...modulesOf(3).flatMap((module) => steps.map((step) => aTarget(name, step, module))),
        ]),
        everyMsOf: () => 30_000,
        script: ({ registry }, t) => (registry === 'a' && t >= from ? 'black hole' : fine),
      });
      sim.runTo(from + 2 * minute);
      const doubtMs = sim.doubts.find(({ on }) => on)?.atMs ?? 0;
      const down = sim.findings.find(({ finding }) => finding.kind === 'outage' && finding.actionable);
      expect(down?.finding.registry).toBe('a');
      expect((down?.atMs ?? 0) - doubtMs).toBeGreaterThanOrEqual(4_000);
      expect((down?.atMs ?? 0) - doubtMs).toBeLessThanOrEqual(9_000);
      // Its siblings are left alone.
      expect(new Set(sim.findings.map(({ finding }) => finding.registry))).toEqual(new Set(['a']));
    },
  );

  it('a target that never answers beside a canary that does: degraded, the canary never out', () => {
    const sim = world(
      ({ registry, step, canary }, t) =>
        registry === 'a' && !canary && step === 'list' && t >= warm ? 'black hole' : fine,
      modulesOf(4),
      ['list', 'info'],
    );
    sim.runTo(warm + 20 * minute);
    expect(sim.state('a')).toBe('degraded');
    expect(sim.findings.some(({ finding }) => finding.kind === 'outage' && finding.actionable)).toBe(false);
  });
});

describe('the way back', () => {
  it('once the canary has closed, what else failed is asked at once: all up within seconds', () => {
    const until = warm + 20 * minute;
    const sim = world(({ registry }, t) => (registry === 'a' && t >= warm && t < until ? dead : fine), modulesOf(4), [
      'list',
      'info',
    ]);
    sim.runTo(until);
    expect(sim.detector.findings()[0]?.scope).toHaveLength(1);
    sim.runTo(until + 2 * minute);
    expect(what(sim)).toContain('a closed');
    const closedMs = sim.changes('outage').at(-1)?.atMs ?? 0;
    const first = sim.settled.find((s) => s.due.target.registry === 'a' && s.startedMonotonicMs >= until);
    expect(closedMs - (first?.endedMonotonicMs ?? 0)).toBeLessThanOrEqual(30_000);
    expect(sim.state('a')).toBe('up');
    const asked = sim.settled.filter((s) => s.due.purpose === 'confirm' && s.startedMonotonicMs >= closedMs);
    expect(asked.length).toBeGreaterThan(4);
  });

  it('and what still fails then is out within seconds', () => {
    const until = warm + 20 * minute;
    const sim = world(
      ({ registry, step }, t) => (registry === 'a' && t >= warm && (t < until || step === 'list') ? dead : fine),
      modulesOf(4),
      ['list', 'info'],
    );
    sim.runTo(until + 2 * minute);
    expect(sim.state('a')).toBe('degraded');
    expect(new Set(sim.detector.findings()[0]?.scope.map(({ step }) => step))).toEqual(new Set(['list']));
  });
});

describe('an item that all mirrors have lost', () => {
  const absent: Behaviour = { fails: failedWith('absent', 404), afterMs: 20 };
  const until = warm + 20 * minute;
  const isOne = (step: string) => step === 'info';

  it.each<[string, Behaviour, readonly string[]]>([
    ['no mirror serves it: the outage of it ends', absent, ['a opened', 'a closed']],
    ['another mirror serves it: the outage stays', fine, ['a opened']],
    ['another mirror is out as well: who can tell?', dead, ['a opened', 'b opened', 'c opened']],
  ])('%s', (_name, others, want) => {
    const sim = world(
      ({ registry, step }, t) => {
        if (!isOne(step) || t < warm) return fine;
        if (registry === 'a') return t < until ? dead : absent;
        return t < until ? fine : others;
      },
      ['example.com/m'],
      ['info'],
    );
    sim.runTo(until);
    expect(sim.state('a')).toBe('degraded');
    sim.runTo(until + 30 * minute);
    expect(what(sim)).toEqual(want);
  });

  it.each<[string, Behaviour, readonly string[]]>([
    ['ends its outage too', absent, ['a opened', 'a closed']],
    ['ends no outage while another mirror serves it', fine, ['a opened']],
  ])('a canary %s', (_name, others, want) => {
    const sim = world(({ registry }, t) => {
      if (registry === 'a') return t < warm ? fine : t < until ? dead : absent;
      return t < until ? fine : others;
    });
    sim.runTo(until + 30 * minute);
    expect(what(sim)).toEqual(want);
  });

  it('an only mirror without even its canary is still out', () => {
    const sim = new Simulation({
      config: aConfig({ mirrors: [aMirror('a')] }),
      targets: [aTarget('a')],
      script: (_, t) => (t < warm ? fine : t < until ? dead : absent),
    });
    sim.runTo(until + 30 * minute);
    expect(what(sim)).toEqual(['a opened']);
  });
});

describe('reopening damps', () => {
  it.each([
    { name: '8 s down, 8 s up', downMs: 8_000, upMs: 8_000 },
    { name: '40 s down, 40 s up', downMs: 40_000, upMs: 40_000 },
    { name: '2 min down, 3 min up', downMs: 120_000, upMs: 180_000 },
  ])('$name for an hour is one story: at most three changes before it ends', ({ downMs, upMs }) => {
    const until = warm + 60 * minute;
    const sim = world(({ registry }, t) => {
      const isDown = registry === 'a' && t >= warm && t < until && (t - warm) % (downMs + upMs) < downMs;
      return isDown ? dead : fine;
    });
    sim.runTo(until);
    expect(what(sim).length).toBeLessThanOrEqual(3);
    expect(what(sim)).toContain('a opened');
    sim.runTo(until + 40 * minute);
    expect(sim.state('a')).toBe('up');
    expect(sim.detector.findings()).toEqual([]);
  });

  it('a second outage hours later closes as the first did', () => {
    const second = warm + 5 * 60 * minute;
    const sim = world(({ registry }, t) => {
      const isDown = registry === 'a' && [warm, second].some((fromMs) => t >= fromMs && t < fromMs + 5 * minute);
      return isDown ? dead : fine;
    });
    sim.runTo(second + 7 * minute);
    expect(what(sim)).toEqual(['a opened', 'a closed', 'a opened', 'a closed']);
  });

  /** `a` is down for two minutes twice, with two minutes between, and serves again. */
  function twice(): { readonly sim: Simulation; readonly setDead: (to: boolean) => void } {
    let isDead = false;
    const sim = world(({ registry }) => (registry === 'a' && isDead ? dead : fine));
    sim.runTo(warm);
    for (let i = 0; i < 2; i++) {
      isDead = true;
      sim.runTo(sim.nowMs + 2 * minute);
      isDead = false;
      if (i === 0) sim.runTo(sim.nowMs + 2 * minute);
    }
    expect(what(sim)).toEqual(['a opened', 'a closed', 'a opened']);
    return { sim, setDead: (to) => (isDead = to) };
  }

  it('survives a restart', () => {
    const { sim } = twice();
    sim.restart(1_000);
    sim.runTo(sim.nowMs + 2 * minute);
    expect(what(sim)).toHaveLength(3);
    sim.runTo(sim.nowMs + 10 * minute);
    expect(what(sim)).toHaveLength(4);
  });

  it('a mirror that serves again does so after a restart; one that failed since does not', () => {
    const { sim, setDead } = twice();
    const isBack = () => sim.detector.standings().find(({ registry }) => registry === 'a')?.isBack === true;
    sim.restart(1);
    expect(isBack()).toBe(false);
    sim.runTo(sim.nowMs + 2 * minute);
    expect(isBack()).toBe(true);
    sim.restart(1);
    expect(isBack()).toBe(true);
    setDead(true);
    sim.runTo(sim.nowMs + minute);
    sim.restart(1);
    expect(isBack()).toBe(false);
    expect(what(sim)).toHaveLength(3);
  });
});
