import { daemonKeyOf, placeOf, type Series, type StoreView, stampOf } from './view.ts';

/** What one daemon of a place exports. */
export interface DaemonSeen {
  readonly place: string;
  readonly instance: string;
  readonly version: string | null;
  readonly lastSeenMs: number;
  /** The clock of the daemon minus the clock of the store, milliseconds; `null`: the daemon exports no clock. */
  readonly skewMs: number | null;
  readonly facts: readonly Series[];
  readonly states: readonly Series[];
}

/** Labels of the metric `mirrorwatch_build_info` itself. The other labels identify the scraper. */
const ofBuild: ReadonlySet<string> = new Set(['__name__', 'version', 'node']);

/**
 * The daemons that were scraped within the store's lookback window, by place. If two stores scrape one daemon (an HA pair,
 * each with its own replica label), only the series of the latest scrape count.
 */
export function daemonsIn({ sources, facts, states }: StoreView): readonly DaemonSeen[] {
  const newest = new Map<string, Series>();
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
      const isOfSource = (one: Series): boolean => outer.every(([name, text]) => one.labels[name] === text);
      const own = (factsBy.get(key) ?? []).filter(isOfSource);
      const clock = own.find((one) => one.labels['__name__'] === 'mirrorwatch_clock_timestamp_seconds');
      return {
        place: placeOf(source),
        instance: labels['instance'] ?? '',
        version: labels['version'] ?? null,
        lastSeenMs: stampOf(value) ?? 0,
        skewMs: clock === undefined ? null : Math.round((clock.value - value) * 1000),
        facts: own,
        states: (statesBy.get(key) ?? []).filter(isOfSource),
      };
    });
}

/** The daemon's gauges with this name. */
export function factsOf({ facts }: Pick<DaemonSeen, 'facts'>, name: string): readonly Series[] {
  return facts.filter(({ labels }) => labels['__name__'] === name);
}
