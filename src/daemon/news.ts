import type { ActionChange, ActionResult, ActionRow } from '../core/action.ts';
import type { AdviceChange } from '../core/advice.ts';
import { limits } from '../core/limits.ts';
import type { DeliveryOutcome } from '../core/notice.ts';
import type { Now, Row } from '../core/ports.ts';
import type { SettledSample } from '../core/sample.ts';
import type { Transcript } from '../core/transcript.ts';
import type { DetectTurn } from '../detect/detector.ts';
import type { JudgedTurn, JudgeTurn } from './judge-turn.ts';

export interface Settled {
  readonly sample: SettledSample;
  readonly transcript: Transcript;
}

export interface TurnChanges extends Omit<JudgedTurn, 'settled'> {
  readonly settled: Settled[];
  readonly outcomes: { readonly receiver: string; readonly outcome: DeliveryOutcome }[];
  readonly actions: { readonly result: ActionResult; readonly row: ActionRow }[];
  /** Changes of actions that are sent to receivers. */
  readonly acted: ActionChange[];
}

export function newTurnChanges(judged: JudgedTurn): TurnChanges {
  return { ...judged, settled: [], outcomes: [], actions: [], acted: [] };
}

export interface Absorb {
  detect(turn: DetectTurn): void;
  advise(change: { readonly changes: readonly AdviceChange[]; readonly rows: readonly Row[] }): void;
  notify(change: {
    readonly rows: readonly Row[];
    readonly deletes: readonly TurnChanges['deletes'][number][];
    readonly outcomes: readonly TurnChanges['outcomes'][number][];
  }): void;
}

/** Passes changes on to a turn of judging. @param notify  takes the changes of notices, which are not judged */
export function absorbInto(judging: Pick<JudgeTurn, 'detect' | 'advise'>, notify: Absorb['notify']): Absorb {
  return { detect: judging.detect, advise: (change) => judging.advise({ rechecks: [], ...change }), notify };
}

/** A period in which the loop did not run, or a jump of the wall clock. The bounds are monotonic times. */
export interface Gap {
  readonly kind: 'suspended' | 'stalled' | 'clock_jump';
  readonly fromMonotonicMs: number;
  readonly toMonotonicMs: number;
  readonly byMs: number;
}

/**
 * Returns the gap between two consecutive turns of the loop; `null`: none. After a suspension of the machine only the
 * wall clock has moved, because Linux stops CLOCK_MONOTONIC meanwhile.
 */
export function gapBetween(before: Now, now: Now): Gap | null {
  const lived = now.monotonicMs - before.monotonicMs;
  const drift = now.wallMs - before.wallMs - lived;
  const span = { fromMonotonicMs: before.monotonicMs, toMonotonicMs: now.monotonicMs };
  if (lived > limits.suspendMs) return { kind: 'stalled', ...span, byMs: lived };
  if (drift > limits.suspendMs) return { kind: 'suspended', ...span, byMs: drift };
  if (Math.abs(drift) > limits.clockJumpMs) return { kind: 'clock_jump', ...span, byMs: drift };
  return null;
}
