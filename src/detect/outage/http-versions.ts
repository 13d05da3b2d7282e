import type { Reason } from '../../core/failure.ts';
import { isHeavy, type Speaks } from '../../core/mirror.ts';
import type { Sample } from '../../core/sample.ts';
import type { HttpProtocol } from '../../core/transcript.ts';
import type { MirrorMemory } from '../memory/mirror-memory.ts';
import type { Request } from '../memory/rule.ts';

/**
 * A mirror fails over one HTTP version. A client uses one version and does not try the other.
 * @see docs/http2.md#what-go-does-at-each-fault
 */
export interface ProtocolFault {
  readonly broken: HttpProtocol;
  readonly reason: Reason;
  readonly failures: number;
  /** The ids of the failed probes, the newest last. */
  readonly probeIds: readonly string[];
  /** The last response over the other version, monotonic milliseconds; `null`: none, or that version failed later. */
  readonly otherMs: number | null;
}

/** The round trip of a target over the HTTP version that the first client of the ecosystem does not use. */
export interface OtherSpeed {
  readonly targetId: string;
  readonly protocol: HttpProtocol;
  readonly rttMs: number;
  /** When the round trip was measured, monotonic milliseconds. */
  readonly atMs: number;
}

export type OneProtocol = NonNullable<ReturnType<typeof oneProtocolOf>>;

/**
 * For how long a measurement over the other HTTP version is recent enough, milliseconds. After that, a new one is
 * requested.
 */
const otherLimitMs = 3_000;
/** A fault is reported after this many failures, because a single one may be chance. */
const shownFrom = 2;
const probesKept = 5;

/** Failures after the HTTP version was negotiated. */
const overHttp: ReadonlySet<Reason> = new Set([
  'reset',
  'cut',
  'malformed',
  'oversize',
  'timeout_processing',
  'timeout_transfer',
]);

export function otherProtocolOf(protocol: HttpProtocol): HttpProtocol {
  return protocol === '2' ? '1.1' : '2';
}

/** Why a sample failed after its HTTP version was negotiated; `null`: another failure, or none. */
export function httpFailureOf({ outcome, protocol }: Sample): Reason | null {
  if (outcome.tag !== 'failed' || protocol === undefined) return null;
  return overHttp.has(outcome.failure.kind) ? outcome.failure.kind : null;
}

function withFailure(
  known: ProtocolFault | null,
  broken: HttpProtocol,
  { reason, probeId }: { readonly reason: Reason; readonly probeId: string },
): ProtocolFault {
  const before = known?.broken === broken ? known : null;
  return {
    broken,
    reason: before?.reason ?? reason,
    failures: (before?.failures ?? 0) + 1,
    probeIds: [...(before?.probeIds ?? []), probeId].slice(-probesKept),
    otherMs: before?.otherMs ?? null,
  };
}

export function restoreFault(broken: HttpProtocol, reason: Reason, nowMs: number): ProtocolFault {
  return { broken, reason, failures: shownFrom, probeIds: [], otherMs: nowMs };
}

/**
 * The fault with the clients that it affects; `null` unless one version has failed at least `shownFrom` times, the
 * other version works, and a client uses the failed version. `bypass`: a client setting that avoids the broken version;
 * `null`: none.
 */
export function oneProtocolOf(fault: ProtocolFault | null, speaks: readonly Speaks[] | undefined) {
  if (fault === null || fault.otherMs === null || fault.failures < shownFrom || speaks === undefined) return null;
  const { broken, reason, probeIds } = fault;
  const hit = speaks.find(({ protocol }) => protocol === broken);
  if (hit === undefined) return null;
  return { broken, other: otherProtocolOf(broken), reason, probeIds, clients: hit.clients, bypass: hit.bypass };
}

interface FaultStep {
  readonly fault: ProtocolFault | null;
  readonly isChange?: boolean;
  readonly requests?: readonly Request[];
}

/** Records the HTTP version of a sample. Returns the fault, and maybe a request for a probe over the other version. */
export function updateFault(
  fault: ProtocolFault | null,
  { mirror: { speaks } }: MirrorMemory,
  sample: Sample,
  nowMs: number,
): FaultStep {
  const { due, protocol, outcome } = sample;
  const isOther = speaks === undefined || protocol === undefined || due.connection !== 'cold' || isHeavy(due.target);
  if (isOther) return { fault };
  const reason = httpFailureOf(sample);
  if (reason !== null) {
    const next = withFailure(fault, protocol, { reason, probeId: due.probeId });
    const isDue = next.otherMs === null || nowMs - next.otherMs >= otherLimitMs;
    return { fault: next, requests: isDue ? requestOther(sample) : [] };
  }
  if (outcome.tag !== 'ok') return { fault };
  const isCompared = speaks.length > 1 && due.target.canary && due.purpose === 'scheduled';
  const requests = isCompared ? requestOther(sample) : [];
  // If the server has turned HTTP/2 off, clients that offer HTTP/2 get HTTP/1.1, so the fault is over.
  const isOff = fault?.broken === '2' && speaks[0]?.protocol === '2';
  if (fault?.broken === protocol || isOff) return { fault: null, isChange: true, requests };
  return { fault: fault && { ...fault, otherMs: nowMs }, requests };
}

export function updateOther(
  fault: ProtocolFault | null,
  { mirror, sight }: MirrorMemory,
  sample: Sample,
  nowMs: number,
): FaultStep | null {
  const { due, protocol, outcome } = sample;
  const requestedProtocol = due.protocol;
  if (requestedProtocol === undefined || mirror.speaks === undefined) return null;
  // Clients that offer both versions use HTTP/1.1 if the server has turned HTTP/2 off. So the fault is over for them.
  const isOff = outcome.tag === 'failed' && 'code' in outcome.failure && outcome.failure.code === 'MW_NO_HTTP2';
  if (isOff && fault?.broken === requestedProtocol) return { fault: null, isChange: true };
  if (outcome.tag === 'ok') {
    if (fault === null) return null;
    return { fault: fault.broken === requestedProtocol ? null : { ...fault, otherMs: nowMs }, isChange: true };
  }
  if (fault !== null && fault.broken !== requestedProtocol) return { fault: { ...fault, otherMs: null } };
  const reason = httpFailureOf(sample);
  if (reason === null || protocol !== requestedProtocol || !sight.canaryServes) return null;
  const next = withFailure(fault, requestedProtocol, { reason, probeId: due.probeId });
  return { fault: { ...next, otherMs: nowMs }, isChange: true };
}

/**
 * Decides whether a slow target is also probed over the other HTTP version. `isRequested` is true if the target is slow
 * and no recent time over that version is known.
 */
export function otherSpeedOf(
  known: OtherSpeed | null,
  { mirror }: MirrorMemory,
  { due, protocol }: Sample,
  isSlow: boolean,
  nowMs: number,
): { readonly known: OtherSpeed | null; readonly isRequested: boolean } {
  if (mirror.speaks === undefined || protocol === undefined || due.connection !== 'cold')
    return { known, isRequested: false };
  if (!isSlow) return { known: known?.targetId === due.target.id ? null : known, isRequested: false };
  return { known, isRequested: known === null || nowMs - known.atMs >= otherLimitMs };
}

export function requestOther({ due: { target }, protocol }: Sample): readonly Request[] {
  if (protocol === undefined) return [];
  return [{ kind: 'peek', peek: { target, family: null, protocol: otherProtocolOf(protocol) } }];
}
