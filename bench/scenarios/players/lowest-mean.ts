import { rulePlayer } from './canary-player.ts';

const rule = { samples: 20, atLeast: 3, failureMs: 10_000, gain: 0.2 } as const;

/**
 * A player that moves to the mirror with the lowest mean time of the last twenty canaries, if that mean is at least 20
 * % below the mean of the head. A failure counts as 10 s.
 */
export const lowestMean = rulePlayer('lowest-mean', (scene) => {
  const windows = scene.mirrors.map((): number[] => []);
  const mean = (place: number) => {
    const window = windows[place] ?? [];
    return window.length < rule.atLeast ? Infinity : window.reduce((sum, ms) => sum + ms, 0) / window.length;
  };
  return (beats, { head, candidates }) => {
    beats.forEach((beat, place) => {
      const window = windows[place];
      if (!beat || !window) return;
      window.push(beat.isGood ? beat.tookMs : rule.failureMs);
      if (window.length > rule.samples) window.shift();
    });
    const best = candidates.toSorted((one, other) => mean(one) - mean(other))[0];
    if (best === undefined || !Number.isFinite(mean(head))) return null;
    return mean(best) < (1 - rule.gain) * mean(head) ? best : null;
  };
});
