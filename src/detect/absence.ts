import type { Now } from '../core/ports.ts';
import type { Step } from '../core/target.ts';

/** Why a mirror is left alone: a person, a plan, or the mirror itself wants it. All that detect knows of it is here. */
export interface Absence {
  paused: { readonly untilMs: number; readonly reason: string } | null;
  inMaintenance: boolean;
  /** Until when steps of it are not requested because it asked for that (`Retry-After`, 429); wall milliseconds. */
  readonly throttled: Map<Step, number>;
}

/** A mirror that is asked as planned. */
export function present(): Absence {
  return { paused: null, inMaintenance: false, throttled: new Map() };
}

/** True while a person or a plan wants the mirror left alone: nothing it says is judged. */
export function isLeftAlone({ absence }: { readonly absence: Absence }): boolean {
  return absence.paused !== null || absence.inMaintenance;
}

/** True where a mirror may be asked in a round now: a round always asks its canary. */
export function canBeAsked(
  memory: { readonly now: Now },
  mirror: { readonly canary: { readonly step: Step } | null; readonly absence: Absence },
): boolean {
  return mirror.canary !== null && !isLeftAlone(mirror) && !isThrottled(memory, mirror, mirror.canary.step);
}

/** True while a step of the mirror is not requested because it asked for that. */
export function isThrottled(
  memory: { readonly now: Now },
  { absence }: { readonly absence: Absence },
  step: Step,
): boolean {
  return (absence.throttled.get(step) ?? Number.NEGATIVE_INFINITY) > memory.now.wallMs;
}

/** Until when at least one step of it is not requested because it asked for that; wall milliseconds, `null`: all are. */
export function throttledUntilMs({ throttled }: Absence): number | null {
  return throttled.size === 0 ? null : Math.max(...throttled.values());
}

/** Ends what has lasted long enough. */
export function endAbsences(memory: {
  readonly now: Now;
  readonly mirrors: ReadonlyMap<string, { readonly absence: Absence }>;
}): void {
  for (const { absence } of memory.mirrors.values()) {
    if (absence.paused !== null && absence.paused.untilMs <= memory.now.wallMs) absence.paused = null;
    for (const [step, untilMs] of absence.throttled) if (untilMs <= memory.now.wallMs) absence.throttled.delete(step);
  }
}
