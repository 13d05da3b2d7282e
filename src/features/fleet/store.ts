import { maskerOf } from '../../core/mask-known.ts';
import { definedOf } from '../../core/part.ts';
import type { Clock } from '../../core/ports.ts';
import { printable } from '../../core/printable.ts';
import { readJson } from '../../core/read-json.ts';
import { error, ok, type Result } from '../../core/result.ts';
import type { Secret } from '../../core/secret.ts';
import { registry } from '../../ecosystems/registry.ts';
import { exchangeOnce } from '../../io/exchange.ts';
import { daemonKeyOf, type FleetSeries, fleetPlaceOf, type StoreView, stampOf } from './view.ts';

export interface StoreAt {
  /** The base URL of the store. `/api/v1/query` is appended to it. */
  readonly url: string;
  /** Additional headers of each request, for example to select a tenant of the store. */
  readonly headers: Readonly<Record<string, Secret>>;
  readonly token: Secret | null;
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: Secret };
  /** The deadline for all queries of one read of the metrics store together, milliseconds. */
  readonly limitMs: number;
  /** For how long a daemon's last data are used after a failed scrape, milliseconds; absent: one minute. */
  readonly bridgeMs?: number;
}

interface Vector {
  readonly series: readonly FleetSeries[];
  /** The evaluation time by the store's clock; `null`: the response has no series. */
  readonly atMs: number | null;
  readonly isPartial: boolean;
  readonly warnings: readonly string[];
}

/** Sends one query to the metrics store. @returns the error: the store's own message, or an error code */
type Query = (promql: string) => Promise<Result<Vector, string>>;

/** The maximum number of series in a response. It is enough for 200 places with 50 mirrors each. */
const seriesMax = 100_000;
/**
 * The maximum size of all responses of one read of the metrics store together, MiB. It is twice what 200 places with 50
 * mirrors each need.
 */
const queryMiB = 32;
/** The maximum number of JSON values in these responses together, also twice what 200 places need. */
const valuesMax = 2_500_000;
const warningsMax = 10;
const wordsMax = 200;
/** The maximum length of a label, characters. The longest label of mirrorwatch is `page`, the URL of a place's page. */
const labelMax = 2048;

/** Begins a read of the metrics store. All its queries share one deadline and one limit of bytes. */
function startQueries(at: StoreAt, clock: Clock): Query {
  const endMs = clock.monotonicMs() + at.limitMs;
  const budget = { bytesLeft: queryMiB * 1024 * 1024, valuesLeft: valuesMax };
  const headers: Record<string, string> = { accept: 'application/json' };
  for (const [name, value] of Object.entries(at.headers)) headers[name] = value.reveal();
  if (at.token !== null) headers['authorization'] = `Bearer ${at.token.reveal()}`;
  const masked = maskerOf({ ...at.headers, ...(at.token !== null && { authorization: at.token }) }, at.url);
  const { ca, cert, key } = at.tls;
  const tls = definedOf({ ca, cert, key: key?.reveal() });
  return async (promql) => {
    const limitMs = Math.max(1, Math.round(endMs - clock.monotonicMs()));
    const query = new URLSearchParams({ query: promql, timeout: `${limitMs}ms` });
    try {
      const url = `${at.url}/api/v1/query?${query}`;
      const response = await exchangeOnce({ url, method: 'GET', headers, body: null, limitMs, tls, budget });
      // The page shows labels, errors and warnings.
      return readVector(response.status, masked(response.text));
    } catch (cause) {
      const { code, name } = cause as NodeJS.ErrnoException;
      if (code === 'EMSGSIZE') return error(`more than ${queryMiB} MiB or ${valuesMax} values`);
      return error(code === 'ABORT_ERR' ? 'ETIMEDOUT' : (code ?? name));
    }
  };
}

/**
 * Parses a response of `/api/v1/query`. It is partial if VictoriaMetrics sets `isPartial`, or if Thanos or Mimir send
 * warnings; notes of PromQL (such as `PromQL info: …`) are ignored. One invalid series makes the whole response
 * invalid.
 */
export function readVector(status: number, text: string): Result<Vector, string> {
  const value = readJson(text);
  if (value === undefined) return error(status === 200 ? 'status 200, not JSON' : `status ${status}`);
  const read = (value ?? {}) as Readonly<Record<string, unknown>>;
  const { status: verdict, error: words, data, warnings, isPartial } = read;
  if (verdict !== 'success') return error(typeof words === 'string' ? printable(words, wordsMax) : `status ${status}`);
  const { resultType, result } = (data ?? {}) as { resultType?: unknown; result?: unknown };
  if (resultType !== 'vector' || !Array.isArray(result)) return error('no vector');
  if (result.length > seriesMax) return error(`more than ${seriesMax} series`);
  const series: FleetSeries[] = [];
  let atMs: number | null = null;
  for (const one of result) {
    const { metric, value } = Object(one) as { metric?: unknown; value?: unknown };
    const [seconds, number] = Array.isArray(value) ? value : [];
    const labels = labelsIn(metric);
    if (labels === null || typeof seconds !== 'number' || typeof number !== 'string')
      return error('series of another form');
    atMs = stampOf(seconds);
    if (atMs === null) return error('series of another form');
    series.push({ labels, value: Number(number) });
  }
  const warningTexts = (Array.isArray(warnings) ? warnings : [])
    .map((one) => printable(String(one), wordsMax))
    .filter((one) => !one.startsWith('PromQL '))
    .slice(0, warningsMax);
  if (isPartial === true && warningTexts.length === 0) warningTexts.push('isPartial');
  return ok({ series, atMs, isPartial: warningTexts.length > 0, warnings: warningTexts });
}

/**
 * Returns the labels of a series in printable form, each with at most `labelMax` characters; `null`: invalid. The page
 * shows labels, but anyone who can push series to the store chooses them.
 */
function labelsIn(metric: unknown): FleetSeries['labels'] | null {
  if (typeof metric !== 'object' || metric === null) return null;
  const all = Object.entries(metric);
  if (all.some(([, text]) => typeof text !== 'string')) return null;
  return Object.fromEntries(all.map(([name, text]) => [name, printable(text, labelMax)]));
}

const facts = [
  'mirrorwatch_config_info',
  'mirrorwatch_config_last_reload_successful',
  'mirrorwatch_clock_timestamp_seconds',
  'mirrorwatch_place_info',
  'mirrorwatch_shard_info',
  'mirror_vantage_suspect',
  'mirror_state_since_timestamp_seconds',
  'mirror_advice_since_timestamp_seconds',
];

const canaries = [...new Set(registry.all.map(({ canary }) => canary))].sort().join('|');
const canary = `connection="cold",step=~"${canaries}"`;
/** The maximum numbers of places and of cells that a page can show. A cell is one mirror at one place. */
const placesMax = 2000;
const cellsMax = 100_000;
/**
 * For how long a daemon's last data are used after a failed scrape, milliseconds. At one scrape a minute, this is
 * enough for one failed scrape.
 */
const bridgeMs = 60_000;
/**
 * If a daemon without current data was seen within this time, a scrape may have failed, and older data are read.
 * Milliseconds.
 */
const lostMs = 600_000;
/**
 * For how long a place without new data is shown. It is longer than a restart takes. After this time, the place counts
 * as removed.
 */
const seenWindow = '1d';

/**
 * Queries in two variants. `recorded` reads the series of our recording rules, which have one sample for each mirror.
 * Without these series, `raw` is used, which reads many more samples.
 */
const recorded = {
  seen: {
    recorded: 'place:mirrorwatch_build_info:last_seen',
    raw: `max by (vantage, instance) (max_over_time(timestamp(mirrorwatch_build_info)[${seenWindow}:5m]))`,
  },
  p95s: {
    recorded: `registry_step:mirror_probe_rtt_seconds:p95_1h{${canary}}`,
    // The query reads a native histogram, or else a classic one.
    raw: `histogram_quantile(0.95, sum by (vantage, ecosystem, registry, step) (rate(mirror_probe_rtt_seconds{${canary}}[1h]))) or histogram_quantile(0.95, sum by (vantage, ecosystem, registry, step, le) (rate(mirror_probe_rtt_seconds_bucket{${canary}}[1h])))`,
  },
} as const;

/**
 * Reads the current series of all places. If a query for daemons, states or facts fails, the read fails. If only other
 * data (such as latencies) cannot be read, they are unknown, and a warning gives the reason.
 * @returns the error: the reason why the store could not be read
 */
export async function readStore(at: StoreAt, clock: Clock): Promise<Result<StoreView, string>> {
  const query = startQueries(at, clock);
  const gaugesAt = (offset = '') =>
    Promise.all([
      query(`timestamp(mirrorwatch_build_info${offset})`),
      query(`mirror_state${offset} == 1`),
      query(`{__name__=~"${facts.join('|')}"}${offset}`),
    ]);
  const past = ` offset ${at.bridgeMs ?? bridgeMs}ms`;
  const more = Promise.all([
    either(query, recorded.seen),
    either(query, recorded.p95s),
    // The raw query of `seen` has steps of 5 min, so it misses a daemon that started after the last step. This query
    // finds such a daemon.
    query(`timestamp(mirrorwatch_build_info${past})`),
  ]);
  const now = await gaugesAt();
  const all = [...now, ...(await more)];
  for (const one of now) if (one.tag === 'error') return one;
  const found = all.flatMap((one) => (one.tag === 'ok' ? [one.value] : []));
  const atMs = found.find((one) => one.atMs !== null)?.atMs ?? null;
  if (atMs === null) return error('no series of mirrorwatch');
  const [, , , seen = [], p95s = [], earlier = []] = all.map(seriesOf);
  const here = now.map((one) => new Set(seriesOf(one).map(daemonKeyOf)));
  // After a failed scrape a daemon has no series, and the remaining places would look like all places. So the daemon's
  // last series are used. Each query is checked alone, because the store evaluates them at different times.
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
    p95s,
    isPartial: found.some(({ isPartial }) => isPartial),
    warnings: [...new Set([...found.flatMap(({ warnings }) => warnings), ...failed])],
  });
}

function seriesOf(one: Result<Vector, string>): readonly FleetSeries[] {
  return one.tag === 'ok' ? one.value.series : [];
}

async function either(
  query: Query,
  queries: { readonly recorded: string; readonly raw: string },
): Promise<Result<Vector, string>> {
  const known = await query(queries.recorded);
  return known.tag === 'error' || known.value.series.length > 0 ? known : query(queries.raw);
}

/** If the store has more places or cells than a page can show, returns a text about it; else `null`. */
function excessOf(daemons: readonly FleetSeries[], states: readonly FleetSeries[]): string | null {
  if (new Set(daemons.map(fleetPlaceOf)).size > placesMax) return `more than ${placesMax} places`;
  const upstreams = Map.groupBy(states, ({ labels }) => JSON.stringify([labels['ecosystem'], labels['upstream']]));
  let cells = 0;
  for (const own of upstreams.values())
    cells += new Set(own.map(({ labels }) => labels['registry'])).size * new Set(own.map(fleetPlaceOf)).size;
  return cells > cellsMax ? `more than ${cellsMax} cells` : null;
}
