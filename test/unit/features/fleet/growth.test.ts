import { expect, test } from 'vitest';
import { readFleet } from '../../../../src/features/fleet/fleet.ts';
import { reportOf } from '../../../../src/features/fleet/report.ts';
import { expectInProportion } from '../../../support/growth.ts';
import { down, viewOf, well } from './world.ts';

// Whoever may push series to the store must not stop the page of all places by their number.

const so = <T>(count: number, make: (at: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, at) => make(at));
const link = 'http://{instance}';

test('daemons of one place are read in proportion to their number', () =>
  expectInProportion(
    2000,
    (count) => viewOf({ fra: so(count, () => ({ mirrors: { x: well() } })) }),
    (view) => readFleet(view, link),
  ));

test('what is said is found in proportion to the number of mirrors', () => {
  const make = (count: number) => {
    const mirrors = { x: down, ...Object.fromEntries(so(count, (at) => [`m${at}`, well(at + 1)])) };
    const seen = { mirrors, advice: ['x>m1'] };
    return readFleet(viewOf({ ams: seen, fra: seen }), link);
  };
  expectInProportion(1000, make, reportOf);
});

test('switches are told in proportion to their number', () => {
  const make = (count: number) => {
    const mirrors = Object.fromEntries(so(count, (at) => [`m${at}`, well(at + 1)]));
    return readFleet(viewOf({ ams: { mirrors, advice: so(count, (at) => `x${at}>m1`) } }), link);
  };
  expectInProportion(1000, make, reportOf);
});

test('more series of a place than a call takes arguments are read', () => {
  const view = viewOf({ ams: { mirrors: { x: well() }, shards: { index: 0, count: 2 } } });
  const shards = view.facts.filter(({ labels }) => labels['__name__'] === 'mirrorwatch_shard_info');
  const facts = [...view.facts, ...so(200_000, () => shards).flat()];
  expect(readFleet({ ...view, facts }, link).places[0]?.troubles).toEqual([{ kind: 'shards', missing: [1], count: 2 }]);
});
