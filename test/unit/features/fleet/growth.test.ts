import { test } from 'vitest';
import { createPageSay } from '../../../../src/api/page/html.ts';
import { readFleet } from '../../../../src/features/fleet/fleet.ts';
import { renderPage } from '../../../../src/features/fleet/page.ts';
import { reportOf } from '../../../../src/features/fleet/report.ts';
import type { StoreView } from '../../../../src/features/fleet/view.ts';
import { expectInProportion } from '../../../support/growth.ts';
import { down, viewOf, well } from './world.ts';

// Whoever may push series to the store must not stop the page of all places by their number.

const say = createPageSay('en');
const show = (view: StoreView): unknown => {
  const report = reportOf(readFleet(view, { link: 'http://{instance}' }), { groups: { needed: null } });
  return renderPage(say, { report, failure: null }, 30);
};
const so = <T>(count: number, make: (at: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, at) => make(at));

test.each([
  {
    name: 'daemons of one place',
    size: 2000,
    make: (count: number) => viewOf({ fra: so(count, () => ({ mirrors: { x: well() } })) }),
  },
  {
    name: 'places',
    size: 1000,
    make: (count: number) => viewOf(Object.fromEntries(so(count, (at) => [`p${at}`, { mirrors: { x: well() } }]))),
  },
  {
    name: 'mirrors of two places that advise to leave one',
    size: 500,
    make: (count: number) => {
      const mirrors = { x: down, ...Object.fromEntries(so(count, (at) => [`m${at}`, well(at + 1)])) };
      const seen = { mirrors, advice: ['x>m1'] };
      return viewOf({ ams: seen, fra: seen });
    },
  },
])('$name: work grows in proportion', ({ size, make }) => {
  expectInProportion(size, make, show);
});
