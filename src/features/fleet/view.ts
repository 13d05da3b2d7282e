/** One series of an instant query. */
export interface Series {
  /** Those of Prometheus among them: `job`, `instance`, and what a store adds, such as `replica`. */
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What a store had about all places at one moment. Values are as exported: seconds. */
export interface StoreView {
  /** The moment by the clock of the store, wall milliseconds. */
  readonly atMs: number;
  /** One for each daemon and store replica: when it was last scraped; with `version` of the daemon. */
  readonly sources: readonly Series[];
  /** When each daemon was last scraped, over the last day. */
  readonly seen: readonly Series[];
  /** Gauges of a daemon and of its mirrors, each with its `__name__`. */
  readonly facts: readonly Series[];
  /** One for each mirror of a daemon, with the label `state`. */
  readonly states: readonly Series[];
  /** Lower bounds by `vantage` and `registry`. */
  readonly lags: readonly Series[];
  /** 95th percentiles of the canary by `vantage` and `registry`. */
  readonly p95s: readonly Series[];
  /** True: the store says that something is missing. A place that is absent is then not known to be quiet. */
  readonly isPartial: boolean;
  /** What the store said about it, in its own words. */
  readonly warnings: readonly string[];
}

/** The place that a series is from; without the label `vantage` each scrape target is a place. */
export function placeOf({ labels }: Series): string {
  return labels['vantage'] ?? labels['instance'] ?? '';
}

/** Place and instance as one text. */
export function daemonKeyOf(series: Series): string {
  return JSON.stringify([placeOf(series), series.labels['instance'] ?? '']);
}

/** The last second that a Date can hold. */
const secondsMax = 8.64e12;

/** Seconds of a store as milliseconds; `null`: no time at all, or none that a Date can hold. */
export function stampOf(seconds: number | undefined): number | null {
  return seconds !== undefined && seconds > 0 && seconds <= secondsMax ? Math.round(seconds * 1000) : null;
}
