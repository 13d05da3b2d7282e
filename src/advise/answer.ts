import type { SettledSample } from '../core/sample.ts';
import type { Reply } from '../ecosystems/client.ts';

/** What a client's chain would have seen of an answer: 404 and 410 are `gone`, whatever lies behind them. */
export function replyWith(tag: 'ok' | 'failed', status: number | null, tookMs: number): Reply {
  if (tag === 'ok') return { tag, tookMs };
  return { tag: status === 404 || status === 410 ? 'gone' : 'failed', tookMs, status };
}

/** The same of a settled sample whose outcome is known. */
export function replyTo({ outcome, status, rttMs, startedMonotonicMs, endedMonotonicMs }: SettledSample): Reply {
  return replyWith(outcome.tag === 'ok' ? 'ok' : 'failed', status, rttMs ?? endedMonotonicMs - startedMonotonicMs);
}
