import { rulePlayer } from './canary-player.ts';

const rule = { failureMs: 10_000, level: 1 / 30, clip: 4, drift: 0.5, home: 0.2, bound: 12 } as const;

/**
 * A player with a simple paired CUSUM test: it adds up the clipped cost difference between the head and each candidate,
 * over all steps.
 */
export const cusum = rulePlayer(
  'cusum',
  (scene) => {
    const sums = scene.mirrors.map(() => 0);
    const levels = scene.mirrors.map(() => 0);
    let last = -1;
    return (beats, { head, home, candidates, round }) => {
      if (head !== last) sums.fill(0);
      last = head;
      const costs = beats.map((beat) => beat && (beat.isGood ? beat.tookMs : rule.failureMs));
      const here = costs[head] ?? null;
      if (here === null) return null;
      for (const place of candidates) {
        const there = costs[place] ?? null;
        if (there === null) continue;
        const level = levels[place] || there;
        if (beats[place]?.isGood && !round.isHeavy) levels[place] = level + rule.level * (there - level);
        const scale = Math.max(100, 0.25 * (round.isHeavy ? Math.min(here, there) : level));
        const x = Math.max(-rule.clip, Math.min(rule.clip, (here - 1.15 * there) / scale));
        const bonus = place === home ? rule.home : 0;
        sums[place] = place === head ? 0 : Math.max(0, (sums[place] ?? 0) + x - rule.drift + bonus);
      }
      const best = candidates.toSorted((one, other) => (sums[other] ?? 0) - (sums[one] ?? 0))[0];
      return best !== undefined && (sums[best] ?? 0) >= rule.bound && beats[best]?.isGood ? best : null;
    };
  },
  true,
);
