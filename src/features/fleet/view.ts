export interface FleetSeries {
  /**
   * The labels of the series, including those of Prometheus (`job`, `instance`) and of the store (such as `replica`).
   */
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The series that were read from the metrics store, for all places (where daemons run) at one time. */
export interface StoreView {
  /** The time of these series by the store's clock, wall milliseconds. */
  readonly atMs: number;
  /**
   * The time of the last scrape of each daemon, for each replica of the store. The label `version` is the daemon's
   * version.
   */
  readonly sources: readonly FleetSeries[];
  /** The time of the last scrape of each daemon that was scraped within a day. */
  readonly seen: readonly FleetSeries[];
  /** Gauges about daemons and about their mirrors. The label `__name__` distinguishes them. */
  readonly facts: readonly FleetSeries[];
  /** One series for each mirror of a daemon, with the label `state`. */
  readonly states: readonly FleetSeries[];
  /** The 95th percentiles of the canary's latency, seconds, by `vantage` and `registry`. */
  readonly p95s: readonly FleetSeries[];
  /**
   * True: the store reports that data are missing. Then a missing place is reported as `untold` (not known), not as
   * `quiet` (it does not report).
   */
  readonly isPartial: boolean;
  readonly warnings: readonly string[];
}

/** Returns the name of the place that exported a series. Without the label `vantage`, each scrape target is a place. */
export function fleetPlaceOf({ labels }: FleetSeries): string {
  return labels['vantage'] ?? labels['instance'] ?? '';
}

export function daemonKeyOf(series: FleetSeries): string {
  return JSON.stringify([fleetPlaceOf(series), series.labels['instance'] ?? '']);
}

/** The greatest number of seconds that a Date can represent. */
const secondsMax = 8.64e12;

/** Converts seconds of the store to milliseconds; `null`: no time, or outside the range of a Date. */
export function stampOf(seconds: number | undefined): number | null {
  return seconds !== undefined && seconds > 0 && seconds <= secondsMax ? Math.round(seconds * 1000) : null;
}

export interface DaemonSeen {
  readonly place: string;
  readonly instance: string;
  readonly version: string | null;
  readonly lastSeenMs: number;
  /** The daemon's clock minus the store's clock, milliseconds; `null`: the daemon exports no clock. */
  readonly skewMs: number | null;
  readonly facts: readonly FleetSeries[];
  readonly states: readonly FleetSeries[];
}

/** The labels that `mirrorwatch_build_info` itself has. All its other labels identify the scrape target. */
const ofBuild: ReadonlySet<string> = new Set(['__name__', 'version', 'node']);

/**
 * Returns the daemons in `sources` by place. If two replicas of the store scrape the same daemon, the latest scrape is
 * used.
 */
export function daemonsIn({ sources, facts, states }: StoreView): readonly DaemonSeen[] {
  const newest = new Map<string, FleetSeries>();
  for (const source of sources) {
    const known = newest.get(daemonKeyOf(source));
    if (known === undefined || known.value < source.value) newest.set(daemonKeyOf(source), source);
  }
  const factsBy = Map.groupBy(facts, daemonKeyOf);
  const statesBy = Map.groupBy(states, daemonKeyOf);
  return [...newest]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, source]) => {
      const { labels, value } = source;
      const outer = Object.entries(labels).filter(([name]) => !ofBuild.has(name));
      const isOfSource = (one: FleetSeries): boolean => outer.every(([name, text]) => one.labels[name] === text);
      const own = (factsBy.get(key) ?? []).filter(isOfSource);
      const clock = own.find((one) => one.labels['__name__'] === 'mirrorwatch_clock_timestamp_seconds');
      return {
        place: fleetPlaceOf(source),
        instance: labels['instance'] ?? '',
        version: labels['version'] ?? null,
        lastSeenMs: stampOf(value) ?? 0,
        skewMs: clock === undefined ? null : Math.round((clock.value - value) * 1000),
        facts: own,
        states: (statesBy.get(key) ?? []).filter(isOfSource),
      };
    });
}

export function factsOf({ facts }: Pick<DaemonSeen, 'facts'>, name: string): readonly FleetSeries[] {
  return facts.filter(({ labels }) => labels['__name__'] === name);
}
