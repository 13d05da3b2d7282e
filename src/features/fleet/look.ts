import type { Clock } from '../../core/ports.ts';
import { error, ok, type Result } from '../../core/result.ts';
import { registry } from '../../ecosystems/registry.ts';
import { type Ask, type StoreAt, startLook, type Vector } from './store.ts';
import { daemonKeyOf, placeOf, type Series, type StoreView, stampOf } from './view.ts';

/** Gauges of a daemon that describe its place. */
const facts = [
  'mirrorwatch_config_info',
  'mirrorwatch_config_last_reload_successful',
  'mirrorwatch_clock_timestamp_seconds',
  'mirrorwatch_place_info',
  'mirrorwatch_shard_info',
  'mirror_vantage_suspect',
  'mirror_state_since_timestamp_seconds',
  'mirror_advice_since_timestamp_seconds',
  'mirror_advice_rank',
];

const canaries = [...new Set(registry.all.map(({ canary }) => canary))].sort().join('|');
const canary = `connection="cold",step=~"${canaries}"`;
/** Maximum numbers of places and of cells (mirrors × places): more than a page can show. */
const placesMax = 2000;
const cellsMax = 100_000;
/** If a daemon's scrape fails, its last data count for this time: with one scrape a minute, one may fail. */
const bridgeMs = 60_000;
/** A daemon last seen within this time may have lost a scrape. The raw query of the last scrape has a resolution of 5 min. */
const lostMs = 600_000;
/** Longer than any restart; a place that was removed is forgotten after it. */
const seenWindow = '1d';

/** Queries with many samples. Where our recording rules are loaded, they read one sample for each mirror instead. */
const recorded = {
  seen: {
    recorded: 'place:mirrorwatch_build_info:last_seen',
    raw: `max by (vantage, instance) (max_over_time(timestamp(mirrorwatch_build_info)[${seenWindow}:5m]))`,
  },
  lags: {
    recorded: 'registry:mirror_lag_seconds:lower',
    raw: 'max by (vantage, ecosystem, registry) ({__name__=~"mirror_lag_seconds|mirror_sync_lag_seconds",bound="lower"})',
  },
  p95s: {
    recorded: `registry_step:mirror_probe_rtt_seconds:p95_1h{${canary}}`,
    raw: `histogram_quantile(0.95, sum by (vantage, ecosystem, registry, step, le) (rate(mirror_probe_rtt_seconds_bucket{${canary}}[1h])))`,
  },
} as const;

/**
 * Reads the current series of all places. It fails without states or daemons. If only latencies or lags are missing, they
 * are unknown, and a warning says why.
 * @returns the error: why the store could not be read
 */
export async function readStore(at: StoreAt, clock: Clock): Promise<Result<StoreView, string>> {
  const ask = startLook(at, clock);
  const gaugesAt = (offset = '') =>
    Promise.all([
      ask(`timestamp(mirrorwatch_build_info${offset})`),
      ask(`mirror_state${offset} == 1`),
      ask(`{__name__=~"${facts.join('|')}"}${offset}`),
    ]);
  const past = ` offset ${at.bridgeMs ?? bridgeMs}ms`;
  const more = Promise.all([
    either(ask, recorded.seen),
    either(ask, recorded.lags),
    either(ask, recorded.p95s),
    // The raw query of the last scrapes does not have a daemon that is younger than its resolution of 5 min.
    ask(`timestamp(mirrorwatch_build_info${past})`),
  ]);
  const now = await gaugesAt();
  const all = [...now, ...(await more)];
  for (const one of now) if (one.tag === 'error') return one;
  const found = all.flatMap((one) => (one.tag === 'ok' ? [one.value] : []));
  const atMs = found.find((one) => one.atMs !== null)?.atMs ?? null;
  if (atMs === null) return error('no series of mirrorwatch');
  const [, , , seen = [], lags = [], p95s = [], earlier = []] = all.map(seriesOf);
  const here = now.map((one) => new Set(seriesOf(one).map(daemonKeyOf)));
  // A failed scrape ends all series of a daemon until the next one. Without its place, the others would count as all places.
  // Each query is checked by itself: their moments differ, in VictoriaMetrics by up to a second.
  const recent = [...seriesOf(now[0]), ...seen, ...earlier].filter((one) => atMs - (stampOf(one.value) ?? 0) < lostMs);
  const owners = seriesOf(now[2]).filter(({ labels }) => labels['__name__'] === 'mirror_state_since_timestamp_seconds');
  const isLost = [recent, owners, recent].some((expected, index) =>
    expected.some((one) => !here[index]?.has(daemonKeyOf(one))),
  );
  const before = isLost ? await gaugesAt(past) : [];
  const [sources = [], states = [], gauges = []] = now.map((one, index) => {
    const past = before[index];
    const bridged = past === undefined ? [] : seriesOf(past).filter((series) => !here[index]?.has(daemonKeyOf(series)));
    return [...seriesOf(one), ...bridged];
  });
  const excess = excessOf([...sources, ...seen], states);
  if (excess !== null) return error(excess);
  const failed = all.flatMap((one) => (one.tag === 'error' ? [one.error] : []));
  return ok({
    atMs,
    sources,
    seen,
    facts: gauges,
    states,
    lags,
    p95s,
    isPartial: found.some(({ isPartial }) => isPartial),
    warnings: [...new Set([...found.flatMap(({ warnings }) => warnings), ...failed])],
  });
}

function seriesOf(one: Result<Vector, string>): readonly Series[] {
  return one.tag === 'ok' ? one.value.series : [];
}

async function either(
  ask: Ask,
  queries: { readonly recorded: string; readonly raw: string },
): Promise<Result<Vector, string>> {
  const known = await ask(queries.recorded);
  return known.tag === 'error' || known.value.series.length > 0 ? known : ask(queries.raw);
}

/** What a hostile store alone has; `null`: no more than a page can show. */
function excessOf(daemons: readonly Series[], states: readonly Series[]): string | null {
  if (new Set(daemons.map(placeOf)).size > placesMax) return `more than ${placesMax} places`;
  const upstreams = Map.groupBy(states, ({ labels }) => JSON.stringify([labels['ecosystem'], labels['upstream']]));
  let cells = 0;
  for (const own of upstreams.values())
    cells += new Set(own.map(({ labels }) => labels['registry'])).size * new Set(own.map(placeOf)).size;
  return cells > cellsMax ? `more than ${cellsMax} cells` : null;
}
