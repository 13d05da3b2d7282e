import type { Due } from '../core/due.ts';
import type { Now } from '../core/ports.ts';

/**
 * Of the time between two turns of the main loop, at most this many milliseconds count as waiting for a probe. The rest
 * is the daemon's own delay.
 */
const turnMsMost = 1_500;

interface Probe {
  readonly due: Due;
  readonly sinceMs: number;
  /** When the probe is checked next, on the time scale of `ownMs`; Infinity: never again. */
  reviewMs: number;
}

export function createOutstanding() {
  const probes = new Map<string, Probe>();
  /** How long the loop has run, milliseconds. Delays of the daemon itself are not counted. */
  let ownMs = 0;
  let beforeMs: number | null = null;
  let nextMs = Number.POSITIVE_INFINITY;

  return {
    turn({ monotonicMs }: Now): void {
      if (beforeMs !== null) ownMs += Math.min(turnMsMost, monotonicMs - beforeMs);
      beforeMs = monotonicMs;
    },
    sent(due: Due): void {
      probes.set(due.probeId, { due, sinceMs: ownMs, reviewMs: ownMs });
      nextMs = ownMs;
    },
    settled: (probeId: string) => void probes.delete(probeId),
    /** Stops checking all pending probes. Call this after the process was suspended. */
    forget: () => probes.clear(),
    /**
     * Returns late probes, each once, with the milliseconds that the loop has waited for them.
     * @param lateInMs  returns the milliseconds until a probe is late; `null`: it is never late
     */
    review(lateInMs: (due: Due, outMs: number) => number | null) {
      const late: { readonly due: Due; readonly outMs: number }[] = [];
      if (ownMs < nextMs) return late;
      nextMs = Number.POSITIVE_INFINITY;
      for (const [id, probe] of probes) {
        const outMs = ownMs - probe.sinceMs;
        if (probe.reviewMs <= ownMs) {
          const inMs = lateInMs(probe.due, outMs);
          if (inMs === null || inMs <= 0) probes.delete(id);
          if (inMs !== null && inMs <= 0) late.push({ due: probe.due, outMs });
          probe.reviewMs = inMs === null || inMs <= 0 ? Number.POSITIVE_INFINITY : ownMs + inMs;
        }
        nextMs = Math.min(nextMs, probe.reviewMs);
      }
      return late;
    },
    nextMs: () => (Number.isFinite(nextMs) ? Math.max(0, nextMs - ownMs) : null),
  };
}
