import { limits } from '../core/limits.ts';
import type { SettledSample } from '../core/sample.ts';
import type { Reply } from '../ecosystems/client.ts';

/** What a client's chain would have seen of an answer: 404 and 410 are `gone`, whatever lies behind them. */
export function replyWith(tag: 'ok' | 'failed', status: number | null, tookMs: number): Reply {
  if (tag === 'ok') return { tag, tookMs };
  return { tag: status === 404 || status === 410 ? 'gone' : 'failed', tookMs, status };
}

/**
 * The same of a settled sample whose outcome is known. An answer over the address family that a client tries second comes
 * to it by so much later.
 */
export function replyTo(sample: SettledSample): Reply {
  const { due, outcome, family, status, rttMs, startedMonotonicMs, endedMonotonicMs } = sample;
  const tookMs = rttMs ?? endedMonotonicMs - startedMonotonicMs;
  if (outcome.tag !== 'ok') return replyWith('failed', status, tookMs);
  const isSecond = due.family !== undefined && due.family === family;
  return replyWith('ok', status, isSecond ? tookMs + limits.familyFallbackMs : tookMs);
}
