import type { World } from '../../world.ts';

/**
 * How many requests a mirror accepts from one client. After more than `requests` within `windowMs`, it sends 429 to
 * every request for `waitMs`.
 */
export interface Allowance {
  readonly requests: number;
  readonly windowMs: number;
  readonly waitMs: number;
}

/**
 * Wraps `ask` for one client that starts now: each request counts against the allowance of its mirror. Times of
 * requests must be nearly ascending.
 */
export function counted(ask: World['ask'], allowances: ReadonlyMap<string, Allowance>): World['ask'] {
  const asked = new Map<string, { times: number[]; untilMs: number }>();
  return (mirror, question, atMs) => {
    const answer = ask(mirror, question, atMs);
    const allowance = allowances.get(mirror);
    // A request that never reaches the server is not counted.
    if (allowance === undefined || answer.status === null) return answer;
    const state = asked.get(mirror) ?? { times: [], untilMs: Number.NEGATIVE_INFINITY };
    asked.set(mirror, state);
    if (atMs >= state.untilMs) {
      state.times = [...state.times.filter((one) => one > atMs - allowance.windowMs), atMs];
      if (state.times.length <= allowance.requests) return answer;
      state.untilMs = atMs + allowance.waitMs;
      state.times = [];
    }
    const retryAfterMs = Math.ceil((state.untilMs - atMs) / 1000) * 1000;
    return { ...answer, reason: 'throttled', status: 429, retryAfterMs, bytes: 0, cache: null };
  };
}
