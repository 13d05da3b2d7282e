import type { DoorRoute } from '../../config/door-routes.ts';
import { getOrMake } from '../../core/get-or-make.ts';
import { type DoorOutcome, doorMetrics } from '../../export/catalog/door.ts';
import { Counter, Gauge, Histogram, Registry } from '../../export/prom-client.ts';
import type { Order } from './order.ts';

export type DoorMetrics = ReturnType<typeof createDoorMetrics>;

interface Counted {
  readonly ecosystem: string;
  readonly registry: string;
  readonly outcome: DoorOutcome;
}

/**
 * Creates the metrics of one front door.
 * @param maxDescriptors    the file descriptors that this process may open; `null`: not available
 * @param countDescriptors  returns how many of them are open; `null`: not available
 */
export function createDoorMetrics({
  maxDescriptors = null,
  countDescriptors = () => null,
}: {
  readonly maxDescriptors?: number | null;
  readonly countDescriptors?: () => number | null;
} = {}) {
  const register = new Registry();
  const settingsOf = <N extends keyof typeof doorMetrics>(name: N) => {
    const { help, labels } = doorMetrics[name];
    return { name, help, labelNames: [...labels], registers: [register] };
  };
  const requests = new Counter(settingsOf('mirrorwatch_door_requests_total'));
  const timed = 'mirrorwatch_door_request_duration_seconds';
  const seconds = new Histogram({ ...settingsOf(timed), buckets: [...doorMetrics[timed].buckets] });
  const positions = new Gauge(settingsOf('mirrorwatch_door_order_position'));
  const daemon = new Gauge(settingsOf('mirrorwatch_door_daemon_up'));
  if (maxDescriptors !== null) new Gauge(settingsOf('process_max_fds')).set(maxDescriptors);
  if (countDescriptors() !== null)
    new Gauge({
      ...settingsOf('process_open_fds'),
      collect() {
        this.set(countDescriptors() ?? 0);
      },
    });
  // The series are cached, because prom-client joins and hashes the labels at each look-up.
  const series = new Map<string, { readonly count: Counter.Internal; readonly time: Histogram.Internal<string> }>();
  const seriesOf = (of: Counted) =>
    getOrMake(series, `${of.ecosystem} ${of.registry} ${of.outcome}`, () => {
      // Only a new series is set to zero, because `zero` deletes the counts of a histogram.
      requests.inc(of, 0);
      seconds.zero(of);
      return { count: requests.labels(of), time: seconds.labels(of) };
    });
  return {
    counted(of: Counted, ms: number): void {
      const { count, time } = seriesOf(of);
      count.inc();
      time.observe(ms / 1000);
    },
    ordered(
      routes: readonly Pick<DoorRoute, 'key' | 'ecosystem' | 'upstream' | 'mirrors'>[],
      orders: ReadonlyMap<string, Pick<Order, 'names'>>,
    ): void {
      positions.reset();
      for (const { key, ecosystem, upstream, mirrors } of routes)
        for (const registry of mirrors.keys()) {
          positions.set({ ecosystem, upstream, registry }, (orders.get(key)?.names.indexOf(registry) ?? -1) + 1);
          seriesOf({ ecosystem, registry, outcome: 'redirected' });
        }
    },
    followed: (isUp: boolean) => daemon.set(isUp ? 1 : 0),
    /** The metrics in Prometheus text format 0.0.4. */
    async text(): Promise<string> {
      const renamed = await register.getSingleMetricAsString(timed);
      const { help } = doorMetrics.mirrorwatch_door_seconds;
      const deprecated = renamed.replace(doorMetrics[timed].help, help).replaceAll(timed, 'mirrorwatch_door_seconds');
      return `${await register.metrics()}\n${deprecated}\n`;
    },
  };
}
