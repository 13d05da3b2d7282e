import type { ProbeFailure, Reason } from '../core/failure.ts';
import { limits } from '../core/limits.ts';
import type { Sample } from '../core/sample.ts';
import type { Reply } from '../ecosystems/client.ts';
import type { Ecosystem, StepDeclaration } from '../ecosystems/ecosystem.ts';

/** What of a step's declaration says whether its answer is part of an artifact. */
type Kind = Pick<StepDeclaration, 'weight' | 'isOfArtifact'>;

/** What a client's chain would have seen of an answer: 404 and 410 are `gone`, whatever lies behind them. */
export function replyWith(reason: Reason | null, status: number | null, tookMs: number, step?: Kind): Reply {
  if (reason === null) return { tag: 'ok', tookMs };
  if (status === 404 || status === 410) return { tag: 'gone', tookMs, status };
  const isHung = reason === 'timeout_processing' || reason === 'timeout_transfer';
  const isCut = reason === 'cut' || reason === 'timeout_transfer';
  const isArtifact = status === 200 && (step?.weight === 'heavy' || step?.isOfArtifact === true);
  return failedReply(tookMs, status, { isCut, isHung, isArtifact });
}

/** A failure with the marks that are true of it; the others are absent. */
export function failedReply(
  tookMs: number,
  status: number | null,
  { isCut, isHung, isArtifact }: { readonly isCut: boolean; readonly isHung: boolean; readonly isArtifact: boolean },
): Reply {
  return {
    tag: 'failed',
    tookMs,
    status,
    ...(isCut ? { isCut } : {}),
    ...(isHung ? { isHung } : {}),
    ...(isArtifact ? { isArtifact } : {}),
  };
}

/** Resets over HTTP/2 after which a client sends the request again at once and without a limit: docs/http2.md. */
const resent: readonly string[] = ['MW_H2_UNTAKEN', 'MW_H2_RESET_PROTOCOL'];

/** The same of a failure with its details. */
export function replyToFailure(failure: ProbeFailure, status: number | null, tookMs: number, step?: Kind): Reply {
  const reply = replyWith(failure.kind, status, tookMs, step);
  const isResent = failure.kind === 'reset' && resent.includes(failure.code);
  return isResent && reply.tag === 'failed' ? { ...reply, isHung: true } : reply;
}

/**
 * The same of a settled sample whose outcome is known. An answer over the address family that a client tries second comes
 * to it by so much later.
 */
export function replyTo(sample: Sample, { steps }: Pick<Ecosystem, 'steps'>): Reply {
  const { due, outcome, family, status, rttMs, startedMonotonicMs, endedMonotonicMs } = sample;
  const tookMs = rttMs ?? endedMonotonicMs - startedMonotonicMs;
  if (outcome.tag === 'failed') return replyToFailure(outcome.failure, status, tookMs, steps[due.target.step]);
  const isSecond = due.family !== undefined && due.family === family;
  return replyWith(null, status, isSecond ? tookMs + limits.familyFallbackMs : tookMs);
}
