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
