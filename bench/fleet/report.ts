import { isCalm } from '../disturbance.ts';
import { tableOf } from '../report.ts';
import { type Target, target } from '../targets.ts';

/** The page before one store. */
export interface PageRow {
  readonly store: string;
  readonly places: number;
  readonly seriesPerPlace: number;
  /** Each page, the first of a new process included. */
  readonly ms: readonly number[];
  /** The most that the command had in memory. */
  readonly rssMib: number;
  readonly pageBytes: number;
  /** In the responses to one page. */
  readonly series: number;
  readonly bytes: number;
  /** What Prometheus says that they took to compute; 0: the store does not say. */
  readonly samples: number;
}

/** All stores, and what a store keeps. */
export interface FleetReport {
  readonly rows: readonly PageRow[];
  readonly stored: {
    readonly samples: number;
    readonly bytesPerSample: number;
    readonly indexBytesPerSeries: number;
  };
  /** What others used meanwhile. */
  readonly othersCores: number;
}

const worstOf = ({ ms }: PageRow): number => Math.max(...ms);
const medianOf = ({ ms }: PageRow): number => ms.toSorted((a, b) => a - b)[Math.floor(ms.length / 2)] ?? Number.NaN;

/** The figures for people. */
export function fleetLines({ rows, stored, othersCores }: FleetReport): readonly string[] {
  const perDay = (places: number, series: number): number => places * series * 1_440 * stored.bytesPerSample;
  const read = Math.round((rows[0]?.series ?? 0) / (rows[0]?.places ?? 1));
  const gb = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
  return [
    'The page of `mirrorwatch fleet --listen`, 20 mirrors a place; first page of a new process included',
    ...tableOf([
      ['store', 'places × series', 'page, median', 'worst', 'RSS', 'series read', 'samples', 'read', 'page'],
      ...rows.map((row) => [
        row.store,
        `${row.places} × ${row.seriesPerPlace}`,
        `${medianOf(row).toFixed(0)} ms`,
        `${worstOf(row).toFixed(0)} ms`,
        `${row.rssMib.toFixed(0)} MiB`,
        `${row.series}`,
        row.samples === 0 ? '-' : `${row.samples}`,
        `${(row.bytes / 1e6).toFixed(1)} MB`,
        `${(row.pageBytes / 1e6).toFixed(2)} MB`,
      ]),
    ]),
    `VictoriaMetrics keeps ${stored.samples} samples at ${stored.bytesPerSample.toFixed(2)} bytes each and ${stored.indexBytesPerSeries.toFixed(0)} bytes of index a series`,
    `on paper, 2 000 places × 2 000 series scraped each minute: ${gb(perDay(2_000, 2_000))} a day; the ${read} series of a place that the page reads alone: ${gb(perDay(2_000, read))}`,
    `others used ${othersCores.toFixed(2)} cores on average`,
  ];
}

/** Issue 25, point 3. */
export function fleetTargets({ rows, othersCores }: FleetReport): readonly Target[] {
  const worstMs = Math.max(...rows.map(medianOf));
  const mostMib = Math.max(...rows.map(({ rssMib }) => rssMib));
  return [
    target(
      'page of all places, the slowest store',
      '≤ 1 s',
      `${(worstMs / 1_000).toFixed(2)} s`,
      worstMs <= 1_000,
      isCalm({ othersCores }),
    ),
    target('memory of `mirrorwatch fleet`', '≤ 200 MB', `${mostMib.toFixed(0)} MiB`, mostMib * 1.048576 <= 200),
  ];
}
