import type { Move } from './action.ts';
import type { AdviceCause } from './advice.ts';
import type { ControlAnswer } from './due.ts';
import type { FindingKind } from './finding.ts';
import type { Now } from './ports.ts';
import type { Sample } from './sample.ts';

/** Operator commands that influence judgement. `untilMs` is wall time. */
export type Told =
  | (Move & { readonly kind: 'accepted' })
  | (Move & { readonly kind: 'dismissed'; readonly cause: AdviceCause; readonly untilMs: number })
  | { readonly kind: 'acknowledged'; readonly finding: FindingKind; readonly registry: string | null }
  | { readonly kind: 'paused'; readonly registry: string; readonly untilMs: number | null };

/** One input of a daemon. `takenAt`: when the loop processed the input. */
export type Taken = { readonly takenAt: Now } & (
  | {
      readonly kind: 'probed';
      /** Fields that judging does not read are empty. */
      readonly sample: Sample;
      /** As `targetId`. */
      readonly targetId: string;
    }
  | {
      readonly kind: 'control';
      readonly answer: ControlAnswer;
      /** Probed in a confirming round. */
      readonly isRound: boolean;
    }
  /** The process was suspended or a clock jumped. Monotonic milliseconds. */
  | { readonly kind: 'gap'; readonly fromMs: number; readonly toMs: number }
  | { readonly kind: 'told'; readonly told: Told }
);

/** The inputs of one daemon process within a few minutes. */
export interface Stretch {
  /** The daemon process; a restart begins another one. */
  readonly life: { readonly id: string; readonly startedAt: Now };
  /** A fingerprint of the configuration. */
  readonly settings: string;
  readonly taken: readonly Taken[];
}
