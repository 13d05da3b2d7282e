import type { Reason } from '../../core/failure.ts';
import type { Speaks } from '../../core/mirror.ts';
import type { Sample } from '../../core/sample.ts';
import type { HttpProtocol } from '../../core/transcript.ts';

/**
 * A mirror fails over one HTTP version. A client speaks one version and does not try the other, so whether the other
 * one works decides which clients are hit.
 * @see design.md section 5.1, Protocols
 */
export interface ProtocolFault {
  readonly broken: HttpProtocol;
  /** How it fails. */
  readonly reason: Reason;
  readonly failures: number;
  /** The failures, the newest last. */
  readonly probeIds: readonly string[];
  /** When the other version last answered since it began, monotonic milliseconds; `null`: it did not. */
  readonly otherMs: number | null;
}

/** What a target took over the HTTP version that the leading client does not speak. */
export interface OtherSpeed {
  readonly targetId: string;
  readonly protocol: HttpProtocol;
  readonly rttMs: number;
  /** Monotonic milliseconds. */
  readonly atMs: number;
}

/** What is known of the HTTP versions of one mirror. */
export interface Protocols {
  /** It fails over one version; `null`: over none, or none is known. */
  fault: ProtocolFault | null;
  /** How long it took over the other version, probed since it became slow; `null`: not probed, or it is not slow. */
  otherSpeed: OtherSpeed | null;
}

/** One HTTP version fails, the other works: who is hit. */
export interface OneProtocol {
  readonly broken: HttpProtocol;
  readonly other: HttpProtocol;
  readonly reason: Reason;
  readonly probeIds: readonly string[];
  /** Clients of the ecosystem that speak the broken one. */
  readonly clients: readonly string[];
  /** What makes one of them speak the other version, as a setting to paste; `null`: none of them has one. */
  readonly bypass: string | null;
}

/** Failures after which it is the version, and no blip. */
const shownFrom = 2;
const probesKept = 5;

/** Failures that come after the version was chosen. A broken connection or certificate is no matter of the version. */
const overHttp: ReadonlySet<Reason> = new Set([
  'reset',
  'cut',
  'malformed',
  'oversize',
  'timeout_processing',
  'timeout_transfer',
]);

export function otherProtocol(protocol: HttpProtocol): HttpProtocol {
  return protocol === '2' ? '1.1' : '2';
}

/** Why a sample failed after its HTTP version was chosen; `null`: it did not fail, or the failure is another. */
export function failedOverHttp({ outcome, protocol }: Sample): Reason | null {
  if (outcome.tag !== 'failed' || protocol === undefined) return null;
  return overHttp.has(outcome.failure.kind) ? outcome.failure.kind : null;
}

/** The fault after one more failure over this version. A failure over the other one begins a new fault. */
export function withFailure(
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

/** A fault that the last process knew of. */
export function restoredFault(broken: HttpProtocol, reason: Reason, nowMs: number): ProtocolFault {
  return { broken, reason, failures: shownFrom, probeIds: [], otherMs: nowMs };
}

/** Who is hit, once the version has failed often enough and the other one answered; `null` before. */
export function oneProtocol(fault: ProtocolFault | null, speaks: readonly Speaks[] | undefined): OneProtocol | null {
  if (fault === null || fault.otherMs === null || fault.failures < shownFrom || speaks === undefined) return null;
  const { broken, reason, probeIds } = fault;
  const hit = speaks.find(({ protocol }) => protocol === broken);
  if (hit === undefined) return null;
  return { broken, other: otherProtocol(broken), reason, probeIds, clients: hit.clients, bypass: hit.bypass };
}
