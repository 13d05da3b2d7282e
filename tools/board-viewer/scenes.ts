import { at, manyModules, modules, registries, stepMs, story } from './day.ts';

/** One picture of a board. `past` selects the data, `toMs` and `rangeMs` the time range. */
export interface Scene {
  /** Name of the picture's file, without `.png`. */
  readonly name: string;
  readonly board: 'overview' | 'rtt-matrix' | 'mirror' | 'self' | 'places';
  readonly past: 'day' | 'twenty' | 'live';
  /** What the picture shows. It is printed above the board. */
  readonly note: string;
  readonly toMs: number;
  readonly rangeMs: number;
  readonly width: number;
  readonly theme: 'light' | 'dark';
  readonly chosen?: Readonly<Record<string, string | readonly string[]>>;
  readonly unfolded?: readonly number[];
}

const hour = 3_600_000;
const wide = { width: 1600, theme: 'dark', past: 'day' } as const;
// These times are not on full hours, because Grafana cuts off half of a label at the end of the range. On a live board
// that is rare.
const spikeMs = at(7, 40);
const outageMs = at(11, 10);
const deadMs = story.end + 20 * 60_000;

/** The pictures of the simulated day. `draw.ts` adds those of a live daemon. */
export const scenes: readonly Scene[] = [
  {
    ...wide,
    name: 'overview-dark',
    board: 'overview',
    note: 'a day with a spike and an outage',
    toMs: story.well + hour / 2,
    rangeMs: 24 * hour,
  },
  {
    ...wide,
    name: 'overview-light',
    board: 'overview',
    note: 'the same, light',
    toMs: story.well + hour / 2,
    rangeMs: 24 * hour,
    theme: 'light',
  },
  { ...wide, name: 'overview-spike', board: 'overview', note: 'near is slow', toMs: spikeMs, rangeMs: 6 * hour },
  { ...wide, name: 'overview-outage', board: 'overview', note: 'flaky is down', toMs: outageMs, rangeMs: 6 * hour },
  {
    ...wide,
    name: 'overview-1280',
    board: 'overview',
    note: 'near is slow, on a small screen',
    toMs: spikeMs,
    rangeMs: 6 * hour,
    width: 1280,
  },
  {
    ...wide,
    name: 'overview-daemon-dead',
    board: 'overview',
    note: 'the daemon died 20 minutes ago',
    toMs: deadMs,
    rangeMs: 6 * hour,
  },
  {
    ...wide,
    name: 'overview-no-data',
    board: 'overview',
    note: 'nothing was ever scraped',
    toMs: at(-30),
    rangeMs: 6 * hour,
  },
  {
    ...wide,
    name: 'rtt-matrix-dark',
    board: 'rtt-matrix',
    note: 'near is slow; "By version" unfolded',
    toMs: spikeMs,
    rangeMs: 2 * hour,
    chosen: { module: ['example.com/lib'] },
    unfolded: [101],
  },
  {
    ...wide,
    name: 'rtt-matrix-light',
    board: 'rtt-matrix',
    note: 'the same, light, folded',
    toMs: spikeMs,
    rangeMs: 2 * hour,
    theme: 'light',
  },
  {
    ...wide,
    name: 'rtt-matrix-20-modules',
    board: 'rtt-matrix',
    note: 'more than twenty modules',
    toMs: spikeMs,
    rangeMs: 2 * hour,
    past: 'twenty',
  },
  { ...wide, name: 'mirror-dark', board: 'mirror', note: 'a spike at near', toMs: at(9, 10), rangeMs: 6 * hour },
  {
    ...wide,
    name: 'mirror-light',
    board: 'mirror',
    note: 'the same, light, one mirror',
    toMs: at(9, 10),
    rangeMs: 6 * hour,
    theme: 'light',
    chosen: { registry: ['near'] },
  },
  {
    ...wide,
    name: 'mirror-outage',
    board: 'mirror',
    note: 'flaky is down; all rows unfolded',
    toMs: at(13, 10),
    rangeMs: 6 * hour,
    width: 1280,
    unfolded: [105, 106],
  },
  {
    ...wide,
    name: 'self-dark',
    board: 'self',
    note: 'a day that is well but for 20 minutes',
    toMs: at(14, 10),
    rangeMs: 6 * hour,
  },
  {
    ...wide,
    name: 'self-light',
    board: 'self',
    note: 'the same, light',
    toMs: at(14, 10),
    rangeMs: 6 * hour,
    theme: 'light',
  },
  {
    ...wide,
    name: 'self-daemon-dead',
    board: 'self',
    note: 'the daemon died 20 minutes ago',
    toMs: deadMs,
    rangeMs: 6 * hour,
  },
];

/**
 * All values of each variable, for the data that `past` selects. A panel that repeats over `All` has one copy for each.
 */
export const everything = (past: Scene['past']): Readonly<Record<string, readonly string[]>> => ({
  registry: past === 'live' ? ['far', 'near'] : [...registries],
  module:
    past === 'live'
      ? ['example.com/hello']
      : [...new Set((past === 'twenty' ? manyModules : modules).map(({ module }) => module))],
});

/**
 * The interval between points of a graph, milliseconds: at least that of scrapes, and such that a range has at most 900
 * points.
 */
export function stepOf({ past, rangeMs }: Scene): number {
  return past === 'live' ? 1_000 : Math.max(stepMs, Math.ceil(rangeMs / 900 / 1_000) * 1_000);
}
