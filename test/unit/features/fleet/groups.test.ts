import { describe, expect, test } from 'vitest';
import { readFleet } from '../../../../src/features/fleet/fleet.ts';
import { groupLinesOf, votesFor } from '../../../../src/features/fleet/groups.ts';
import { down, type PlaceSeen, viewOf, well } from './world.ts';

// Advice by group of places: one line where one suits all, else one each, and nobody is moved for another one's fault.

type Places = Readonly<Record<string, PlaceSeen>>;
const leaving = (to: string, mirrors: PlaceSeen['mirrors'], more: PlaceSeen = {}): PlaceSeen => ({
  mirrors: { x: down, ...mirrors },
  advice: [`x>${to}`],
  ...more,
});
const staying = (more: PlaceSeen = {}): PlaceSeen => ({ mirrors: { x: well(1), y: well(2), z: well(3) }, ...more });
const lines = (places: Places, needed: number | null = null) =>
  groupLinesOf(readFleet(viewOf(places)), { needed }).map(
    ({ kind, group, to, places: who, votes, of, needed: least }) => ({
      kind,
      group,
      to,
      who,
      count: `${votes}/${of}/${least}`,
    }),
  );

interface Row {
  readonly name: string;
  readonly places: Places;
  readonly needed?: number;
  readonly lines: ReturnType<typeof lines>;
}

const usable = { y: well(1), z: well(2) };
const rows: readonly Row[] = [
  { name: 'nothing advised, nothing said', places: { fra: staying(), sgp: staying() }, lines: [] },
  {
    name: 'most leave it and one mirror suits all: one line, for those who do not see it too',
    places: { ams: leaving('y', usable), fra: leaving('y', usable), sgp: staying() },
    lines: [{ kind: 'one', group: '', to: 'y', who: ['ams', 'fra', 'sgp'], count: '2/3/2' }],
  },
  {
    name: 'of several that suit all, the one that is fastest in all, whatever each would take by itself',
    places: {
      ams: leaving('y', { y: well(1, 100), z: well(2, 110) }),
      fra: leaving('y', { y: well(1, 100), z: well(2, 110) }),
      sgp: leaving('z', { y: well(2, 140), z: well(1, 100) }),
    },
    lines: [{ kind: 'one', group: '', to: 'z', who: ['ams', 'fra', 'sgp'], count: '3/3/2' }],
  },
  {
    name: 'one that is measured everywhere comes before one that is not, and of those the rank decides',
    places: {
      ams: leaving('z', { w: { state: 'up', rank: 3 }, y: { state: 'up', rank: 1 }, z: well(2, 110) }),
      sgp: leaving('z', { w: { state: 'up', rank: 3 }, y: well(1, 100), z: well(2, 110) }),
    },
    lines: [{ kind: 'one', group: '', to: 'z', who: ['ams', 'sgp'], count: '2/2/2' }],
  },
  {
    name: 'where none is measured the rank decides',
    places: {
      ams: leaving('y', { w: { state: 'up', rank: 3 }, y: { state: 'up', rank: 1 } }),
      sgp: leaving('y', { w: { state: 'up', rank: 3 }, y: { state: 'up', rank: 1 } }),
    },
    lines: [{ kind: 'one', group: '', to: 'y', who: ['ams', 'sgp'], count: '2/2/2' }],
  },
  {
    name: 'a mirror that is much slower somewhere suits not all',
    places: {
      ams: leaving('y', { y: well(1, 100), z: well(2, 600) }),
      sgp: leaving('z', { y: well(2, 600), z: well(1, 100) }),
    },
    lines: [
      { kind: 'each', group: '', to: 'y', who: ['ams'], count: '2/2/2' },
      { kind: 'each', group: '', to: 'z', who: ['sgp'], count: '2/2/2' },
    ],
  },
  {
    name: 'no mirror suits all: one each',
    places: {
      ams: leaving('y', { y: well(1), z: down }),
      sgp: leaving('z', { y: down, z: well(1) }),
    },
    lines: [
      { kind: 'each', group: '', to: 'y', who: ['ams'], count: '2/2/2' },
      { kind: 'each', group: '', to: 'z', who: ['sgp'], count: '2/2/2' },
    ],
  },
  {
    name: "one place's own fault moves that place alone",
    places: { ams: leaving('y', usable), fra: staying(), sgp: staying() },
    lines: [{ kind: 'own', group: '', to: 'y', who: ['ams'], count: '1/3/2' }],
  },
  {
    name: 'of two places one is no majority',
    places: { ams: leaving('y', usable), fra: staying() },
    lines: [{ kind: 'own', group: '', to: 'y', who: ['ams'], count: '1/2/2' }],
  },
  {
    name: 'k of n: as many as are asked for',
    places: { ams: leaving('y', usable), fra: staying(), sgp: staying() },
    needed: 1,
    lines: [{ kind: 'one', group: '', to: 'y', who: ['ams', 'fra', 'sgp'], count: '1/3/1' }],
  },
  {
    name: 'a group is not moved by another one',
    places: {
      ams: leaving('y', usable, { group: 'eu' }),
      fra: leaving('y', usable, { group: 'eu' }),
      sgp: staying({ group: 'asia' }),
      tyo: staying({ group: 'asia' }),
    },
    lines: [{ kind: 'one', group: 'eu', to: 'y', who: ['ams', 'fra'], count: '2/2/2' }],
  },
  {
    name: 'a place that lost its own line neither votes nor moves',
    places: {
      ams: leaving('y', usable, { isSuspect: true }),
      fra: leaving('y', usable),
      sgp: staying(),
    },
    lines: [{ kind: 'own', group: '', to: 'y', who: ['fra'], count: '1/3/2' }],
  },
  {
    name: 'a place that contradicts the others neither votes nor moves',
    places: {
      ams: { mirrors: { x: down, y: down, z: well(1) }, advice: ['x>z'] },
      fra: staying(),
      sgp: staying(),
    },
    lines: [],
  },
  {
    name: 'a mirror without a rank somewhere suits nobody',
    places: {
      ams: leaving('y', { y: well(1) }),
      fra: leaving('y', { y: { state: 'up', p95Ms: 90 } }),
    },
    lines: [{ kind: 'each', group: '', to: 'y', who: ['ams', 'fra'], count: '2/2/2' }],
  },
];

describe('lines of a group', () => {
  test.each(rows)('$name', ({ places, needed, lines: wanted }) => {
    expect(lines(places, needed ?? null)).toEqual(wanted);
  });
});

test('an action gets no vote of a place whose advice has outlived its cause', () => {
  const over = { ...staying(), advice: ['x>y outage over'] };
  const fleet = readFleet(viewOf({ ams: leaving('y', usable), fra: over, sgp: staying() }));
  const move = { ecosystem: 'go', upstream: 'go', from: 'x', to: 'y' } as const;
  expect(votesFor(fleet, '', move)).toEqual({ votes: 1, known: 3 });
});
