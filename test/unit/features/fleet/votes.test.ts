import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { systemClock } from '../../../../src/daemon/machine.ts';
import { readFleet } from '../../../../src/features/fleet/fleet.ts';
import { createVotes, votesFor } from '../../../../src/features/fleet/votes.ts';
import { down, type PlaceSeen, viewOf, well } from './world.ts';

// Which places of a group agree to a switch, for `when.places` of actions.

const leaving = (more: PlaceSeen = {}): PlaceSeen => ({ mirrors: { x: down, y: well() }, advice: ['x>y'], ...more });
const staying = (more: PlaceSeen = {}): PlaceSeen => ({ mirrors: { x: well(), y: well(), z: well() }, ...more });
const move = { ecosystem: 'go', upstream: 'go', from: 'x', to: 'y' } as const;

test.each([
  { name: 'places that advise the same', places: { ams: leaving(), fra: leaving(), sgp: staying() }, votes: [2, 3] },
  {
    name: 'not those that advise another mirror',
    places: { ams: leaving(), fra: { mirrors: { x: down, y: well() }, advice: ['x>z'] } },
    votes: [1, 2],
  },
  {
    name: 'not those of another group',
    places: { ams: leaving({ group: 'eu' }), fra: leaving({ group: 'eu' }), sgp: leaving() },
    votes: [1, 1],
  },
  {
    name: 'not a place that lost its own line',
    places: { ams: leaving({ isSuspect: true }), fra: leaving(), sgp: staying() },
    votes: [1, 2],
  },
  {
    name: 'not a place that contradicts the others',
    places: { ams: leaving({ mirrors: { x: down, y: down, z: well() } }), fra: staying(), sgp: staying() },
    votes: [0, 2],
  },
  {
    name: 'not a place that does not know the state of the mirror',
    places: { ams: leaving(), fra: { mirrors: { x: { state: 'unknown' } }, advice: ['x>y'] } },
    votes: [1, 1],
  },
  {
    name: 'not a place whose advice has outlived its cause',
    places: { ams: leaving(), fra: { ...staying(), advice: ['x>y outage over'] }, sgp: staying() },
    votes: [1, 3],
  },
] satisfies readonly { name: string; places: Readonly<Record<string, PlaceSeen>>; votes: readonly number[] }[])(
  'counted are $name',
  ({ places, votes: [votes, known] }) =>
    expect(votesFor(readFleet(viewOf(places), ''), '', move)).toEqual({ votes, known }),
);

test('a store whose series cannot be read has no votes, and stops nothing', async () => {
  const view = {
    ...viewOf({}),
    get sources(): never {
      throw new RangeError('too many');
    },
  };
  const votes = createVotes(systemClock, async () => ({ tag: 'ok', value: view }));
  expect(votes({ store: 'http://store', headers: {} }, '', move)).toBeNull();
  await setImmediate();
  expect(votes({ store: 'http://store', headers: {} }, '', move)).toBeNull();
});
