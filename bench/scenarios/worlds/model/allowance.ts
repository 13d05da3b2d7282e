import type { World } from '../../world.ts';

/** What a mirror lets one asker do: more than `requests` within `windowMs` is answered by 429, and so is all for `waitMs`. */
export interface Allowance {
  readonly requests: number;
  readonly windowMs: number;
  readonly waitMs: number;
}

/** Asks of one asker who begins now, each counted against the allowance of its mirror. Times must not go back by much. */
export function counted(ask: World['ask'], allowances: ReadonlyMap<string, Allowance>): World['ask'] {
  const asked = new Map<string, { times: number[]; untilMs: number }>();
  return (mirror, question, atMs) => {
    const answer = ask(mirror, question, atMs);
    const allowance = allowances.get(mirror);
    // What never reaches the server is not counted by it.
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
