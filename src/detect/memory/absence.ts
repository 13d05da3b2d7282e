import type { Step } from '../../core/mirror.ts';
import type { Now } from '../../core/ports.ts';
import type { Pause } from '../../core/standing.ts';

/** Why a mirror, or one of its steps, is not probed: a pause, a maintenance window, or throttling. */
export class Absence {
  paused: Pause | null = null;
  inMaintenance: boolean = false;
  /** When each throttled step may be probed again; monotonic milliseconds. */
  readonly throttled = new Map<Step, number>();
}

interface Away {
  readonly absence: Absence;
}

export function isLeftAlone({ absence }: Away): boolean {
  return absence.paused !== null || absence.inMaintenance;
}

export function canBeProbed(
  memory: { readonly now: Now },
  mirror: Away & { readonly canary: { readonly step: Step } | null },
): boolean {
  return mirror.canary !== null && !isLeftAlone(mirror) && !isThrottled(memory, mirror, mirror.canary.step);
}

export function isThrottled(memory: { readonly now: Now }, { absence }: Away, step: Step): boolean {
  return (absence.throttled.get(step) ?? Number.NEGATIVE_INFINITY) > memory.now.monotonicMs;
}

/** When the last wait of the throttled steps ends, wall milliseconds; `null`: no step is throttled. */
export function throttleEndMsOf({ throttled }: Absence, now: Now): number | null {
  return throttled.size === 0 ? null : Math.round(now.wallMs - now.monotonicMs + Math.max(...throttled.values()));
}

export function expireAbsences(memory: { readonly now: Now; readonly mirrors: ReadonlyMap<string, Away> }): void {
  for (const { absence } of memory.mirrors.values()) {
    if (absence.paused !== null && absence.paused.untilMs <= memory.now.wallMs) absence.paused = null;
    for (const [step, untilMs] of absence.throttled)
      if (untilMs <= memory.now.monotonicMs) absence.throttled.delete(step);
  }
}

const minuteMs = 60_000;

/** The rate of our requests to a mirror, and the 429s that this rate caused. Times are monotonic milliseconds. */
export class Density {
  /**
   * The probes of the last minute by their start. Older probes are removed when a probe is added. `isExtra`: the probe
   * is part of a confirming round or of a build (several probes at once over one HTTP/2 connection).
   */
  requests: { readonly atMs: number; readonly isExtra: boolean; readonly isConfirm: boolean }[] = [];
  /**
   * Confirming rounds probe the mirror only if it got fewer probes than this in the last minute; `null`: our rate has
   * caused no 429 yet.
   */
  most: number | null = null;
  /**
   * The highest number of requests in one minute after which a request succeeded, since the last 429 that our rate
   * caused.
   */
  tolerated: number = 0;
  /**
   * The end of the last wait that the mirror requested (`Retry-After`), at most `limits.throttleMsMax` after the
   * response.
   */
  waitUntilMs: number = Number.NEGATIVE_INFINITY;
  /** A 429 before this time counts as caused by our rate. */
  oursUntilMs: number = Number.NEGATIVE_INFINITY;
  /** True if our rate caused the last 429 and no ok response came after the wait that followed. */
  isOurs: boolean = false;
  /** When the mirror last served a request, monotonic milliseconds. */
  servedMs: number = Number.NEGATIVE_INFINITY;
  /** Whose request rate explains the 503 with `Retry-After` that it has sent since; `null`: it has sent none. */
  busyBy: 'us' | 'others' | null = null;
}

interface Counted {
  readonly density: Density;
}

export function mayBeProbedMore({ density }: Counted, nowMs: number): boolean {
  const { most, requests } = density;
  return most === null || requests.filter(({ atMs }) => atMs > nowMs - minuteMs).length < most;
}

/**
 * Ends the time in which each 429 counts as caused by our rate, for example because a real client failed at the mirror.
 */
export function clearPaceWait({ density }: Counted): void {
  density.isOurs = false;
  density.oursUntilMs = Number.NEGATIVE_INFINITY;
}
