import type { Clock } from '../../core/ports.ts';
import { error, ok, type Result } from '../../core/result.ts';
import { registry } from '../../ecosystems/registry.ts';
import { type Ask, type StoreAt, startLook, type Vector } from './store.ts';
import type { StoreView } from './view.ts';

/** Gauges of a daemon that say how its place is. */
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
/** A restart is over by then; a place that was taken away for good is forgotten. */
const seenWindow = '1d';

/** What costs many samples where our recording rules are absent, and is one sample for each mirror where they are loaded. */
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
 * Reads what the store has about all places now. Without states or daemons there is no picture; where only times or lags
 * are missing, they are unknown and the reason is among the warnings.
 * @returns the error: why there is no picture
 */
export async function readStore(at: StoreAt, clock: Clock): Promise<Result<StoreView, string>> {
  const ask = startLook(at, clock);
  const [sources, states, gauges, seen, lags, p95s] = await Promise.all([
    ask('timestamp(mirrorwatch_build_info)'),
    ask('mirror_state == 1'),
    ask(`{__name__=~"${facts.join('|')}"}`),
    either(ask, recorded.seen),
    either(ask, recorded.lags),
    either(ask, recorded.p95s),
  ]);
  if (sources.tag === 'error') return sources;
  if (states.tag === 'error') return states;
  if (gauges.tag === 'error') return gauges;
  const all = [sources, states, gauges, seen, lags, p95s];
  const found = all.flatMap((one) => (one.tag === 'ok' ? [one.value] : []));
  const failed = all.flatMap((one) => (one.tag === 'error' ? [one.error] : []));
  const seriesOf = (one: Result<Vector, string>): StoreView['seen'] => (one.tag === 'ok' ? one.value.series : []);
  const atMs = found.find((one) => one.atMs !== null)?.atMs;
  if (atMs == null) return error('no series of mirrorwatch');
  return ok({
    atMs,
    sources: sources.value.series,
    seen: seriesOf(seen),
    facts: gauges.value.series,
    states: states.value.series,
    lags: seriesOf(lags),
    p95s: seriesOf(p95s),
    isPartial: found.some(({ isPartial }) => isPartial),
    warnings: [...new Set([...found.flatMap(({ warnings }) => warnings), ...failed])],
  });
}

async function either(
  ask: Ask,
  queries: { readonly recorded: string; readonly raw: string },
): Promise<Result<Vector, string>> {
  const known = await ask(queries.recorded);
  return known.tag === 'error' || known.value.series.length > 0 ? known : ask(queries.raw);
}
