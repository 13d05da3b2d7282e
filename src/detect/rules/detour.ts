import type { Reason } from '../../core/failure.ts';
import type { Sample } from '../../core/sample.ts';

/** An address family, as in `resolve.family`. */
export type AddressFamily = 4 | 6;

/**
 * A mirror that answers over one address family alone: its clients try the other first and lose a moment (RFC 8305), so
 * it is asked over the one that answers until the other is back.
 */
export interface Detour {
  readonly broken: AddressFamily;
  readonly over: AddressFamily;
  /** When it began, monotonic milliseconds. */
  readonly sinceMs: number;
  /** How the broken one failed. */
  readonly reason: Reason;
  /** Failures over the broken one, and the last of them, the newest last. */
  readonly failures: number;
  readonly probeIds: readonly string[];
  /** Connections over the broken one since, in a row. */
  readonly back: number;
}

/** What is known of the address families of one mirror. */
export interface Families {
  /** One of them does not answer, the other does; `null`: not, or not known. */
  detour: Detour | null;
  /** The family that could not be connected to last, until it answers; `null`: none. */
  failedOver: { readonly family: AddressFamily; readonly reason: Reason; readonly probeId: string } | null;
  /** When it last answered over each family, monotonic milliseconds. */
  readonly answeredOver: Map<AddressFamily, number>;
  /** Answers of the last round over the other family, by target, the newest last. */
  readonly insteadOf: Map<string, Sample>;
}

/** A mirror whose families are not known. */
export function noFamilies(): Families {
  return { detour: null, failedOver: null, answeredOver: new Map(), insteadOf: new Map() };
}

/** Failures after which it is the family, and no blip. */
const shownFrom = 2;
/** Connections in a row after which a family is back that was broken for longer. */
const backAfter = 2;
const probesKept = 5;

const connecting: ReadonlySet<Reason> = new Set(['refused', 'unreachable', 'timeout_connect']);

export function otherFamily(family: AddressFamily): AddressFamily {
  return family === 4 ? 6 : 4;
}

/** The family over which there was no connection, and why; `null`: there was one, or the failure is another. */
export function unconnected({
  outcome,
  family,
}: Sample): { readonly family: AddressFamily; readonly reason: Reason } | null {
  if (outcome.tag !== 'failed' || family === null || !connecting.has(outcome.failure.kind)) return null;
  return { family, reason: outcome.failure.kind };
}

/** True for an answer over the family that it was asked over, and not over the only one there is. */
export function isOverWish({ due, outcome, family }: Sample): boolean {
  return outcome.tag === 'ok' && due.family !== undefined && due.family === family;
}

/**
 * The detour that begins with an answer over the other family.
 * @param failed.probeId  `null`: the last process knew of it
 */
export function newDetour(
  broken: AddressFamily,
  failed: { readonly reason: Reason; readonly probeId: string | null },
  sinceMs: number,
): Detour {
  return {
    broken,
    over: otherFamily(broken),
    sinceMs,
    reason: failed.reason,
    failures: failed.probeId === null ? shownFrom : 1,
    probeIds: failed.probeId === null ? [] : [failed.probeId],
    back: 0,
  };
}

/** True once the family has failed often enough to be spoken of. */
export function isShown({ failures }: Detour): boolean {
  return failures >= shownFrom;
}

/** The detour after the broken family was asked again; `null`: it is back. */
export function hearBroken(detour: Detour, sample: Sample): Detour | null {
  if (sample.family !== detour.broken) return detour;
  if (unconnected(sample) !== null)
    return {
      ...detour,
      back: 0,
      failures: detour.failures + 1,
      probeIds: [...detour.probeIds, sample.due.probeId].slice(-probesKept),
    };
  const back = detour.back + 1;
  return back >= backAfter || !isShown(detour) ? null : { ...detour, back };
}

/**
 * What the client got that failed over one family first: the answer over the other, as of the same round. The probe keeps
 * its identity; what both moved is added up.
 */
export function overOther(failed: Sample, answer: Sample): Sample {
  return {
    ...answer,
    due: answer.due.family === undefined ? failed.due : { ...failed.due, family: answer.due.family },
    startedAtMs: failed.startedAtMs,
    startedMonotonicMs: failed.startedMonotonicMs,
    endedMonotonicMs: failed.endedMonotonicMs,
    wireBytes: failed.wireBytes + answer.wireBytes,
    requests: failed.requests + answer.requests,
    loopDelayMsMax: failed.loopDelayMsMax,
    worker: failed.worker,
  };
}
