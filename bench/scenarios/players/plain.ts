import { type Beat, nextInFile, rulePlayer } from './canary-player.ts';

/** The plain rule of many monitors: `consecutive` beats above `factor` x the usual and above `floorMs`, or as many failures. */
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
    // A spike that lasts must not become its own usual.
    if (!isGood || this.slow > 0) return;
    this.good.push(tookMs);
    if (this.good.length > rule.window) this.good.shift();
    const sorted = this.good.toSorted((one, other) => one - other);
    if (sorted.length >= rule.warmup) this.medianMs = sorted[sorted.length >> 1] ?? this.medianMs;
  }
}

/** Three canary answers in a row above 2.5 x the median and 800 ms, or three failures: the next in the file, and home again when clear. */
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
