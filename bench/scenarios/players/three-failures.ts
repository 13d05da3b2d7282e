import { nextInFile, rulePlayer } from './canary-player.ts';

/**
 * A player that moves to the next mirror in the file after three canary failures of the head in a row. It returns home
 * after three good canaries of home in a row.
 */
export const threeFailures = rulePlayer('three-failures', (scene) => {
  const bad = scene.mirrors.map(() => 0);
  const good = scene.mirrors.map(() => 0);
  return (beats, stand) => {
    beats.forEach((beat, place) => {
      if (!beat) return;
      bad[place] = beat.isGood ? 0 : (bad[place] ?? 0) + 1;
      good[place] = beat.isGood ? (good[place] ?? 0) + 1 : 0;
    });
    if (stand.head !== stand.home && (good[stand.home] ?? 0) >= 3) return stand.home;
    if ((bad[stand.head] ?? 0) < 3) return null;
    const next = nextInFile(stand);
    bad[next] = 0;
    return next;
  };
});
