import type { AdviceCause } from './advice.ts';
import type { ControlAnswer } from './due.ts';
import type { FindingKind } from './finding.ts';
import type { EcosystemId } from './mirror.ts';
import type { Now } from './ports.ts';
import type { Sample } from './sample.ts';

/** What people told a daemon that bears on its judgement. `untilMs` is wall time. */
export type Told =
  | {
      readonly kind: 'accepted';
      readonly ecosystem: EcosystemId;
      readonly upstream: string;
      readonly from: string;
      readonly to: string;
    }
  | {
      readonly kind: 'dismissed';
      readonly ecosystem: EcosystemId;
      readonly upstream: string;
      readonly from: string;
      readonly to: string;
      readonly cause: AdviceCause;
      readonly untilMs: number;
    }
  | { readonly kind: 'acknowledged'; readonly finding: FindingKind; readonly registry: string | null }
  | { readonly kind: 'paused'; readonly registry: string; readonly untilMs: number | null };

/** One thing that a daemon took in, in the order in which it did; `takenAt` is the turn of its loop. */
export type Taken = { readonly takenAt: Now } & (
  | {
      readonly kind: 'probed';
      /** Without what no judgement reads: `probeId` is empty, hops and phases are left out. */
      readonly sample: Sample;
      /** Where it was asked, as `targetId` writes it. */
      readonly targetId: string;
    }
  | {
      readonly kind: 'control';
      readonly answer: ControlAnswer;
      /** Asked in a confirming round. */
      readonly isRound: boolean;
    }
  /** The process slept or a clock jumped. Monotonic milliseconds. */
  | { readonly kind: 'gap'; readonly fromMs: number; readonly toMs: number }
  | { readonly kind: 'told'; readonly told: Told }
);

/** What one life of a daemon took in within one stretch of at most some minutes. */
export interface Stretch {
  /** Of the process: another life is another start. */
  readonly life: { readonly id: string; readonly startedAt: Now };
  /** What it judged by, as a fingerprint: another one is another configuration. */
  readonly settings: string;
  readonly taken: readonly Taken[];
}
