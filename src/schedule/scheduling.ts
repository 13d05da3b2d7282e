import type { Config } from '../core/config.ts';
import type { Due, Skipped } from '../core/due.ts';
import type { Connection } from '../core/mirror.ts';
import type { Now } from '../core/ports.ts';
import type { Slices } from '../core/slices.ts';
import type { Step, Target } from '../core/target.ts';
import type { HttpProtocol } from '../core/transcript.ts';
import type { NoVisit, Visit } from './visit.ts';

/** What became of a probe, for the schedule. */
export interface Finished {
  readonly wireBytes: number;
  readonly retryAfterMs: number | null;
  readonly protocol?: HttpProtocol | undefined;
  readonly isFailed?: boolean;
}

/** Decides what starts when. Holds its own state; reads no clock: every call is told the time. */
export interface Scheduler {
  /** What starts now, what was skipped and why, and the monotonic time to call again at the latest. */
  advance(now: Now): {
    readonly start: readonly Due[];
    readonly skipped: readonly Skipped[];
    readonly wakeAtMs: number;
  };
  /**
   * A probe ended, whatever its purpose: frees its slot and counts its bytes. To be called once for each Due given out;
   * others are ignored.
   * @param result.protocol      the HTTP version of the answer; absent: not known
   * @param result.isFailed      it failed, which matters of a build
   * @param result.retryAfterMs  > 0: do not request this step of the mirror so long; 0: throttled without a time named (back-off);
   *                             `null`: not throttled
   */
  finished(due: Due, result: Finished, now: Now): void;
  /**
   * A Due outside the plan. `confirm` takes a slot beside `perHost`, one for each upstream on the host and so many in all;
   * `null`: it is taken, or the mirror asked us not to request the step, is paused or in maintenance. `recheck` takes an ordinary slot; where none is
   * free it waits for one and comes out of `advance`, and the answer is `null`. `peek` takes an ordinary slot, or none.
   */
  reserve(
    input: {
      readonly target: Target;
      readonly connection: Connection;
      readonly purpose: 'confirm' | 'recheck' | 'peek';
      readonly timeoutMs: number;
      readonly round: Due['round'];
    } & Pick<Due, 'family' | 'protocol'>,
    now: Now,
  ): Due | null;
  /** A real client's turn at a mirror, and what we ask beside it; or why there is none now. */
  visit(registry: string, bytesExpected: number, now: Now): Visit | NoVisit;
  /** While a mirror is in doubt its due probes are skipped as `paused`. */
  doubt(registry: string, on: boolean): void;
  /** Leaves a mirror alone until a wall time; `null` ends it, and what its `Retry-After` asked for. */
  pause(registry: string, untilWallMs: number | null): void;
  /** In a maintenance window now? */
  inMaintenance(registry: string, now: Now): boolean;
  /** Wall milliseconds until which a step of the mirror is not requested because it asked for that; `null`: it did not. */
  throttledUntil(registry: string, step: Step, now: Now): number | null;
  /** Monotonic time of a series' next planned start; `null` where it is not configured, or no time will come. */
  dueAtMs(target: Pick<Target, 'id'>, connection: Connection): number | null;
  /** Share of slots to skip as `local`, 0 to 0.9 (clamped); canaries are skipped half as often. */
  shed(share: number): void;
  /** Makes ready, in slices, what a `replace` with the same needs: it then takes a fraction of the time. */
  preparing(config: Config, targets: readonly Target[]): Slices<void>;
  /** Other targets or paces; unchanged series keep their phase, what is in flight keeps its slot until it ends, no `Retry-After` is waited for any more. */
  replace(config: Config, targets: readonly Target[], now: Now): void;
  inFlight(): number;
}
