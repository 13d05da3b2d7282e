import type { Config } from '../core/config.ts';
import type { Due, Skipped } from '../core/due.ts';
import type { Connection, Step, Target } from '../core/mirror.ts';
import type { Now } from '../core/ports.ts';
import type { Slices } from '../core/slices.ts';
import type { HttpProtocol } from '../core/transcript.ts';
import type { NoVisit, Visit } from './visit.ts';

export interface Finished {
  readonly wireBytes: number;
  readonly retryAfterMs: number | null;
  readonly protocol?: HttpProtocol | undefined;
  readonly isFailed?: boolean;
}

/** Decides what starts when. Reads no clock. */
export interface Scheduler {
  /** What starts now, what was skipped, and the monotonic time of the next call at the latest. */
  advance(now: Now): {
    readonly start: readonly Due[];
    readonly skipped: readonly Skipped[];
    readonly wakeAtMs: number;
  };
  /**
   * Frees the slot of a probe that has ended, and counts its bytes. A Due that is not running is ignored.
   * @param result.retryAfterMs  > 0: do not request this step of the mirror for this long; 0: throttled without a time
   *   (back-off); `null`: not throttled
   */
  finished(due: Due, result: Finished, now: Now): void;
  /**
   * A Due outside the plan; `null`: no slot is free, the step is throttled, or the mirror is unknown, paused or in
   * maintenance. A recheck that gets `null` at a known mirror is started by `advance` later.
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
  /** Starts a visit; or says why none is possible now. */
  visit(registry: string, bytesExpected: number, now: Now): Visit | NoVisit;
  /** Marks a mirror as in doubt: until the doubt ends, its due probes are skipped as `paused`. */
  doubt(registry: string, on: boolean): void;
  /** Pauses a mirror until a wall time; `null` ends the pause, and any wait for its `Retry-After`. */
  pause(registry: string, untilWallMs: number | null): void;
  inMaintenance(registry: string, now: Now): boolean;
  /** Monotonic milliseconds until which a step of the mirror is throttled; `null`: it is not. */
  throttledUntil(registry: string, step: Step, now: Now): number | null;
  /** Monotonic planned start of a series' waiting or running probe, else the next; `null`: not configured, or never. */
  dueAtMs(target: Pick<Target, 'id'>, connection: Connection): number | null;
  /** Sets the share of slots to skip as `local`, at most `shedMax`; canaries are skipped half as often. */
  shed(share: number): void;
  /** Prepares, in slices, the `replace` with the same configuration. */
  preparing(config: Config, targets: readonly Target[]): Slices<void>;
  /**
   * Applies other targets or paces. Unchanged series keep their phase, running probes keep their slot until they end, and
   * every wait for a `Retry-After` ends.
   */
  replace(config: Config, targets: readonly Target[], now: Now): void;
  inFlight(): number;
}
