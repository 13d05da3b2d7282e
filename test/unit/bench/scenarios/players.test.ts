import { describe, expect, it } from 'vitest';
import { chainBehind, chainOf, chainText } from '../../../../bench/scenarios/players/chain.ts';
import { Queue } from '../../../../bench/scenarios/players/queue.ts';
import { baselines, playerOf } from '../../../../bench/scenarios/players/registry.ts';
import { watch } from '../../../../bench/scenarios/players/rounds.ts';
import type { Question, World } from '../../../../bench/scenarios/world.ts';
import { type Course, good, incident, type Tiny, tinyWorld } from './tiny-world.ts';

const minute = 60_000;
const steady = (tookMs: number): Course => [{ fromMs: 0, tookMs }];
/** `a` is like this from minute 20 to 60, else 200 ms; `b` takes 220, `c` 240. */
const spoilt = (tookMs: number | null, more: Partial<Tiny> = {}) =>
  tinyWorld({
    courses: {
      a: [...steady(200), { fromMs: 20 * minute, tookMs }, { fromMs: 60 * minute, tookMs: 200 }],
      b: steady(220),
      c: steady(240),
    },
    chain: 'a,b,c,direct',
    minutes: 180,
    incidents: [incident(20, 60)],
    ...more,
  });
const calm = () =>
  tinyWorld({ courses: { a: steady(200), b: steady(190), c: steady(240) }, chain: 'a,b,c,direct', minutes: 240 });

async function headsOf(name: string, world: World): Promise<readonly (readonly [number, string])[]> {
  const player = await playerOf(name);
  if (!player) throw new Error(name);
  return player.play(world).moves.map(({ atMs, chain }) => [Math.round(atMs / 6_000) / 10, chain.members[0] ?? '']);
}

describe('who moves when the head refuses for forty minutes', () => {
  it.each([
    ['three-failures', 21, 23],
    ['plain', 21, 23],
    ['fixed-threshold', 22, 26],
    ['lowest-mean', 20, 22],
    ['cusum', 20, 23],
    ['policy', 20, 21],
    ['oracle', 20, 20.1],
    ['told', 20.1, 20.2],
    ['told-by-rules', 20.1, 20.2],
  ])('%s leaves between minute %d and %d', async (name, from, to) => {
    const [first] = await headsOf(name, spoilt(null));
    expect(first?.[1]).toBe('b');
    expect(first?.[0]).toBeGreaterThanOrEqual(from);
    expect(first?.[0]).toBeLessThanOrEqual(to);
  });
  it.each(['three-failures', 'plain', 'fixed-threshold', 'policy', 'oracle'])(
    '%s comes home afterwards',
    async (name) => {
      const moves = await headsOf(name, spoilt(null));
      expect(moves.map(([, head]) => head)).toEqual(['b', 'a']);
      expect(moves[1]?.[0]).toBeGreaterThanOrEqual(60);
    },
  );
  it('the dead head is left out behind the new one', async () => {
    const { moves } = (await playerOf('policy'))?.play(spoilt(null)) ?? { moves: [] };
    expect(moves.map(({ chain }) => chainText(chain))).toEqual(['b,c,direct', 'a,b,c,direct']);
  });
});

describe('who moves when the head takes 3 s instead of 0.2', () => {
  it.each([
    ['never', []],
    ['three-failures', []],
    ['plain', ['b', 'a']],
    ['fixed-threshold', ['b', 'a']],
    ['lowest-mean', ['b']],
    ['cusum', ['b']],
    // One zip an hour: its mean forgets three seconds only after many hours.
    ['policy', ['b']],
    ['oracle', ['b', 'a']],
    ['told', ['b', 'a']],
    ['told-by-rules', ['b', 'a']],
  ])('%s: %j', async (name, heads) => {
    expect((await headsOf(name, spoilt(3_000))).map(([, head]) => head)).toEqual(heads);
  });
});

describe('who stays', () => {
  const online = [...baselines.map(({ name }) => name), 'policy'];
  it.each(online)('%s, where nothing is wrong and another is a twentieth quicker', async (name) =>
    expect(await headsOf(name, calm())).toEqual([]),
  );
  it.each(['never', 'plain', 'policy'])('%s, where one answer of the head fails', async (name) => {
    const world = spoilt(200, {
      answer: (mirror, _, atMs) =>
        mirror === 'a' && atMs > 30 * minute && atMs < 30.5 * minute && Math.floor(atMs / 1_000) % 30 === 0
          ? { reason: 'reset', status: null }
          : null,
    });
    expect(await headsOf(name, world)).toEqual([]);
  });
  it.each(['policy', 'cusum'])('%s, where all refuse alike', async (name) => {
    const world = spoilt(200, {
      answer: (_mirror, _question, atMs) =>
        atMs > 30 * minute && atMs < 40 * minute ? { reason: 'unreachable', status: null } : null,
    });
    expect(await headsOf(name, world)).toEqual([]);
  });
});

describe('a player that knows the truth and keeps the rules of advice', () => {
  it('goes home ten minutes after the trouble is over', async () => {
    const moves = await headsOf('told-by-rules', spoilt(null));
    expect(moves.map(([atMinute]) => Math.round(atMinute))).toEqual([20, 70]);
  });
  it.each([
    [230, []],
    [300, ['b', 'a']],
  ])('with %d ms at the head, and 220 at the next mirror: %j', async (tookMs, heads) => {
    expect((await headsOf('told-by-rules', spoilt(tookMs))).map(([, head]) => head)).toEqual(heads);
  });
});

describe('what only the policy sees', () => {
  it('zips that fail, after two of them', async () => {
    const world = spoilt(200, {
      answer: (mirror, { step }, atMs) =>
        mirror === 'a' && step === 'zip' && atMs > 10 * minute ? { reason: 'server', status: 500 } : null,
    });
    expect((await headsOf('policy', world)).map(([, head]) => head)).toEqual(['b']);
    expect(await headsOf('plain', world)).toEqual([]);
  });
  it('an hour of Retry-After, and asks the mirror no more meanwhile', async () => {
    const asked: number[] = [];
    const world = spoilt(200, {
      answer: (mirror, _, atMs) => {
        if (mirror !== 'a' || atMs < 20 * minute) return null;
        asked.push(atMs);
        return { reason: 'throttled', status: 429, retryAfterMs: 60 * minute };
      },
    });
    const moves = await headsOf('policy', world);
    expect(moves[0]?.[1]).toBe('b');
    expect(moves[0]?.[0]).toBeLessThan(21);
    expect(asked.filter((atMs) => atMs < 79 * minute)).toHaveLength(1);
  });
  it('two answers with wrong bytes: left for good', async () => {
    const world = spoilt(200, {
      answer: (mirror, { step }, atMs) =>
        mirror === 'a' && step === 'zip' && atMs > 10 * minute && atMs < 60 * minute ? { reason: 'mismatch' } : null,
    });
    expect((await headsOf('policy', world)).map(([, head]) => head)).toEqual(['b']);
  });
});

describe('the idealised prober', () => {
  const roundsOf = (world: World) => {
    const rounds: { atMs: number; step: Question['step']; answers: number }[] = [];
    const probes = watch(world, () => ({
      take: ({ atMs, question: { step }, answers }) =>
        rounds.push({ atMs, step, answers: answers.filter((answer) => answer !== null).length }),
    }));
    return { rounds, probes };
  };
  it('asks every question at its pace, all mirrors at once', () => {
    const { rounds, probes } = roundsOf(calm());
    const count = (step: Question['step']) => rounds.filter((round) => round.step === step).length;
    expect([count('mod'), count('info'), count('list'), count('latest'), count('sumdb'), count('zip')]).toEqual([
      480, 48, 48, 48, 8, 4,
    ]);
    expect(rounds.every(({ answers }) => answers === 3)).toBe(true);
    expect(probes).toEqual({ scheduled: 3 * 636, extra: 0 });
  });
  it('asks nothing while the process is down, and keeps what cannot be judged out', () => {
    const events = [{ atMs: 60 * minute, kind: 'restart' as const, downMs: 10 * minute }];
    const { rounds } = roundsOf(
      spoilt(200, { events, answer: (mirror) => (mirror === 'b' ? { unknown: 'resolver' } : null) }),
    );
    expect(rounds.filter(({ atMs }) => atMs >= 60 * minute && atMs < 70 * minute)).toEqual([]);
    expect(rounds.every(({ answers }) => answers === 2)).toBe(true);
  });
  it('cuts what never comes at the timeout', () => {
    const took: (number | undefined)[] = [];
    watch(spoilt(200, { answer: (mirror) => (mirror === 'a' ? { ...good, tookMs: Infinity } : null) }), () => ({
      take: ({ answers: [a], isHeavy }) => {
        if (a && !isHeavy) took.push(a.reason === 'cut' ? a.tookMs : undefined);
      },
    }));
    expect(new Set(took)).toEqual(new Set([10_000]));
  });
});

describe('chains', () => {
  it.each([
    ['a|b,direct', 'b', 'none', 'b|a,direct'],
    ['a|b,direct', 'b', 'a', 'b,direct'],
    ['a,b|direct', 'c', 'none', 'c,a,b|direct'],
    ['a', 'b', 'none', 'b,a'],
    ['a|direct', 'a', 'a', 'a|direct'],
  ])('%s led by %s without %s: %s', (declared, head, failing, expected) =>
    expect(chainText(chainBehind(chainOf(declared), head, (member) => member === failing))).toBe(expected),
  );
  it('things of one time leave a queue in the order in which they came', () => {
    const queue = new Queue<string>();
    for (const [atMs, item] of [
      [3, 'd'],
      [1, 'a'],
      [2, 'c'],
      [1, 'b'],
      [5, 'e'],
    ] as const)
      queue.push(atMs, item);
    const out = Array.from({ length: 6 }, () => queue.pop()?.item ?? null);
    expect(out).toEqual(['a', 'b', 'c', 'd', 'e', null]);
  });
});
