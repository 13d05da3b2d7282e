import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { daemonPlayer } from '../../../../bench/scenarios/daemon/player.ts';
import type { Answer, Move, World, WorldEvent } from '../../../../bench/scenarios/world.ts';

const minute = 60_000;
const forMs = 45 * minute;
const names = ['a', 'b', 'c', 'd'] as const;

/** What goes wrong with one mirror, or with our line (`null`), and when. Minutes. */
interface Spell {
  readonly mirror: (typeof names)[number] | null;
  readonly from: number;
  readonly for: number;
  readonly what: 'refused' | 'server' | 'hangs' | 'slow' | 'flaky';
}

const spells: fc.Arbitrary<readonly Spell[]> = fc.array(
  fc.record({
    mirror: fc.constantFrom(...names, ...names, null),
    from: fc.integer({ min: 12, max: 38 }),
    for: fc.integer({ min: 1, max: 12 }),
    what: fc.constantFrom('refused', 'server', 'hangs', 'slow', 'flaky'),
  }),
  { maxLength: 5 },
);
const events: fc.Arbitrary<readonly WorldEvent[]> = fc.array(
  fc.record({
    kind: fc.constant('restart'),
    atMs: fc.integer({ min: 14, max: 40 }).map((at) => at * minute),
    downMs: fc.constant(5_000),
  }),
  { maxLength: 1 },
);

const spellAt = (story: readonly Spell[], mirror: string, atMs: number): Spell | undefined =>
  story.find(
    (one) =>
      (one.mirror === mirror || one.mirror === null) &&
      atMs >= one.from * minute &&
      atMs < (one.from + one.for) * minute,
  );

/** Whether an answer that leaves at `atMs` comes well within a second. */
const isWell = (story: readonly Spell[], mirror: string, atMs: number): boolean =>
  spellAt(story, mirror, atMs) === undefined;

function answerAt(story: readonly Spell[], mirror: string, atMs: number): Answer {
  const good: Answer = {
    ...{ tookMs: 90 + ((atMs * 7 + mirror.charCodeAt(0) * 13) % 40), reason: null, status: 200, retryAfterMs: null },
    ...{ bytes: 400, cache: null, family: 4, certificateDays: 60, unknown: null },
  };
  const none = { ...good, status: null, bytes: 0 };
  switch (spellAt(story, mirror, atMs)?.what) {
    case 'refused':
      return { ...none, tookMs: 3, reason: 'refused' };
    case 'server':
      return { ...good, reason: 'server', status: 502 };
    case 'hangs':
      return { ...none, tookMs: Number.POSITIVE_INFINITY };
    case 'slow':
      return { ...good, tookMs: 3_000 };
    case 'flaky':
      return Math.floor(atMs / 700) % 3 === 0 ? { ...good, reason: 'server', status: 503 } : good;
    default:
      return good;
  }
}

const worldOf = (story: readonly Spell[], happens: readonly WorldEvent[], durationMs = forMs): World => ({
  ...{ family: 'drawn', group: 'drawn', seed: 1, durationMs, events: happens, incidents: [], isCalm: false },
  setup: {
    mirrors: names.map((name, at) => ({
      ...{ name, url: `https://${name}.example.com/go`, address: `198.${18 + at}.0.1`, upstream: 'go' },
      ...{ role: 'mirror' as const, weight: 10 - at },
    })),
    modules: ['one', 'two'].map((name) => ({ upstream: 'go', module: `example.com/${name}`, version: 'v1.0.0' })),
    controls: [{ name: 'dns', url: 'tcp://203.0.113.1:53' }],
    ...{ everyMs: 30_000, timeoutMs: 10_000, chains: { go: 'a,b|direct' } },
  },
  ask: (mirror, _question, atMs) => answerAt(story, mirror, atMs),
  control: (_name, atMs) => ({ answered: spellAt(story, '', atMs) === undefined, tookMs: 20 }),
  buildCost: () => 0,
});

const text = ({ chain }: Move): string => chain.members.map((one, at) => one + (chain.separators[at] ?? '')).join('');

describe('whatever happens to four mirrors and our line', () => {
  test('advice names mirrors that are there and answered, one move after another, and says nothing twice', () => {
    let again = 2;
    fc.assert(
      fc.property(spells, events, (story, happens) => {
        const played = daemonPlayer.play(worldOf(story, happens));
        const { moves, notices } = played;
        again -= 1;
        if (again >= 0) expect(daemonPlayer.play(worldOf(story, happens)), 'the same world, told anew').toEqual(played);
        let before = 'a,b|direct';
        for (const move of moves) {
          const { members, separators } = move.chain;
          expect(separators).toHaveLength(members.length - 1);
          expect(new Set(members).size, text(move)).toBe(members.length);
          expect(members.at(-1), 'the tail stays').toBe('direct');
          for (const one of members.slice(0, -1)) expect(names).toContain(one);
          expect(text(move), 'a move that is none').not.toBe(before);
          before = text(move);
          // Who is moved to answered well at some time in the last two minutes.
          const head = members[0] ?? '';
          const times = Array.from({ length: 241 }, (_, at) => move.atMs - at * 500);
          expect(
            times.some((atMs) => isWell(story, head, atMs)),
            `${text(move)} at ${move.atMs}`,
          ).toBe(true);
        }
        expect(moves.map(({ atMs }) => atMs)).toEqual(moves.map(({ atMs }) => atMs).toSorted((a, b) => a - b));
        // Nothing ends that was not told of.
        const open = new Map<string, number>();
        for (const { what } of notices) {
          const [said = '', who = ''] = what.split(': ');
          if (said.endsWith('opened')) open.set(who, (open.get(who) ?? 0) + 1);
          if (said !== 'recovery') continue;
          expect(open.get(who) ?? 0, what).toBeGreaterThan(0);
          open.set(who, (open.get(who) ?? 0) - 1);
        }
      }),
      { numRuns: 16, seed: 6 },
    );
  });

  test('no switch is advised while nothing responds at all', () => {
    fc.assert(
      fc.property(fc.constantFrom('refused', 'hangs'), fc.integer({ min: 3, max: 20 }), (what, minutes) => {
        const cut: readonly Spell[] = [{ mirror: null, from: 15, for: minutes, what }];
        // And ten minutes in which it responds again.
        expect(daemonPlayer.play(worldOf(cut, [], (25 + minutes) * minute)).moves).toEqual([]);
      }),
      { numRuns: 5, seed: 7 },
    );
  });
});
