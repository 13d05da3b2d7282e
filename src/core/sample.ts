import type { Due } from './due.ts';
import { type Because, type Outcome, type Phase, phases, type Reason } from './failure.ts';
import type { Connection, Target } from './mirror.ts';
import type { Facts, Hop, HttpProtocol, Marks, TlsFacts, Transcript } from './transcript.ts';

/** Milliseconds by phase over all hops; what did not happen is absent, not 0. */
export type PhaseTimes = { readonly [P in Phase]?: number };

/** One probe's outcome, provisional until detect settles it. Durations are monotonic milliseconds. */
export interface Sample {
  readonly due: Due;
  /** Wall clock, for people. */
  readonly startedAtMs: number;
  readonly startedMonotonicMs: number;
  readonly endedMonotonicMs: number;
  readonly outcome: Outcome;
  /** The sum of the phases; `null`: nothing was timed. */
  readonly rttMs: number | null;
  readonly phases: PhaseTimes;
  /** Body bytes of the timed hops. */
  readonly bytes: number;
  /** Bytes and time of the last timed body after `limits.slowStartBytes`; absent: cut, or fewer bytes than these. */
  readonly steady?: { readonly bytes: number; readonly ms: number };
  /** With asides: what counts against `bytesPerHour`. */
  readonly wireBytes: number;
  /** With asides. */
  readonly requests: number;
  /** Of the last timed hop; `null` without a response head. */
  readonly status: number | null;
  readonly finalUrl: string | null;
  readonly remoteAddress: string | null;
  readonly family: 4 | 6 | null;
  readonly tls: TlsFacts | null;
  /** Of the first timed hop; absent: no connection, or an older row. */
  readonly protocol?: HttpProtocol;
  /** As `Hop.repeated`, of the first timed hop. */
  readonly repeated?: Hop['repeated'];
  /** By a cache header (`x-cache`, `cf-cache-status`…); `null`: none. */
  readonly cache: 'hit' | 'miss' | null;
  /** Of `Retry-After`; `null`: none. */
  readonly retryAfterMs: number | null;
  readonly facts: Facts;
  readonly loopDelayMsMax: number;
  /** The most processor time of a response of this probe; absent: below `limits.threadHeldMs`, or a whole artifact. */
  readonly heldMs?: number;
  readonly worker: number;
}

/** A sample after detect, for export, state and events. `cold`: a pull-through cache's first fetch, no round trip. */
export interface SettledSample extends Sample {
  readonly cold: boolean;
  /** The spike threshold when it was judged; `null` while warming or for heavy steps. */
  readonly thresholdMs: number | null;
  readonly baselineMs: number | null;
  /** True: a 429 to our own dense requests, which does not count against the mirror. */
  readonly isOfPace?: boolean;
  /** True: not judged, because a reload removed the target or replaced the mirror. */
  readonly isObsolete?: boolean;
}

/** Bytes a second without slow start; `null`: too few bytes. */
export function steadyRateOf({ steady }: Pick<Sample, 'steady'>): number | null {
  return steady === undefined ? null : (1_000 * steady.bytes) / steady.ms;
}

/** End of a probe, wall milliseconds. */
export function endedAtMs(sample: Pick<Sample, 'startedAtMs' | 'startedMonotonicMs' | 'endedMonotonicMs'>): number {
  return sample.startedAtMs + (sample.endedMonotonicMs - sample.startedMonotonicMs);
}

/** The part of a settled sample that charts and medians need. */
export interface SamplePoint extends Pick<SettledSample, 'startedAtMs' | 'rttMs' | 'phases' | 'cold' | 'thresholdMs'> {
  readonly outcome:
    | { readonly tag: 'ok' }
    | { readonly tag: 'failed'; readonly failure: { readonly kind: Reason } }
    | { readonly tag: 'unknown'; readonly because: Because };
  /** `null`: its probe is no longer kept. */
  readonly due: { readonly probeId: string | null };
}

/** `transcript` is `null` without a probe (paused, a lost worker). */
export interface KeptProbe {
  readonly sample: SettledSample;
  readonly transcript: Transcript | null;
}

/** The current facts about one series; `null`: not measured. */
export interface SeriesNow {
  readonly target: Target;
  readonly connection: Connection;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly last: SettledSample | null;
  readonly lastOkAtMs: number | null;
  /** Medians over the ok samples of `recent`. */
  readonly phases: PhaseTimes;
  /** Newest last. */
  readonly recent: readonly SamplePoint[];
  /** The start of the newest sample up to a time, wall milliseconds. */
  lastBy(wallMs: number): number | null;
}

/** The network part of a sample without a response. */
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
 * The phases of one hop in order, milliseconds, without gaps. The rest of a failed hop belongs to the phase of the
 * failure. Phases that did not happen are absent.
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
  // A hop that is refused at once still has a phase.
  segments.push([last, marks.end - from]);
  return segments;
}

/** The phase of the rest: that of the fault, also just after it (a certificate is refused after the handshake). */
function laterOf(reached: Phase, named: Phase): Phase {
  return phases.indexOf(named) >= phases.indexOf(reached) - 1 ? named : reached;
}
