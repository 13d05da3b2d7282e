/** What one place sees of one mirror for half an hour; `silent`: the daemon is not scraped. */
type View = 'up' | 'down' | 'unknown' | 'suspect' | 'never' | 'silent';

export interface Row {
  readonly name: string;
  /** By place, then by mirror `a`, `b`, `c`. */
  readonly places: readonly (readonly View[])[];
  /** `--vantages` */
  readonly vantages?: number;
  /** `place/mirror` of MirrorDown. */
  readonly down?: readonly string[];
  /** Mirrors of MirrorDownMostPlaces, with the places that see it. */
  readonly most?: Readonly<Record<string, number>>;
  /** Places of VantageOutlier, with the mirrors that are bad there alone. */
  readonly outliers?: Readonly<Record<string, number>>;
}

const repeat = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);
const allUp: readonly View[] = ['up', 'up', 'up'];
const aDown: readonly View[] = ['down', 'up', 'up'];
const bad: readonly View[] = ['down', 'down', 'up'];
const seen = (places: readonly number[], mirror: string) => places.map((place) => `p${place}/${mirror}`);

export const rows: readonly Row[] = [
  { name: '1 place: a mirror is down from here, more is not to be said', places: [aDown], down: ['p0/a'] },
  {
    name: '1 place: all mirrors down is neither the mirrors from most places nor an outlier',
    places: [['down', 'down', 'down']],
    down: ['p0/a', 'p0/b', 'p0/c'],
  },
  { name: '2 places: one of them is no majority', places: [aDown, allUp], down: ['p0/a'] },
  { name: '2 places: both are', places: [aDown, aDown], down: seen([0, 1], 'a'), most: { a: 2 } },
  {
    name: '2 places: two of three mirrors are bad in one, which is the place',
    places: [bad, allUp],
    down: ['p0/a', 'p0/b'],
    outliers: { p0: 2 },
  },
  {
    name: '2 places: one cannot tell, the other is alone',
    places: [bad, repeat(3, 'unknown')],
    down: ['p0/a', 'p0/b'],
  },
  {
    name: '2 places: one mirror alone is bad in one of them, and no other is compared',
    places: [
      ['down', 'unknown', 'unknown'],
      ['up', 'unknown', 'unknown'],
    ],
    down: ['p0/a'],
  },
  { name: '2 places: one is silent, the other is alone', places: [bad, repeat(3, 'silent')], down: ['p0/a', 'p0/b'] },
  { name: '3 places: one of three is no majority', places: [aDown, allUp, allUp], down: ['p0/a'] },
  { name: '3 places: two of three are', places: [aDown, aDown, allUp], down: seen([0, 1], 'a'), most: { a: 2 } },
  { name: '3 places: all of three', places: [aDown, aDown, aDown], down: seen([0, 1, 2], 'a'), most: { a: 3 } },
  {
    name: '3 places: two down and one that cannot tell are still most',
    places: [aDown, aDown, repeat(3, 'unknown')],
    down: seen([0, 1], 'a'),
    most: { a: 2 },
  },
  {
    name: '3 places: one down and two that cannot tell are not',
    places: [aDown, repeat(3, 'unknown'), repeat(3, 'unknown')],
    down: ['p0/a'],
  },
  {
    name: '3 places: a suspect place has no vote on a mirror',
    places: [aDown, repeat(3, 'suspect'), allUp],
    down: ['p0/a', 'p1/a', 'p1/b', 'p1/c'],
  },
  {
    name: '3 places: bad in one, which is the place; the mirror that is down everywhere is a mirror',
    places: [
      ['down', 'down', 'down'],
      ['up', 'up', 'down'],
      ['up', 'up', 'down'],
    ],
    down: ['p0/a', 'p0/b', 'p0/c', 'p1/c', 'p2/c'],
    most: { c: 3 },
    outliers: { p0: 2 },
  },
  {
    name: '3 places: an origin that nobody ever reached is down from nowhere',
    places: repeat(3, ['never', 'up', 'up'] as const),
  },
  {
    name: '3 places of which one is silent: the two that see it are most of the two',
    places: [aDown, aDown, repeat(3, 'silent')],
    down: seen([0, 1], 'a'),
    most: { a: 2 },
  },
  {
    name: '2 places where 5 are promised: both are not most of them',
    places: [aDown, aDown],
    vantages: 5,
    down: seen([0, 1], 'a'),
  },
  {
    name: '3 places where 5 are promised: three are',
    places: [aDown, aDown, aDown],
    vantages: 5,
    down: seen([0, 1, 2], 'a'),
    most: { a: 3 },
  },
  {
    name: '10 places: five are not most',
    places: [...repeat(5, aDown), ...repeat(5, allUp)],
    down: seen([0, 1, 2, 3, 4], 'a'),
  },
  {
    name: '10 places: six are',
    places: [...repeat(6, aDown), ...repeat(4, allUp)],
    down: seen([0, 1, 2, 3, 4, 5], 'a'),
    most: { a: 6 },
  },
  {
    name: '10 places: two bad ones are two bad places',
    places: [bad, bad, ...repeat(8, allUp)],
    down: ['p0/a', 'p0/b', 'p1/a', 'p1/b'],
    outliers: { p0: 2, p1: 2 },
  },
  {
    name: '10 places: four down and six that cannot tell are not most',
    places: [...repeat(4, aDown), ...repeat(6, repeat(3, 'unknown' as const))],
    down: seen([0, 1, 2, 3], 'a'),
  },
];
