import type { ProbeFailure, Reason } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import type { Sample } from '../../core/sample.ts';
import type { Chain, ChainMember, Client, Reply, WalkEnd } from '../../ecosystems/client.ts';
import type { Ecosystem, StepDeclaration } from '../../ecosystems/ecosystem.ts';

/** A chain member without measurements is assumed to fail after this time. Milliseconds. */
export const unwatchedMs = 5_000;
/** A reply is too old after this many intervals of its probe. */
const currentPaces = 3;

export interface Walker {
  readonly client: Client;
  readonly nameOf: (member: ChainMember) => string | null;
}

/**
 * How one request of a client ends in a chain, by the client's rules for statuses and separators.
 * @param replyOf  the reply of a mirror; `null`: not measured
 */
export function walkChain(
  { client, nameOf }: Walker,
  chain: Chain,
  replyOf: (registry: string) => Reply | null,
): WalkEnd {
  return client.walk(chain, (member) => {
    const name = nameOf(member);
    return name === null ? { tag: 'failed', tookMs: unwatchedMs } : (replyOf(name) ?? { tag: 'unknown' });
  });
}

/**
 * True if a reply is at most `currentPaces` intervals of its probe (`paceMs`) old. Milliseconds, both times by the same
 * clock.
 */
export function isCurrentReply(atMs: number, nowMs: number, paceMs: number): boolean {
  return nowMs - atMs <= currentPaces * paceMs;
}

type Kind = Pick<StepDeclaration, 'weight' | 'isOfArtifact'>;

/** The reply as a client sees it: a failure with status 404 or 410 is `gone`, whatever the reason. */
export function replyWith(reason: Reason | null, status: number | null, tookMs: number, step?: Kind): Reply {
  if (reason === null) return { tag: 'ok', tookMs };
  const download = status !== null && step?.weight === 'heavy' ? { isDownload: true } : {};
  if (status === 404 || status === 410) return { tag: 'gone', tookMs, status, ...download };
  const isHung = reason === 'timeout_processing' || reason === 'timeout_transfer';
  const isCut = reason === 'cut' || reason === 'timeout_transfer';
  const isArtifact = status === 200 && (step?.weight === 'heavy' || step?.isOfArtifact === true);
  return {
    tag: 'failed',
    tookMs,
    status,
    ...(isCut ? { isCut } : {}),
    ...(isHung ? { isHung } : {}),
    ...(isArtifact ? { isArtifact } : {}),
    ...download,
  };
}

/** HTTP/2 resets after which clients retry without end: docs/http2.md. */
const resent: readonly string[] = ['MW_H2_UNTAKEN', 'MW_H2_RESET_PROTOCOL'];

/**
 * The reply to a failed probe as a client sees it. After an HTTP/2 reset that makes clients retry without end, the
 * reply counts as hung; otherwise it is that of `replyWith`.
 */
export function replyToFailure(failure: ProbeFailure, status: number | null, tookMs: number, step?: Kind): Reply {
  const reply = replyWith(failure.kind, status, tookMs, step);
  const isResent = failure.kind === 'reset' && resent.includes(failure.code);
  return isResent && reply.tag === 'failed' ? { ...reply, isHung: true } : reply;
}

export function replyTo(sample: Sample, { steps }: Pick<Ecosystem, 'steps'>): Reply {
  const { due, outcome, status } = sample;
  const tookMs = clientTimeOf(sample);
  if (outcome.tag === 'failed') return replyToFailure(outcome.failure, status, tookMs, steps[due.target.step]);
  return replyWith(null, status, tookMs);
}

/** How long a client waits for this response, milliseconds: longer over the address family that it tries second. */
export function clientTimeOf(sample: Sample): number {
  const { due, outcome, family, rttMs } = sample;
  const tookMs = rttMs ?? sample.endedMonotonicMs - sample.startedMonotonicMs;
  const isSecond = outcome.tag === 'ok' && due.family !== undefined && due.family === family;
  return isSecond ? tookMs + limits.familyFallbackMs : tookMs;
}
