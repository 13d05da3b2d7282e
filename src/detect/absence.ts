import type { Now } from '../core/ports.ts';

/** Why a mirror is left alone: a person, a plan, or the mirror itself wants it. All that detect knows of it is here. */
export interface Absence {
  paused: { readonly untilMs: number; readonly reason: string } | null;
  inMaintenance: boolean;
  /** Until when it asked us to stay away (`Retry-After`); wall milliseconds, `null` where it did not. */
  throttledUntilMs: number | null;
}

/** A mirror that is asked as planned. */
export function present(): Absence {
  return { paused: null, inMaintenance: false, throttledUntilMs: null };
}

/** True while a person or a plan wants the mirror left alone: nothing it says is judged. */
export function isLeftAlone({ absence }: { readonly absence: Absence }): boolean {
  return absence.paused !== null || absence.inMaintenance;
}

/** True where a mirror may be asked in a round now. */
export function canBeAsked(
  memory: { readonly now: Now },
  mirror: { readonly canary: unknown; readonly absence: Absence },
): boolean {
  if (mirror.canary === null || isLeftAlone(mirror)) return false;
  const { throttledUntilMs } = mirror.absence;
  return throttledUntilMs === null || throttledUntilMs <= memory.now.wallMs;
}

/** Ends what has lasted long enough. */
export function endAbsences(memory: {
  readonly now: Now;
  readonly mirrors: ReadonlyMap<string, { readonly absence: Absence }>;
}): void {
  for (const { absence } of memory.mirrors.values()) {
    if (absence.paused !== null && absence.paused.untilMs <= memory.now.wallMs) absence.paused = null;
    if (absence.throttledUntilMs !== null && absence.throttledUntilMs <= memory.now.wallMs) {
      absence.throttledUntilMs = null;
    }
  }
}
