import type { Due } from './due.ts';
import { type Because, type Outcome, type Phase, phases, type Reason } from './failure.ts';
import type { Connection, Target } from './mirror.ts';
import type { Facts, Hop, HttpProtocol, Marks, TlsFacts, Transcript } from './transcript.ts';

/** Milliseconds by phase over all hops of a probe; what did not happen is absent, not 0. */
export type PhaseTimes = { readonly [P in Phase]?: number };

/**
 * One probe's judged outcome. Provisional until detect settles it; plain data that survives JSON. All durations are
 * milliseconds on the monotonic clock.
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
   * Bytes and duration of the last timed body after its first `limits.slowStartBytes`: the transfer rate without slow
   * start. Absent for a cut body, and where fewer bytes followed than were skipped, because then delay dominates.
   */
  readonly steady?: { readonly bytes: number; readonly ms: number };
  /** Body bytes of everything, asides included: what counts against `bytesPerHour`. */
  readonly wireBytes: number;
  /** Requests made, asides included. */
  readonly requests: number;
  /** Status of the last timed hop, as a client's chain sees it; `null` without a response head. */
  readonly status: number | null;
  readonly finalUrl: string | null;
  readonly remoteAddress: string | null;
  readonly family: 4 | 6 | null;
  readonly tls: TlsFacts | null;
  /** The HTTP version of the first timed hop; absent: no connection, or stored by an older release. */
  readonly protocol?: HttpProtocol;
  /** As `Hop.repeated`, of the first timed hop. */
  readonly repeated?: Hop['repeated'];
  /** HIT or MISS of a cache header (`x-cache`, `cf-cache-status`, `x-proxy-cache`…); `null`: none. */
  readonly cache: 'hit' | 'miss' | null;
  /** The wait of `Retry-After`, milliseconds; `null` without one. */
  readonly retryAfterMs: number | null;
  readonly facts: Facts;
  readonly loopDelayMsMax: number;
  /**
   * Processor time of our thread for the response of this probe that took the most, milliseconds; absent: less than
   * `limits.threadHeldMs`.
   */
  readonly heldMs?: number;
  readonly worker: number;
}

/**
 * A sample after detect: the only form that export, state and events get, once. `cold`: a pull-through cache's first
 * fetch, which counts in `mirror_cold_fetch_seconds` and not as a round trip.
 */
export interface SettledSample extends Sample {
  readonly cold: boolean;
  /** The spike threshold in force when it was judged, milliseconds; `null` while warming or for heavy steps. */
  readonly thresholdMs: number | null;
  readonly baselineMs: number | null;
  /** True: a 429 to our own dense requests, which does not count against the mirror. Absent: false. */
  readonly isOfPace?: boolean;
  /** True: not judged, because a reload removed the target or replaced the mirror during the probe. Absent: false. */
  readonly isObsolete?: boolean;
}

/** Bytes a second without slow start; `null`: the transfer was too small for a rate. */
export function steadyRateOf({ steady }: Pick<Sample, 'steady'>): number | null {
  return steady === undefined ? null : (1_000 * steady.bytes) / steady.ms;
}

/** End of a probe, wall milliseconds: its start on the wall clock plus its duration on the monotonic one. */
export function endedAtMs(sample: Pick<Sample, 'startedAtMs' | 'startedMonotonicMs' | 'endedMonotonicMs'>): number {
  return sample.startedAtMs + (sample.endedMonotonicMs - sample.startedMonotonicMs);
}

/** The part of a settled sample that charts and medians need; it is kept for more samples than the rest. */
export interface SamplePoint extends Pick<SettledSample, 'startedAtMs' | 'rttMs' | 'phases' | 'cold' | 'thresholdMs'> {
  readonly outcome:
    | { readonly tag: 'ok' }
    | { readonly tag: 'failed'; readonly failure: { readonly kind: Reason } }
    | { readonly tag: 'unknown'; readonly because: Because };
  /** `null`: its probe is no longer kept. */
  readonly due: { readonly probeId: string | null };
}

/** A sample with its transcript; `null` without a probe (paused, a lost worker). */
export interface KeptProbe {
  readonly sample: SettledSample;
  readonly transcript: Transcript | null;
}

/** The current facts about one series; times in milliseconds, `null`: not measured. */
export interface SeriesNow {
  readonly target: Target;
  readonly connection: Connection;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly last: SettledSample | null;
  readonly lastOkAtMs: number | null;
  /** Medians by phase over the samples of `recent` that were ok. */
  readonly phases: PhaseTimes;
  /** The latest samples, newest last. */
  readonly recent: readonly SamplePoint[];
  /** The start of the newest sample up to a time, wall milliseconds; `null`: none. */
  lastBy(wallMs: number): number | null;
}

/** The network part of a sample without a response: nothing timed, nothing read. */
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

/** The mark that ends each phase but the last. */
const marksOf: readonly (readonly [Phase, Exclude<keyof Marks, 'start' | 'end'>])[] = [
  ['resolve', 'resolved'],
  ['connect', 'connected'],
  ['tls', 'secured'],
  ['processing', 'firstByte'],
];

/**
 * The phases of one hop in order, milliseconds. They tile it: each runs from the mark before it to its own, the last one
 * to the end. For a failed hop, the rest belongs to the phase of the failure. Phases that did not happen are absent.
 * @see design.md section 3
 */
export function hopPhasesOf({ marks, fault }: Pick<Hop, 'marks' | 'fault'>): readonly (readonly [Phase, number])[] {
  const segments: [Phase, number][] = [];
  let from = marks.start;
  let reached: Phase = 'resolve';
  for (const [phase, name] of marksOf) {
    const at = marks[name];
    if (at === undefined) continue;
    segments.push([phase, at - from]);
    from = at;
    reached = phases[phases.indexOf(phase) + 1] ?? 'transfer';
  }
  const last = marks.firstByte !== undefined || fault === null ? 'transfer' : laterOf(reached, fault.phase);
  // A hop refused before its first action, in no time, still has a phase.
  segments.push([last, marks.end - from]);
  return segments;
}

/**
 * The phase of the remaining time: the one that the fault names. If that phase is over by the marks, its result was
 * refused afterwards (a certificate after the handshake), and the rest counts as that phase.
 */
function laterOf(reached: Phase, named: Phase): Phase {
  return phases.indexOf(named) >= phases.indexOf(reached) - 1 ? named : reached;
}
