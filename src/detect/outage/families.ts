import type { Reason } from '../../core/failure.ts';
import { isHeavy } from '../../core/mirror.ts';
import type { Sample } from '../../core/sample.ts';
import type { MirrorMemory } from '../memory/mirror-memory.ts';
import type { Request } from '../memory/rule.ts';

export type AddressFamily = 4 | 6;

/** A mirror is probed over one address family, because the other one fails. */
export interface Detour {
  readonly broken: AddressFamily;
  readonly over: AddressFamily;
  /** When the mirror began to be probed over the other family, monotonic milliseconds. */
  readonly sinceMs: number;
  readonly reason: Reason;
  readonly failures: number;
  readonly probeIds: readonly string[];
  /** Successful connections over the broken family since the last failure. */
  readonly back: number;
}

export class Families {
  /**
   * Set while one family fails and the mirror is probed over the other; `null`: both families work, or nothing is
   * known.
   */
  readonly detour: Detour | null = null;
  /** The family that failed last; `null`: none, or it works again. */
  readonly failedOver: { readonly family: AddressFamily; readonly reason: Reason; readonly probeId: string } | null =
    null;
  /** When a probe last succeeded over each family, monotonic milliseconds. */
  readonly respondedOver: Readonly<Partial<Record<AddressFamily, number>>> = {};
  /**
   * By target id: the last ok confirming probe over an ordered address family. Its response replaces a failure over the
   * broken family.
   */
  readonly insteadOf: ReadonlyMap<string, Sample> = new Map();
}

const responsesKept = 16;
/** Failures of one address family are reported from this number on, because a single one may be chance. */
const shownFrom = 2;
/**
 * This many successful connections in a row over the broken address family end the detour over the other one. Before
 * the failures are reported (`shownFrom`), one is enough.
 */
const backAfter = 2;
const probesKept = 5;

const connecting: ReadonlySet<Reason> = new Set(['refused', 'unreachable', 'timeout_connect']);

export function otherFamilyOf(family: AddressFamily): AddressFamily {
  return family === 4 ? 6 : 4;
}

/** The family over which the connection failed, and why; `null`: no connection failed. */
function unconnected({ outcome, family }: Sample): { readonly family: AddressFamily; readonly reason: Reason } | null {
  if (outcome.tag !== 'failed' || family === null || !connecting.has(outcome.failure.kind)) return null;
  return { family, reason: outcome.failure.kind };
}

/**
 * Makes a detour (one address family fails, so the mirror is probed over the other). If `probeId` is `null`, the detour
 * is restored from the state file.
 */
export function newDetour(
  broken: AddressFamily,
  failed: { readonly reason: Reason; readonly probeId: string | null },
  sinceMs: number,
): Detour {
  return {
    broken,
    over: otherFamilyOf(broken),
    sinceMs,
    reason: failed.reason,
    failures: failed.probeId === null ? shownFrom : 1,
    probeIds: failed.probeId === null ? [] : [failed.probeId],
    back: 0,
  };
}

export function isShown({ failures }: Detour): boolean {
  return failures >= shownFrom;
}

/** The detour (over the address family that works) after a probe over the broken family; `null`: the detour ends. */
function afterTry(detour: Detour, sample: Sample): Detour | null {
  const { family, due, outcome } = sample;
  // If the host name no longer has an address of the broken family, a probe that was ordered over that family succeeds
  // over the other one. This success counts toward the end of the detour.
  const isGone = due.family === detour.broken && outcome.tag === 'ok';
  if (family !== detour.broken && !isGone) return detour;
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
 * The state after one more sample over an address family. If one family failed, and a probe ordered over the other
 * family succeeds, a detour starts.
 */
export function updateFamilies(before: Families, { mirror }: MirrorMemory, sample: Sample, nowMs: number): Families {
  const { resolve, proxy } = mirror.access;
  if (resolve.family !== null || proxy !== null) return before;
  const failed = unconnected(sample);
  if (failed !== null) return { ...before, failedOver: { ...failed, probeId: sample.due.probeId } };
  const { failedOver, detour, respondedOver, insteadOf } = before;
  const { outcome, family, due } = sample;
  if (outcome.tag !== 'ok' || family === null) return before;
  const isOrdered = due.family === family;
  const after: Families = {
    ...before,
    failedOver: failedOver?.family === family ? null : failedOver,
    respondedOver: { ...respondedOver, [family]: nowMs },
    insteadOf: isOrdered && due.purpose === 'confirm' ? withResponse(insteadOf, sample) : insteadOf,
  };
  if (!isOrdered) return after;
  if (failedOver === null || failedOver.family === family || detour?.over === family) return after;
  return { ...after, detour: newDetour(failedOver.family, failedOver, nowMs) };
}

/** Adds a response. Keeps the newest `responsesKept` responses, one for each target. */
function withResponse(known: Families['insteadOf'], sample: Sample): Families['insteadOf'] {
  const { id } = sample.due.target;
  return new Map([...[...known].filter(([other]) => other !== id), [id, sample] as const].slice(-responsesKept));
}

/**
 * The sample as a client sees it: for a failure over the broken family, the last response over the working one, with
 * the times and the identity of the failed probe.
 */
export function responseOfFamilies({ detour, insteadOf }: Families, sample: Sample): Sample {
  if (detour === null || unconnected(sample)?.family !== detour.broken) return sample;
  const response = insteadOf.get(sample.due.target.id);
  if (response === undefined) return sample;
  const { startedAtMs, startedMonotonicMs, endedMonotonicMs, loopDelayMsMax, worker } = sample;
  return {
    ...response,
    ...{ startedAtMs, startedMonotonicMs, endedMonotonicMs, loopDelayMsMax, worker },
    due: response.due.family === undefined ? sample.due : { ...sample.due, family: response.due.family },
    wireBytes: sample.wireBytes + response.wireBytes,
    requests: sample.requests + response.requests,
  };
}

/**
 * Requests a probe over the broken family while the mirror is probed over the other one: after each ok scheduled
 * canary, and in confirming rounds while only one failure of the broken family is known.
 */
export function requestBroken({ detour }: Families, { due, outcome, startedMonotonicMs }: Sample): readonly Request[] {
  if (detour === null || startedMonotonicMs < detour.sinceMs || outcome.tag !== 'ok' || isHeavy(due.target)) return [];
  const isAtPace = due.target.canary && due.purpose === 'scheduled';
  if (!isAtPace && (due.purpose !== 'confirm' || isShown(detour))) return [];
  return [{ kind: 'peek', peek: { target: due.target, family: detour.broken } }];
}

/**
 * The state after a probe during a detour (over the address family that works); `null`: there is no detour, or the
 * target is heavy.
 */
export function updateDetour(before: Families, sample: Sample): Families | null {
  if (before.detour === null || isHeavy(sample.due.target)) return null;
  const detour = afterTry(before.detour, sample);
  if (detour !== null) return { ...before, detour };
  return { ...before, detour, failedOver: null, insteadOf: new Map() };
}
