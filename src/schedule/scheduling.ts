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

/** Decides which probe starts when. It reads no clock. */
export interface Scheduler {
  /**
   * Returns the probes to start now, the skipped ones, and the monotonic time by which `advance` must be called again.
   */
  advance(now: Now): {
    readonly start: readonly Due[];
    readonly skipped: readonly Skipped[];
    readonly wakeAtMs: number;
  };
  /**
   * Frees the slot of a probe that has ended, and counts its bytes. A `due` whose probe is not running is ignored.
   * @param result.retryAfterMs  > 0: do not request this step of the mirror for this long; 0: throttled without a time
   *   (back-off); `null`: not throttled
   */
  finished(due: Due, result: Finished, now: Now): void;
  /**
   * Reserves a slot for a probe outside the schedule; `null`: no slot is free, the step is throttled, or the mirror is
   * unknown, paused or in maintenance. If a recheck of a known mirror gets `null`, it is queued, and `advance` starts
   * it later.
   */
  reserve(
    input: Pick<Due, 'target' | 'connection' | 'timeoutMs' | 'round' | 'family' | 'protocol'> & {
      readonly purpose: 'confirm' | 'recheck' | 'peek';
    },
    now: Now,
  ): Due | null;
  /** Starts a visit (one run of a real client at a mirror), or returns why none is possible now. */
  visit(registry: string, bytesExpected: number, now: Now): Visit | NoVisit;
  /** Marks a mirror as in doubt, or ends the doubt. While it is in doubt, its due probes are skipped as `paused`. */
  doubt(registry: string, on: boolean): void;
  /** Pauses a mirror until a wall time; `null` ends the pause, and every wait of a throttled step. */
  pause(registry: string, untilWallMs: number | null): void;
  inMaintenance(registry: string, now: Now): boolean;
  /** Returns until when a step of the mirror is throttled, monotonic milliseconds; `null`: it is not throttled. */
  throttledUntil(registry: string, step: Step, now: Now): number | null;
  /**
   * The planned start of the waiting or running probe of a series (target and connection), else of its next probe,
   * monotonic milliseconds; `null`: the series is not configured, or never starts.
   */
  dueAtMs(target: Pick<Target, 'id'>, connection: Connection): number | null;
  /**
   * Sets the fraction of scheduled probes to skip (reason `local`) because this machine is overloaded. More than
   * `shedMax` counts as `shedMax`. Canary probes are skipped half as often.
   */
  shed(share: number): void;
  /** Prepares `replace` for the same configuration. It works in slices, so that it does not block the main loop. */
  preparing(config: Config, targets: readonly Target[]): Slices<void>;
  /**
   * Applies other targets or intervals. Unchanged series keep their phase. Running probes keep their slot until they
   * end. Every wait of a throttled step ends.
   */
  replace(config: Config, targets: readonly Target[], now: Now): void;
  inFlight(): number;
}
