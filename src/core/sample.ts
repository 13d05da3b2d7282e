import type { Due } from './due.ts';
import type { Because, Outcome, Phase, Reason } from './failure.ts';
import type { Facts, Hop, HttpProtocol, TlsFacts } from './transcript.ts';

/** Milliseconds by phase over all hops of a probe; what did not happen is absent, not 0. */
export type PhaseTimes = { readonly [P in Phase]?: number };

/**
 * One probe's judged outcome. Provisional until detect has settled it; plain data that survives JSON.
 * All durations are milliseconds on the monotonic clock.
 */
export interface Sample {
  readonly due: Due;
  /** Wall clock at the start, milliseconds since 1970: for people and exemplars, never for durations. */
  readonly startedAtMs: number;
  readonly startedMonotonicMs: number;
  readonly endedMonotonicMs: number;
  readonly outcome: Outcome;
  /** From the start of the first timed hop to the end of the last; the phases add up to it. `null` when nothing was timed. */
  readonly rttMs: number | null;
  readonly phases: PhaseTimes;
  /** Body bytes of the timed hops. */
  readonly bytes: number;
  /**
   * What came of the last timed body after its first `limits.slowStartBytes`, and in how long: the rate of a transfer without
   * its slow start. Absent where that was less than as much again, which tells delay and not bandwidth, and of a cut body.
   */
  readonly steady?: { readonly bytes: number; readonly ms: number };
  /** Body bytes of everything, asides included: what counts against `bytesPerHour`. */
  readonly wireBytes: number;
  /** Requests made, asides included. */
  readonly requests: number;
  /** Status of the last timed hop, `null` when no head arrived: what a client's chain would have seen. */
  readonly status: number | null;
  readonly finalUrl: string | null;
  readonly remoteAddress: string | null;
  readonly family: 4 | 6 | null;
  readonly tls: TlsFacts | null;
  /** The HTTP version of the first timed hop, as `family`; absent: no connection came about, or an older release stored it. */
  readonly protocol?: HttpProtocol;
  /** As `Hop.repeated`, of the first timed hop. */
  readonly repeated?: Hop['repeated'];
  /** A cache header said HIT or MISS (`x-cache`, `cf-cache-status`, `x-proxy-cache`…); `null`: none did. */
  readonly cache: 'hit' | 'miss' | null;
  /** What the answer asked us to wait, milliseconds; `null` without `Retry-After`. */
  readonly retryAfterMs: number | null;
  readonly facts: Facts;
  readonly loopDelayMsMax: number;
  /** How long reading one of its answers took our thread in all, milliseconds of processor time; absent: less than `limits.threadHeldMs`. */
  readonly heldMs?: number;
  readonly worker: number;
}

/**
 * A sample after detect: the only form that export, state and events see, once.
 * `cold`: a pull-through cache's first fetch, which goes to `mirror_cold_fetch_seconds` and not to round trips.
 */
export interface SettledSample extends Sample {
  readonly cold: boolean;
  /** The spike threshold in force when it was judged, milliseconds; `null` while warming or for heavy steps. */
  readonly thresholdMs: number | null;
  readonly baselineMs: number | null;
  /** A 429 to our own dense requests: news about our pace, not about the mirror. Absent: it is none. */
  readonly isOfPace?: boolean;
}

/** Bytes a second without slow start; `null` where the transfer was too small to tell. */
export function steadyRate({ steady }: Pick<Sample, 'steady'>): number | null {
  return steady === undefined ? null : (1_000 * steady.bytes) / steady.ms;
}

/** When a probe ended, wall milliseconds: its start on the wall clock and its length on the monotonic one. */
export function endedAtMs(sample: Pick<Sample, 'startedAtMs' | 'startedMonotonicMs' | 'endedMonotonicMs'>): number {
  return sample.startedAtMs + (sample.endedMonotonicMs - sample.startedMonotonicMs);
}

/** What charts and medians need of a settled sample, and what is kept of many; a settled sample is one too. */
export interface SamplePoint extends Pick<SettledSample, 'startedAtMs' | 'rttMs' | 'phases' | 'cold' | 'thresholdMs'> {
  readonly outcome:
    | { readonly tag: 'ok' }
    | { readonly tag: 'failed'; readonly failure: { readonly kind: Reason } }
    | { readonly tag: 'unknown'; readonly because: Because };
  /** `null`: its probe is not kept any more. */
  readonly due: { readonly probeId: string | null };
}

/** What a sample holds of the wire where no answer was seen: nothing timed, nothing read. */
export const nothingReceived = {
  phases: {},
  bytes: 0,
  wireBytes: 0,
  status: null,
  finalUrl: null,
  remoteAddress: null,
  family: null,
  tls: null,
  cache: null,
  retryAfterMs: null,
  facts: {},
  loopDelayMsMax: 0,
} as const satisfies Partial<Sample>;
