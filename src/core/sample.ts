import type { Due } from './due.ts';
import { type Because, type Outcome, type Phase, phases, type Reason } from './failure.ts';
import { limits } from './limits.ts';
import { isHeavy } from './mirror.ts';
import type { Facts, Hop, HttpProtocol, Marks, TlsFacts, Transcript } from './transcript.ts';

/**
 * Milliseconds by phase, summed over all hops except aside (preliminary) ones; a phase that did not happen is absent.
 */
export type PhaseTimes = { readonly [P in Phase]?: number };

/** The result of one probe, before its final judgement. */
export interface Sample
  extends Pick<Transcript, 'startedAtMs' | 'startedMonotonicMs' | 'loopDelayMsMax' | 'loopDelayMsSum' | 'worker'> {
  readonly due: Due;
  readonly endedMonotonicMs: number;
  readonly outcome: Outcome;
  /** The sum of the phases; `null`: nothing was timed. */
  readonly rttMs: number | null;
  readonly phases: PhaseTimes;
  readonly bytes: number;
  /**
   * The bytes of the last body without its first `limits.slowStartBytes`, and the time of their transfer. Bodies of
   * aside (preliminary) requests do not count. Absent: the body is too short or incomplete.
   */
  readonly steady?: { readonly bytes: number; readonly ms: number };
  /** Body bytes of all hops, including aside requests. */
  readonly wireBytes: number;
  readonly requests: number;
  /**
   * The status of the last hop. Aside (preliminary) requests count only if there was no other hop. `null`: no response.
   */
  readonly status: number | null;
  readonly finalUrl: string | null;
  readonly remoteAddress: string | null;
  readonly family: 4 | 6 | null;
  readonly tls: TlsFacts | null;
  /**
   * The HTTP version of the first hop. Aside (preliminary) requests count only if there was no other hop. Absent: there
   * was no connection, or the row is from an older release.
   */
  readonly protocol?: HttpProtocol;
  /** Why HTTP/2 sent the request again, for the hop that `protocol` is taken from; absent: it was sent once. */
  readonly repeated?: Hop['repeated'];
  /** Whether a cache served the response, from a header such as `x-cache`; `null`: no header shows it. */
  readonly cache: 'hit' | 'miss' | null;
  /** The longest `Retry-After` of all hops; `null`: none. */
  readonly retryAfterMs: number | null;
  /** What is left of the mirror's quota of requests, 0 to 1; absent: no header states it. */
  readonly quotaLeft?: number;
  readonly facts: Facts;
  /**
   * The longest processor time of a response that exceeded its allowed time (`limits.heldMsPerMib`). Absent: it was
   * below `limits.threadHeldMs`, or the response was a whole artifact.
   */
  readonly heldMs?: number;
  /** True for a refusal or a delay that our own request rate caused. It does not count against the mirror. */
  readonly isOfPace?: boolean;
  /** How the request failed, if the mirror counts as one that lacks the item; absent in settled samples. */
  readonly failedAs?: Outcome;
}

/** A sample after its final judgement. */
export interface SettledSample extends Sample {
  /** True for the first fetch through a pull-through cache. It does not count as a round trip. */
  readonly cold: boolean;
  /** A response that takes longer is slow; `null`: the series has no threshold, for example while it warms up. */
  readonly thresholdMs: number | null;
  readonly baselineMs: number | null;
  /**
   * True for a confirming probe that timed out, although a response of the mirror meanwhile took longer than this
   * timeout: the mirror is slow. The timeout does not count against the mirror.
   */
  readonly isTooShort?: boolean;
  /**
   * True for an item that the origin and most mirrors lack, or that one mirror alone serves and only lock files name. It
   * counts neither against the mirrors that lack it nor for those that serve it.
   */
  readonly isWithdrawn?: boolean;
  /** True for an item that the mirror withholds by a rule of its operator. It does not count against the mirror. */
  readonly isWithheld?: boolean;
  /**
   * True for bytes that only an editable file (such as a lock file) calls wrong. The mirror counts as one that responded,
   * also when mirrors are compared.
   */
  readonly isUnproven?: boolean;
  /** True for a sample that was not judged, because a reload removed the target or replaced the mirror. */
  readonly isObsolete?: boolean;
}

/**
 * From when a failure of this probe counts, monotonic milliseconds. A confirming probe has a short timeout, so its failure
 * counts from its start. Other probes may run for long before they fail, so their failures count from their end.
 */
export function failureFromMs(sample: Pick<Sample, 'due' | 'startedMonotonicMs' | 'endedMonotonicMs'>): number {
  return sample.due.purpose === 'confirm' ? sample.startedMonotonicMs : sample.endedMonotonicMs;
}

/** True if our own event loop delayed a round trip so much that baselines and download rates ignore it. */
export function isDisturbed({ rttMs, loopDelayMsMax: delayMs }: Pick<Sample, 'rttMs' | 'loopDelayMsMax'>): boolean {
  return rttMs !== null && delayMs >= limits.disturbedMsMin && delayMs >= limits.disturbedShareOfRtt * rttMs;
}

/**
 * True for a download whose time does not count, because our own event loop delayed it. Its bytes are verified as
 * usual.
 */
export function isUntimed(sample: Pick<Sample, 'due' | 'rttMs' | 'loopDelayMsMax'>): boolean {
  return isHeavy(sample.due.target) && isDisturbed(sample);
}

/** Returns the download rate after TCP slow start, bytes per second; `null`: too few bytes. */
export function steadyRateOf({ steady }: Pick<Sample, 'steady'>): number | null {
  return steady === undefined ? null : (1_000 * steady.bytes) / steady.ms;
}

/** Returns when a probe ended, wall milliseconds. */
export function endedAtMs(sample: Pick<Sample, 'startedAtMs' | 'startedMonotonicMs' | 'endedMonotonicMs'>): number {
  return sample.startedAtMs + (sample.endedMonotonicMs - sample.startedMonotonicMs);
}

/** The part of a settled sample that charts and medians need. */
export interface SamplePoint extends Pick<SettledSample, 'startedAtMs' | 'rttMs' | 'phases' | 'cold' | 'thresholdMs'> {
  readonly outcome:
    | { readonly tag: 'ok' }
    | { readonly tag: 'failed'; readonly failure: { readonly kind: Reason } }
    | { readonly tag: 'unknown'; readonly because: Because };
  /** `probeId` becomes `null` when the sample is old, unless the sample failed. */
  readonly due: { readonly probeId: string | null };
}

export interface KeptProbe {
  readonly sample: SettledSample;
  readonly transcript: Transcript | null;
}

/**
 * The current facts about one series (a target over cold or warm connections), from its scheduled probes. `null`: not
 * measured.
 */
export interface SeriesNow extends Pick<Due, 'target' | 'connection'> {
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly last: SettledSample | null;
  readonly lastOkAtMs: number | null;
  /** The median of each phase over the ok samples in `recent`, except first fetches. */
  readonly phases: PhaseTimes;
  /** The latest samples, the newest last. */
  readonly recent: readonly SamplePoint[];
  /** Returns the start of the newest sample that did not start after `wallMs`; `null`: there is none. */
  lastBy(wallMs: number): number | null;
}

/** The network fields of a sample without a response. */
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

const marksOf: readonly (readonly [Phase, Exclude<keyof Marks, 'start' | 'end'>])[] = [
  ['resolve', 'resolved'],
  ['connect', 'connected'],
  ['tls', 'secured'],
  ['processing', 'firstByte'],
];

/**
 * Returns the phases of one hop in order, in milliseconds, without gaps. A phase that did not happen is absent.
 * @see docs/probes.md#phases
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
  segments.push([last, marks.end - from]);
  return segments;
}

/**
 * Returns the phase of a failure: `named`, or `reached` if that is more than one phase later. One phase is tolerated,
 * because a certificate is refused just after the handshake but counts as phase `tls`.
 */
function laterOf(reached: Phase, named: Phase): Phase {
  return phases.indexOf(named) >= phases.indexOf(reached) - 1 ? named : reached;
}
