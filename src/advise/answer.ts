import type { Reason } from '../core/failure.ts';
import { limits } from '../core/limits.ts';
import type { Sample } from '../core/sample.ts';
import type { Weight } from '../core/target.ts';
import type { Reply } from '../ecosystems/client.ts';

/** What a client's chain would have seen of an answer: 404 and 410 are `gone`, whatever lies behind them. */
export function replyWith(
  reason: Reason | null,
  status: number | null,
  tookMs: number,
  weight: Weight = 'light',
): Reply {
  if (reason === null) return { tag: 'ok', tookMs };
  if (status === 404 || status === 410) return { tag: 'gone', tookMs, status };
  const isCut = reason === 'cut' || reason === 'timeout_transfer';
  const isArtifact = weight === 'heavy' && status === 200;
  return { tag: 'failed', tookMs, status, ...(isCut ? { isCut } : {}), ...(isArtifact ? { isArtifact } : {}) };
}

/**
 * The same of a settled sample whose outcome is known. An answer over the address family that a client tries second comes
 * to it by so much later.
 */
export function replyTo(sample: Sample): Reply {
  const { due, outcome, family, status, rttMs, startedMonotonicMs, endedMonotonicMs } = sample;
  const tookMs = rttMs ?? endedMonotonicMs - startedMonotonicMs;
  if (outcome.tag === 'failed') return replyWith(outcome.failure.kind, status, tookMs, due.target.weight);
  const isSecond = due.family !== undefined && due.family === family;
  return replyWith(null, status, isSecond ? tookMs + limits.familyFallbackMs : tookMs);
}
