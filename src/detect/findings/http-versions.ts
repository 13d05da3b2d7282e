import type { Reason } from '../../core/failure.ts';
import type { Speaks } from '../../core/mirror.ts';
import type { Sample } from '../../core/sample.ts';
import { isHeavy } from '../../core/target.ts';
import type { HttpProtocol } from '../../core/transcript.ts';
import type { MirrorMemory } from '../mirror-memory.ts';
import type { Request } from './rule.ts';

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

/** An answer over the other version stands for so long, milliseconds: a round need not ask again each second. */
const otherAnswerMs = 3_000;
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

/** What a sample makes of the fault of its mirror. */
interface FaultStep {
  readonly fault: ProtocolFault | null;
  /** It is told. */
  readonly isNews: boolean;
  readonly requests: readonly Request[];
}

/**
 * Takes note of the HTTP version that a sample came over or failed over. After a failure, the same target is probed over
 * the other version. Where an ecosystem's clients differ, every answer of the canary over the leading client's version
 * has the other version probed once.
 */
export function updateFault(
  fault: ProtocolFault | null,
  { mirror: { speaks } }: MirrorMemory,
  sample: Sample,
  nowMs: number,
): FaultStep {
  const { due, protocol, outcome } = sample;
  const same = { fault, isNews: false, requests: [] };
  if (speaks === undefined || protocol === undefined || due.connection !== 'cold' || isHeavy(due.target)) return same;
  const reason = failedOverHttp(sample);
  if (reason !== null) {
    const next = withFailure(fault, protocol, { reason, probeId: due.probeId });
    const isDue = next.otherMs === null || nowMs - next.otherMs >= otherAnswerMs;
    return { fault: next, isNews: false, requests: isDue ? requestOther(sample) : [] };
  }
  if (outcome.tag !== 'ok') return same;
  const isCompared = speaks.length > 1 && due.target.canary && due.purpose === 'scheduled';
  const requests = isCompared ? requestOther(sample) : [];
  if (fault === null) return { ...same, requests };
  return fault.broken === protocol
    ? { fault: null, isNews: true, requests }
    : { fault: { ...fault, otherMs: nowMs }, isNews: false, requests };
}

/** Takes the response to a probe over the other version. */
export function updateOther(
  fault: ProtocolFault | null,
  { mirror, sight }: MirrorMemory,
  sample: Sample,
  nowMs: number,
): FaultStep | null {
  const { due, protocol, outcome } = sample;
  const asked = due.protocol;
  if (asked === undefined || mirror.speaks === undefined) return null;
  if (outcome.tag === 'ok') {
    if (fault === null) return null;
    return { fault: fault.broken === asked ? null : { ...fault, otherMs: nowMs }, isNews: true, requests: [] };
  }
  if (fault !== null && fault.broken !== asked)
    return { fault: { ...fault, otherMs: null }, isNews: false, requests: [] };
  const reason = failedOverHttp(sample);
  if (reason === null || protocol !== asked || !sight.canaryServes) return null;
  const next = withFailure(fault, asked, { reason, probeId: due.probeId });
  return { fault: { ...next, otherMs: nowMs }, isNews: true, requests: [] };
}

/**
 * After a slow answer, the same target is probed over the other version: it may be slow over one alone. Forgets what that
 * took once the target is not slow.
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
  return { known, isRequested: known === null || nowMs - known.atMs >= otherAnswerMs };
}

/** One probe of the same target over the other version. */
export function requestOther({ due: { target }, protocol }: Sample): readonly Request[] {
  if (protocol === undefined) return [];
  return [{ kind: 'peek', peek: { target, family: null, protocol: otherProtocol(protocol) } }];
}
