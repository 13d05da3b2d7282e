import { limits } from '../core/limits.ts';
import type { Now } from '../core/ports.ts';

/** How long a host asked us to stay away. `level` counts the 429s in a row that named no time. */
export interface Throttle {
  readonly until: Now | null;
  readonly level: number;
}

/** Nobody asked anything. */
export const unthrottled: Throttle = { until: null, level: 0 };

/** True while the host is not to be asked. */
export function isThrottled(throttle: Throttle, now: Now): boolean {
  return throttle.until !== null && now.monotonicMs < throttle.until.monotonicMs;
}

/**
 * What an answer makes of it. A time asked for holds (at most `limits.retryAfterMsMax`); a shorter one never cuts a
 * longer one off. Without a time: `limits.throttleMsMin`, doubled each time in a row, at most `limits.throttleMsMax`,
 * moved by up to a quarter either way so that a fleet does not come back in step.
 * @param retryAfterMs  > 0 as asked, 0 throttled without a time, `null` not throttled
 * @param chance        in [0, 1)
 */
export function throttledBy(throttle: Throttle, retryAfterMs: number | null, chance: number, now: Now): Throttle {
  const away = isThrottled(throttle, now);
  if (retryAfterMs === null) return away ? throttle : unthrottled;
  if (retryAfterMs > 0) return longer(throttle, Math.min(retryAfterMs, limits.retryAfterMsMax), throttle.level, now);
  if (away) return throttle;
  const backOffMs = Math.min(limits.throttleMsMin * 2 ** Math.min(throttle.level, 30), limits.throttleMsMax);
  return longer(throttle, backOffMs * (0.75 + chance / 2), throttle.level + 1, now);
}

function longer(throttle: Throttle, waitMs: number, level: number, now: Now): Throttle {
  const until = { wallMs: now.wallMs + waitMs, monotonicMs: now.monotonicMs + waitMs };
  const stands = throttle.until !== null && throttle.until.monotonicMs > until.monotonicMs;
  return { until: stands ? throttle.until : until, level };
}
