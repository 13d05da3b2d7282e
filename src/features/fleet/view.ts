/** One series of an instant query. */
export interface Series {
  /** Includes the labels of Prometheus (`job`, `instance`) and of the store (such as `replica`). */
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The series of a store for all places at one time. Values are as exported: seconds. */
export interface StoreView {
  /** The evaluation time by the store's clock, wall milliseconds. */
  readonly atMs: number;
  /** One for each daemon and store replica: the time of its last scrape; the label `version` is the daemon's. */
  readonly sources: readonly Series[];
  /** The time of each daemon's last scrape within the last day. */
  readonly seen: readonly Series[];
  /** Gauges of a daemon and of its mirrors, each with its `__name__`. */
  readonly facts: readonly Series[];
  /** One for each mirror of a daemon, with the label `state`. */
  readonly states: readonly Series[];
  /** Lower bounds by `vantage` and `registry`. */
  readonly lags: readonly Series[];
  /** 95th percentiles of the canary by `vantage` and `registry`. */
  readonly p95s: readonly Series[];
  /** True: the store says that data are missing. A missing place is then not reported as quiet. */
  readonly isPartial: boolean;
  /** Warnings in the store's own words. */
  readonly warnings: readonly string[];
}

/** The place of a series; without the label `vantage` each scrape target is a place. */
export function placeOf({ labels }: Series): string {
  return labels['vantage'] ?? labels['instance'] ?? '';
}

/** Place and instance as one text. */
export function daemonKeyOf(series: Series): string {
  return JSON.stringify([placeOf(series), series.labels['instance'] ?? '']);
}

/** The last second that a Date can hold. */
const secondsMax = 8.64e12;

/** Converts a store's seconds to milliseconds; `null`: no time, or outside the range of a Date. */
export function stampOf(seconds: number | undefined): number | null {
  return seconds !== undefined && seconds > 0 && seconds <= secondsMax ? Math.round(seconds * 1000) : null;
}
