import type { Now } from '../core/ports.ts';
import { type JudgeStages, type JudgeState, JudgeTurn } from './judge-turn.ts';
import { Maintenance } from './maintenance.ts';
import { createOutstanding } from './outstanding.ts';

/**
 * Connects the stages schedule, detect and advise, for the daemon and for replays. While `isRunning` returns false, no
 * new probe starts, not even to confirm a failure.
 */
export function createJudge(stages: JudgeStages, isRunning: () => boolean) {
  const state: JudgeState = {
    stages,
    isRunning,
    outstanding: createOutstanding(),
    maintenance: new Maintenance(),
    considerAtMs: 0,
    detectWakeMs: null,
    scheduleWakeMs: null,
    lateWakeMs: null,
  };
  return {
    turn(now: Now): JudgeTurn {
      state.outstanding.turn(now);
      return new JudgeTurn(state, now);
    },
    /**
     * When judging needs the next turn of the main loop, monotonic milliseconds; `null`: the loop's usual interval is
     * enough.
     */
    wakeAtMs: () => earliest(state.lateWakeMs, earliest(state.detectWakeMs, isRunning() ? state.scheduleWakeMs : null)),
    considerSoon(): void {
      state.considerAtMs = 0;
    },
  };
}

function earliest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}
