import { rulePlayer } from './canary-player.ts';

/**
 * A common alert rule: over five minutes, the mean time of canaries is above a second, or more than half of the
 * canaries fail.
 */
const rule = { windowMs: 300_000, slowMs: 1_000, failing: 0.5 } as const;

class Window {
  private readonly beats: { atMs: number; isGood: boolean; tookMs: number }[] = [];
  private sinceMs: number | null = null;

  take(beat: { atMs: number; isGood: boolean; tookMs: number }): void {
    const { beats } = this;
    this.sinceMs ??= beat.atMs;
    beats.push(beat);
    while (beats[0] && beats[0].atMs <= beat.atMs - rule.windowMs) beats.shift();
  }

  /** `null`: monitored for less than five minutes. */
  isFiring(atMs: number): boolean | null {
    if (this.sinceMs === null || atMs - this.sinceMs < rule.windowMs) return null;
    const good = this.beats.filter(({ isGood }) => isGood);
    const failing = 1 - good.length / Math.max(1, this.beats.length);
    const meanMs = good.reduce((sum, { tookMs }) => sum + tookMs, 0) / Math.max(1, good.length);
    return failing > rule.failing || meanMs > rule.slowMs;
  }
}

/**
 * A player that leaves the head if an alert fires: over five minutes, the mean canary takes over 1 s, or over half
 * fail. It moves to the next mirror in the file without an alert, and returns home once home has no alert.
 */
export const fixedThreshold = rulePlayer('fixed-threshold', (scene) => {
  const windows = scene.mirrors.map(() => new Window());
  return (beats, { atMs, head, home, candidates }) => {
    beats.forEach((beat, place) => {
      if (beat) windows[place]?.take({ atMs, ...beat });
    });
    const isFiring = (place: number) => windows[place]?.isFiring(atMs) ?? null;
    if (head !== home && isFiring(home) === false) return home;
    if (isFiring(head) !== true) return null;
    const later = [...candidates.filter((place) => place > head), ...candidates.filter((place) => place < head)];
    return later.find((place) => isFiring(place) === false) ?? null;
  };
});
