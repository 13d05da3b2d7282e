import type { Clock } from '../../core/ports.ts';
import { printable } from '../../core/printable.ts';
import { readJson } from '../../core/read-json.ts';
import { error, ok, type Result } from '../../core/result.ts';
import type { Secret } from '../../core/secret.ts';
import { exchange } from '../../io/exchange.ts';
import { type Series, stampOf } from './view.ts';

/** Access to a store: Prometheus, Thanos, Mimir, VictoriaMetrics, or another one with the same HTTP API. */
export interface StoreAt {
  /** The base URL, to which `/api/v1/query` is appended; it may have a path (`/prometheus`, `/select/0/prometheus`). */
  readonly url: string;
  /** Sent with each request: for a tenant or a proxy. */
  readonly headers: Readonly<Record<string, Secret>>;
  readonly token: Secret | null;
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: Secret };
  /** The timeout for all queries of one read together, milliseconds. */
  readonly limitMs: number;
  /** For this long after a lost scrape, the previous data of a daemon still count, milliseconds; default one minute. */
  readonly bridgeMs?: number;
}

/** An instant vector, with the store's warnings. */
export interface Vector {
  readonly series: readonly Series[];
  /** The evaluation time by the store's clock; `null`: there are no series. */
  readonly atMs: number | null;
  readonly isPartial: boolean;
  readonly warnings: readonly string[];
}

/** Sends one query of a read; all queries share its deadline. @returns the error: the store's own message or a code */
export type Ask = (promql: string) => Promise<Result<Vector, string>>;

/** A read takes a few series for each place and mirror: enough for 200 places with 50 mirrors each. */
const seriesMax = 100_000;
/** The maximum size of all responses of one read, MiB: twice what 200 places with 50 mirrors each take. */
const lookMiB = 32;
const warningsMax = 10;
const wordsMax = 200;
/** The maximum length of our longest label, the page of a place. */
const labelMax = 2048;

/** Begins a read: its queries share one deadline and one budget of bytes. */
export function startLook(at: StoreAt, clock: Clock): Ask {
  const endMs = clock.monotonicMs() + at.limitMs;
  const budget = { bytesLeft: lookMiB * 1024 * 1024 };
  const headers: Record<string, string> = { accept: 'application/json' };
  for (const [name, value] of Object.entries(at.headers)) headers[name] = value.reveal();
  if (at.token !== null) headers['authorization'] = `Bearer ${at.token.reveal()}`;
  const { ca, cert, key } = at.tls;
  const tls = {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key: key.reveal() }),
  };
  return async (promql) => {
    const limitMs = Math.max(1, Math.round(endMs - clock.monotonicMs()));
    const query = new URLSearchParams({ query: promql, timeout: `${limitMs}ms` });
    try {
      const url = `${at.url}/api/v1/query?${query}`;
      const answer = await exchange({ url, method: 'GET', headers, body: null, limitMs, tls, budget });
      return readVector(answer.status, answer.text);
    } catch (cause) {
      const { code, name } = cause as NodeJS.ErrnoException;
      return error(code === 'EMSGSIZE' ? `more than ${lookMiB} MiB` : (code ?? name));
    }
  };
}

/**
 * Reads the response of `/api/v1/query`. It is partial if VictoriaMetrics sets `isPartial`, or Thanos or Mimir send
 * warnings; notes of PromQL (`PromQL info: …`) do not count. An invalid series fails the whole response.
 */
export function readVector(status: number, text: string): Result<Vector, string> {
  const value = readJson(text);
  if (value === undefined) return error(status === 200 ? 'status 200, not JSON' : `status ${status}`);
  const {
    status: verdict,
    data,
    error: words,
    warnings,
    isPartial,
  } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (verdict !== 'success') return error(typeof words === 'string' ? printable(words, wordsMax) : `status ${status}`);
  const { resultType, result } = (data ?? {}) as { resultType?: unknown; result?: unknown };
  if (resultType !== 'vector' || !Array.isArray(result)) return error('no vector');
  if (result.length > seriesMax) return error(`more than ${seriesMax} series`);
  const series: Series[] = [];
  let atMs: number | null = null;
  for (const { metric, value } of result as readonly { metric?: unknown; value?: unknown }[]) {
    const [seconds, number] = Array.isArray(value) ? value : [];
    const labels = labelsIn(metric);
    if (labels === null || typeof seconds !== 'number' || typeof number !== 'string')
      return error('series of another form');
    atMs = stampOf(seconds);
    if (atMs === null) return error('series of another form');
    series.push({ labels, value: Number(number) });
  }
  const said = (Array.isArray(warnings) ? warnings : [])
    .map((one) => printable(String(one), wordsMax))
    .filter((one) => !one.startsWith('PromQL '))
    .slice(0, warningsMax);
  if (isPartial === true && said.length === 0) said.push('isPartial');
  return ok({ series, atMs, isPartial: said.length > 0, warnings: said });
}

/** Labels are untrusted: anyone who can push a series to the store sets them, and we show them. `null`: invalid labels. */
function labelsIn(metric: unknown): Series['labels'] | null {
  if (typeof metric !== 'object' || metric === null) return null;
  const all = Object.entries(metric);
  if (all.some(([, text]) => typeof text !== 'string')) return null;
  return Object.fromEntries(all.map(([name, text]) => [name, printable(text, labelMax)]));
}
