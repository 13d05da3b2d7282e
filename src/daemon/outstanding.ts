import type { Due, PendingLimit } from '../core/due.ts';
import type { Now } from '../core/ports.ts';

/**
 * Of the time between two turns of the main loop, at most this many milliseconds count as waiting for a probe. The rest
 * is the daemon's own delay.
 */
const turnMsMost = 1_500;

interface Probe {
  readonly due: Due;
  readonly sinceMs: number;
  /** When each limit is checked next, on the time scale of `ownMs`. A limit without an entry is not checked again. */
  readonly reviews: Map<PendingLimit, number>;
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
      const reviews = new Map([['doubt', ownMs] as const, ['late', ownMs] as const]);
      probes.set(due.probeId, { due, sinceMs: ownMs, reviews });
      nextMs = ownMs;
    },
    settled: (probeId: string) => void probes.delete(probeId),
    /** Stops checking all pending probes. Call this after the process was suspended. */
    forget: () => probes.clear(),
    /**
     * Returns the probes that have reached a limit, once for each limit, with the milliseconds that the loop has waited
     * for them.
     * @param inMs  returns the milliseconds until a probe reaches the limit; `null`: it never does
     */
    review(inMs: (limit: PendingLimit, due: Due, outMs: number) => number | null) {
      const reached: { readonly limit: PendingLimit; readonly due: Due; readonly outMs: number }[] = [];
      if (ownMs < nextMs) return reached;
      nextMs = Number.POSITIVE_INFINITY;
      for (const [id, { due, sinceMs, reviews }] of probes) {
        const outMs = ownMs - sinceMs;
        for (const [limit, atMs] of reviews) {
          const leftMs = atMs > ownMs ? atMs - ownMs : inMs(limit, due, outMs);
          if (leftMs === null || leftMs <= 0) reviews.delete(limit);
          else reviews.set(limit, ownMs + leftMs);
          if (leftMs !== null && leftMs <= 0) reached.push({ limit, due, outMs });
        }
        if (reviews.size === 0) probes.delete(id);
        nextMs = Math.min(nextMs, ...reviews.values());
      }
      return reached;
    },
    nextMs: () => (Number.isFinite(nextMs) ? Math.max(0, nextMs - ownMs) : null),
  };
}
