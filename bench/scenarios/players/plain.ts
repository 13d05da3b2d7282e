import { type Beat, nextInFile, rulePlayer } from './canary-player.ts';

/**
 * The simple rule of many monitors. An alarm needs `consecutive` failures in a row, or as many responses in a row that
 * take more than `factor` × the median and more than `floorMs` milliseconds.
 */
const rule = { consecutive: 3, factor: 2.5, floorMs: 800, clear: 3, clearFactor: 1.5, window: 60, warmup: 10 } as const;

class Pulse {
  private readonly good: number[] = [];
  private medianMs = Number.POSITIVE_INFINITY;
  slow = 0;
  failed = 0;
  well = 0;

  take({ isGood, tookMs }: Beat): void {
    this.failed = isGood ? 0 : this.failed + 1;
    const isSlow = isGood && tookMs >= rule.floorMs && tookMs > rule.factor * this.medianMs;
    this.slow = isSlow ? this.slow + 1 : isGood ? 0 : this.slow;
    const isWell = isGood && !isSlow && (tookMs < rule.floorMs || tookMs < rule.clearFactor * this.medianMs);
    this.well = isWell ? this.well + 1 : 0;
    // Slow responses do not count, because a long spike must not become the usual time.
    if (!isGood || this.slow > 0) return;
    this.good.push(tookMs);
    if (this.good.length > rule.window) this.good.shift();
    const sorted = this.good.toSorted((one, other) => one - other);
    if (sorted.length >= rule.warmup) this.medianMs = sorted[sorted.length >> 1] ?? this.medianMs;
  }
}

/**
 * A player that leaves the head after three canary failures in a row, or three responses above 2.5 × the median and 800
 * ms. It moves to the next mirror in the configuration file, and returns home after three normal responses of home.
 */
export const plain = rulePlayer('plain', (scene) => {
  const pulses = scene.mirrors.map(() => new Pulse());
  return (beats, stand) => {
    beats.forEach((beat, place) => {
      if (beat) pulses[place]?.take(beat);
    });
    if (stand.head !== stand.home && (pulses[stand.home]?.well ?? 0) >= rule.clear) return stand.home;
    const head = pulses[stand.head];
    if (!head || (head.slow < rule.consecutive && head.failed < rule.consecutive)) return null;
    const next = nextInFile(stand);
    const pulse = pulses[next];
    if (pulse) {
      pulse.slow = 0;
      pulse.failed = 0;
    }
    return next;
  };
});
