import type { SettledSample } from '../core/sample.ts';
import type { Reply } from './clients/client.ts';

/** What a client's chain would have seen of an answer: 404 and 410 are `gone`, whatever lies behind them. */
export function replyTo(sample: SettledSample): Reply {
  const elapsedMs = sample.rttMs ?? sample.endedMonotonicMs - sample.startedMonotonicMs;
  if (sample.outcome.tag === 'ok') return { tag: 'ok', tookMs: elapsedMs };
  const isGone = sample.status === 404 || sample.status === 410;
  return { tag: isGone ? 'gone' : 'failed', tookMs: elapsedMs };
}
