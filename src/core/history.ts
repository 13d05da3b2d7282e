import type { Move } from './action.ts';
import type { AdviceCause } from './advice.ts';
import type { ControlResponse } from './due.ts';
import type { FindingKind } from './finding.ts';
import type { Now } from './ports.ts';
import type { Sample } from './sample.ts';

/**
 * Commands of operators that influence detection or advice. `untilMs`: the end of the dismissal or pause, wall
 * milliseconds; `null`: the operator ended the pause.
 */
export type OperatorCommand =
  | (Move & { readonly kind: 'accepted' })
  | (Move & { readonly kind: 'dismissed'; readonly cause: AdviceCause; readonly untilMs: number })
  | { readonly kind: 'acknowledged'; readonly finding: FindingKind; readonly registry: string | null }
  | { readonly kind: 'paused'; readonly registry: string; readonly untilMs: number | null };

/** One input of the judgement (detection and advice), and when it was processed. */
export type Taken = { readonly takenAt: Now } & (
  | {
      readonly kind: 'probed';
      /** The sample. Fields that detection and advice do not read are empty. */
      readonly sample: Sample;
      readonly targetId: string;
    }
  | {
      readonly kind: 'control';
      readonly answer: ControlResponse;
      readonly isRound: boolean;
    }
  /** A time without monitoring, or a jump of the wall clock. Its bounds are monotonic milliseconds. */
  | { readonly kind: 'gap'; readonly fromMs: number; readonly toMs: number }
  | { readonly kind: 'told'; readonly told: OperatorCommand }
);

/** The inputs of detection and advice that one daemon process got within a few minutes. */
export interface Stretch {
  readonly life: { readonly id: string; readonly startedAt: Now };
  /** A fingerprint of the configuration. */
  readonly settings: string;
  readonly taken: readonly Taken[];
}
