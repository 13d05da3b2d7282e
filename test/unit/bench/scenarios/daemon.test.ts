import { describe, expect, it } from 'vitest';
import { daemonAcceptedPlayer, daemonPlayer, daemonWithAlerts } from '../../../../bench/scenarios/daemon/player.ts';
import type { Answer, World, WorldEvent } from '../../../../bench/scenarios/world.ts';

const minute = 60_000;

const good: Answer = {
  tookMs: 80,
  reason: null,
  status: 200,
  retryAfterMs: null,
  bytes: 400,
  cache: null,
  family: 4,
  certificateDays: 60,
  unknown: null,
};
const dead: Answer = { ...good, tookMs: 3, reason: 'refused', status: null, bytes: 0, certificateDays: null };

/** Three mirrors far from each other, of which `answer` tells; everything else is well. */
function aWorld(
  answer: (mirror: string, atMs: number) => Answer,
  over: { readonly forMs?: number; readonly events?: readonly WorldEvent[]; readonly chain?: string } = {},
): World {
  const setup = {
    mirrors: ['a', 'b', 'c'].map((name, at) => ({
      name,
      url: `https://${name}.example.com/go`,
      address: `198.${18 + at}.0.1`,
      upstream: 'go',
      role: 'mirror' as const,
      weight: 10 - at,
    })),
    modules: ['one', 'two'].map((name) => ({ upstream: 'go', module: `example.com/${name}`, version: 'v1.0.0' })),
    controls: [{ name: 'dns', url: 'tcp://203.0.113.1:53' }],
    everyMs: 30_000,
    timeoutMs: 10_000,
    chains: { go: over.chain ?? 'a,b|direct' },
  };
  return {
    family: 'by hand',
    group: 'by hand',
    seed: 1,
    durationMs: over.forMs ?? 60 * minute,
    setup,
    events: over.events ?? [],
    incidents: [],
    isCalm: true,
    ask: (mirror, { step, module }, atMs) => {
      const given = answer(mirror, atMs);
      // A little unlike each time, as a function of what is asked.
      const wobble = (atMs * 7 + step.length * 13 + (module?.length ?? 0) * 3 + mirror.charCodeAt(0) * 5) % 17;
      return { ...given, tookMs: given.tookMs + wobble };
    },
    control: () => ({ answered: true, tookMs: 20 }),
    buildCost: () => 0,
  };
}

const headDies = (events: readonly WorldEvent[] = []): World =>
  aWorld((mirror, atMs) => (mirror === 'a' && atMs >= 10 * minute ? dead : good), { forMs: 20 * minute, events });
const followed = daemonPlayer.play(headDies());
const shown = ({ moves }: ReturnType<typeof daemonPlayer.play>): readonly string[] =>
  moves.map(({ chain }) => chain.members.map((member, at) => `${member}${chain.separators[at] ?? ''}`).join(''));

describe('the daemon as a player', () => {
  it('advises clients within a minute to leave a head that refuses connections', () => {
    const [move, ...others] = followed.moves;
    expect(others).toEqual([]);
    // Which of the two others is the judge's business.
    expect(move?.chain.members.at(-1)).toBe('direct');
    expect(move?.chain.members).not.toContain('a');
    expect(move?.chain.separators.at(-1)).toBe('|');
    expect(move?.atMs).toBeGreaterThan(10 * minute);
    expect(move?.atMs).toBeLessThan(11 * minute);
    expect(move?.upstream).toBe('go');
    expect(move?.why).toMatch(/^outage: /);
    expect(followed.notices.map(({ what }) => what).sort()).toEqual(['advice proposed for go', 'outage opened: a']);
  });

  it('moves with what was accepted a minute after the proposal', () => {
    const accepted = daemonAcceptedPlayer.play(headDies());
    expect(shown(accepted)).toEqual(shown(followed));
    expect((accepted.moves[0]?.atMs ?? 0) - (followed.moves[0]?.atMs ?? 0)).toBe(minute + 5);
    expect(accepted.notices.map(({ what }) => what)).toContain('advice accepted for go');
  });

  it.each([daemonPlayer, daemonWithAlerts])('$name: nothing in a calm hour, each target at its pace', (player) => {
    const played = player.play(aWorld(() => good));
    expect(played.moves).toEqual([]);
    expect(played.notices).toEqual([]);
    // 3 mirrors: 2 × mod each 30 s, 2 × (info, list, latest) each 5 min, sumdb each 30 min, 2 × zip each hour.
    expect(played.probes.scheduled).toBeGreaterThan(3 * 300);
    expect(played.probes.scheduled).toBeLessThan(3 * 325);
    // The first bytes of an artifact of the head each 30 s (advise/downloads.ts), a small download of it each 150 s, with two
    // others in every second one (advise/downloads.ts) or a scheduled one in its place; and nothing else.
    expect(played.probes.extra).toBeGreaterThan(120 + 12 * 3);
    expect(played.probes.extra).toBeLessThanOrEqual(120 + 24 + 12 * 2);
  });

  it('plays the same world twice in the same way', () => {
    const flaps = (): World =>
      aWorld((mirror, atMs) => (mirror === 'a' && Math.floor(atMs / (7 * minute)) % 2 === 1 ? dead : good), {
        forMs: 30 * minute,
      });
    const played = daemonPlayer.play(flaps());
    expect(played.moves.length).toBeGreaterThan(0);
    expect(daemonPlayer.play(flaps())).toEqual(played);
  });

  it('goes on after a restart with what was advised before', () => {
    const played = daemonPlayer.play(headDies([{ atMs: 15 * minute, kind: 'restart', downMs: 20_000 }]));
    expect(played.moves).toEqual(followed.moves);
    expect(played.notices).toEqual(followed.notices);
  });

  it('goes on from the chain that a reload declares anew, which is no move', () => {
    const world = aWorld((mirror, atMs) => (mirror === 'c' && atMs >= 15 * minute ? dead : good), {
      forMs: 30 * minute,
    });
    const setup = { ...world.setup, chains: { go: 'c,direct' } };
    const played = daemonPlayer.play({ ...world, events: [{ atMs: 10 * minute, kind: 'reload', setup }] });
    // Downloads of `c` fail first, so its canary is not known to fail: `c` stays in the chain.
    expect(shown(played)).toEqual(['a,c,direct']);
    expect(played.moves[0]?.atMs).toBeGreaterThan(15 * minute);
    expect(played.moves[0]?.atMs).toBeLessThan(16 * minute);
  });

  it.each([
    { name: 'a stall of half a minute', event: { atMs: 10 * minute, kind: 'stall', forMs: 30_000 } as const },
    { name: 'a clock set back', event: { atMs: 10 * minute, kind: 'clock_jump', byMs: -minute } as const },
  ])('takes $name for its own trouble', ({ event }) => {
    const played = daemonPlayer.play(aWorld(() => good, { forMs: 20 * minute, events: [event] }));
    expect(played.moves).toEqual([]);
    expect(played.notices.map(({ what }) => what)).toEqual(['self opened: us', 'recovery: us']);
  });

  it('maps a dead resolver to unknown: no switch is advised', () => {
    const played = daemonPlayer.play(
      aWorld((_, atMs) => (atMs >= 10 * minute ? { ...good, unknown: 'resolver' } : good), { forMs: 40 * minute }),
    );
    expect(played.moves).toEqual([]);
  });
});
