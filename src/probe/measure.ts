import type { Due } from '../core/due.ts';
import { limits } from '../core/limits.ts';
import { parseRetryAfter } from '../core/retry-after.ts';
import type { Sample } from '../core/sample.ts';
import type { Hop, Transcript } from '../core/transcript.ts';
import { cacheOf } from './cache.ts';
import { phasesOf } from './phases.ts';

/** The sample that a transcript amounts to; provisional until detect has settled it. */
export function measure(due: Due, transcript: Transcript): Sample {
  const { hops, startedMonotonicMs, verdict } = transcript;
  const timed = hops.filter((hop) => !hop.aside);
  // Where an aside ended the probe, that is what a client would have seen.
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
    facts: verdict.facts,
    loopDelayMsMax: transcript.loopDelayMsMax,
    worker: transcript.worker,
  };
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

/** The handshake with the mirror itself, not with where it sent us: the first one with the host asked first. */
function tlsOf(hops: readonly Hop[]): Sample['tls'] {
  const [first] = hops;
  // Most probes take one hop. Reading its URL twice would cost as much as all else here.
  if (first?.tls != null) return first.tls;
  const host = hostOf(first);
  return hops.find((hop) => hop.tls !== null && hostOf(hop) === host)?.tls ?? null;
}

function hostOf(hop: Hop | undefined): string | null {
  return hop !== undefined && URL.canParse(hop.url) ? new URL(hop.url).host : null;
}

/** The longest wait that an answer asked for: also one of a host that the mirror sent us to, for it will again. */
function retryAfterOf({ hops, startedAtMs }: Transcript): number | null {
  const waits = hops.map((hop) => parseRetryAfter(hop.responseHeaders['retry-after'], startedAtMs));
  return waits.reduce((longest, wait) => (wait !== null && wait > (longest ?? -1) ? wait : longest), null);
}
