import type { Due } from '../core/due.ts';
import type { Phase } from '../core/failure.ts';
import { parseRetryAfter } from '../core/http.ts';
import { limits } from '../core/limits.ts';
import { hopPhasesOf, type PhaseTimes, type Sample } from '../core/sample.ts';
import type { Hop, Transcript } from '../core/transcript.ts';
import { quotaLeftOf } from './quota.ts';

/**
 * The headers in which caches report a hit or miss, in order of precedence. `cache-status` takes precedence over all
 * of them.
 */
const names = ['cf-cache-status', 'x-cache-status', 'x-proxy-cache', 'x-cache'] as const;

/** Words for a hit or miss in nginx, Cloudflare and Squid. */
const hit = /(^|[^a-z])(hit|stale|updating|revalidated)([^a-z]|$)|tcp_(?:(?!tcp_)[a-z_])*hit/i;
const miss = /(^|[^a-z])(miss|expired)([^a-z]|$)|tcp_(?:(?!tcp_)[a-z_])*miss/i;

/**
 * Returns whether a cache had the response, according to the first header that shows it; `null`: no header shows it.
 * @param headers  lower-case names
 * @see RFC 9211 section 2; nginx $upstream_cache_status; RFC 9111 section 5.1
 */
export function cacheOf(headers: Readonly<Record<string, string>>): 'hit' | 'miss' | null {
  const status = headers['cache-status'];
  const cache = status === undefined ? null : cacheStatus(status);
  if (cache !== null) return cache;
  for (const name of names) {
    const value = headers[name];
    if (value === undefined) continue;
    if (hit.test(value)) return 'hit';
    if (miss.test(value)) return 'miss';
  }
  return /^0*[1-9]\d{0,9}$/.test(headers['age'] ?? '') ? 'hit' : null;
}

/**
 * Returns whether a cache had the response, according to the header `Cache-Status`; `null`: the header does not show
 * it. Each cache on the path adds a member to the header, with the parameter `hit`, or `fwd` (forwarded) and a reason.
 */
function cacheStatus(value: string): 'hit' | 'miss' | null {
  const parameters = value
    .replace(/"(?:[^"\\]|\\.?)*"?/gs, '')
    .toLowerCase()
    .split(/[;,]/)
    .map((part) => part.trim());
  if (parameters.some((one) => one === 'hit' || one === 'hit=?1')) return 'hit';
  return parameters.some((one) => one.startsWith('fwd=') && one !== 'fwd=bypass' && one !== 'fwd=method')
    ? 'miss'
    : null;
}

export function measure(due: Due, transcript: Transcript): Sample {
  const { hops, startedMonotonicMs, verdict } = transcript;
  const timed = hops.filter((hop) => !hop.aside);
  // If only aside requests were sent, the last of them ended the probe, so its values are used.
  const last = timed.at(-1) ?? hops.at(-1);
  const first = timed[0] ?? hops[0];
  return {
    due,
    startedAtMs: transcript.startedAtMs,
    startedMonotonicMs,
    endedMonotonicMs: Math.max(startedMonotonicMs, ...hops.map((hop) => hop.marks.end)),
    outcome: verdict.outcome,
    ...phasesOf(hops),
    bytes: bytesOf(timed),
    ...steadyOf(timed.at(-1)),
    wireBytes: bytesOf(hops),
    requests: hops.length,
    status: last?.status ?? null,
    finalUrl: last?.url ?? null,
    remoteAddress: first?.remoteAddress ?? null,
    family: first?.family ?? null,
    tls: tlsOf(hops),
    ...(first?.protocol === undefined ? {} : { protocol: first.protocol }),
    ...(first?.repeated === undefined ? {} : { repeated: first.repeated }),
    cache: cacheOf(last?.responseHeaders ?? {}),
    retryAfterMs: retryAfterOf(transcript),
    ...quotaOf(hops),
    facts: verdict.facts,
    loopDelayMsMax: transcript.loopDelayMsMax,
    ...(transcript.loopDelayMsSum === undefined ? {} : { loopDelayMsSum: transcript.loopDelayMsSum }),
    worker: transcript.worker,
  };
}

/** The quota with the least left, of all responses: a redirect target or a token server may have one of its own. */
function quotaOf(hops: readonly Hop[]): Pick<Sample, 'quotaLeft'> {
  const left = hops.flatMap(({ responseHeaders }) => quotaLeftOf(responseHeaders) ?? []);
  return left.length === 0 ? {} : { quotaLeft: Math.min(...left) };
}

function steadyOf(hop: Hop | undefined): Pick<Sample, 'steady'> {
  if (hop?.ramp === undefined || hop.fault !== null) return {};
  const bytes = hop.bodyBytes - hop.ramp.bytes;
  const ms = hop.marks.end - hop.ramp.atMs;
  return bytes >= limits.slowStartBytes && ms > 0 ? { steady: { bytes, ms } } : {};
}

function bytesOf(hops: readonly Hop[]): number {
  return hops.reduce((sum, hop) => sum + hop.bodyBytes, 0);
}

/** Returns the facts of the first handshake with the mirror itself, not with a redirect target. */
function tlsOf(hops: readonly Hop[]): Sample['tls'] {
  const [first] = hops;
  // This is a shortcut, because most probes have one hop, and parsing URLs is expensive.
  if (first?.tls != null) return first.tls;
  const host = hostOf(first);
  return hops.find((hop) => hop.tls !== null && hostOf(hop) === host)?.tls ?? null;
}

function hostOf(hop: Hop | undefined): string | null {
  return hop !== undefined && URL.canParse(hop.url) ? new URL(hop.url).host : null;
}

/**
 * Returns the longest `Retry-After` of all hops; `null`: none. Redirect targets count too, because the mirror will
 * redirect there again.
 */
function retryAfterOf({ hops, startedAtMs }: Transcript): number | null {
  const waits = hops.map((hop) => parseRetryAfter(hop.responseHeaders['retry-after'], startedAtMs));
  return waits.reduce((longest, wait) => (wait !== null && wait > (longest ?? -1) ? wait : longest), null);
}

/**
 * Computes the time of each phase over all hops except aside (preliminary) ones, and the total time, milliseconds.
 * @returns phases that did not happen are absent; `rttMs` is `null` if all hops were aside
 * @see docs/probes.md#phases
 */
export function phasesOf(hops: readonly Hop[]): { readonly phases: PhaseTimes; readonly rttMs: number | null } {
  const timed = hops.filter((hop) => !hop.aside);
  const times: { [P in Phase]?: number } = {};
  let rttMs = 0;
  for (const hop of timed) {
    for (const [phase, spentMs] of hopPhasesOf(hop)) times[phase] = (times[phase] ?? 0) + spentMs;
    rttMs += hop.marks.end - hop.marks.start;
  }
  return { phases: times, rttMs: timed.length === 0 ? null : rttMs };
}
