import { describe, expect, it } from 'vitest';
import type { Mirror } from '../../../src/core/mirror.ts';
import { createDetector } from '../../../src/detect/detector.ts';
import { aConfig, aDue, aMirror, aSample, aTarget, at, countingRandom } from './world.ts';

describe('a slow line of our own', () => {
  const names = ['a', 'b', 'c', 'd'];
  const targets = names.map((name) => aTarget(name));

  /** Rounds 30 s apart; gives what findings about speed opened and closed. */
  function play(
    tookMs: (name: string, round: number) => number,
    rounds: number,
    mirrors: readonly Mirror[] = names.map((name) => aMirror(name)),
  ): string[] {
    const detector = createDetector({
      config: aConfig({ mirrors }),
      targets,
      restored: [],
      random: countingRandom(),
      now: at(0),
    });
    const told: string[] = [];
    const note = (findings: ReturnType<typeof detector.tick>['findings']) => {
      for (const { change, finding } of findings)
        if (finding.kind === 'spike' && change !== 'changed') told.push(`${finding.registry} ${change}`);
    };
    for (let round = 1; round <= rounds; round += 1) {
      for (const [i, target] of targets.entries()) {
        const took = tookMs(target.registry, round);
        const startMs = round * 30_000 + i * 100;
        note(detector.take(aSample(aDue(target), startMs, took, { tag: 'ok' }), at(startMs + took)).findings);
      }
      note(detector.tick(at(round * 30_000 + 20_000)).findings);
    }
    return told;
  }

  it('is a spike of no mirror: at most the first is reported before the others are known to be slow too', () => {
    const told = play((_, round) => (round > 40 && round < 60 ? 2_000 : 100), 80);
    expect(told.filter((one) => one.endsWith('opened')).length).toBeLessThanOrEqual(1);
  });

  it('reports the one that stays slow once the others are fast again', () => {
    const told = play((name, round) => (round > 40 && (round < 50 || name === 'b') ? 2_000 : 100), 60);
    expect(told).toContain('b opened');
  });

  it('reports one with its own egress, though all behind a proxy are slow too', () => {
    const proxied = { proxy: { url: 'http://proxy.example.com:3128', auth: null } };
    const mirrors = names.map((name) => {
      const mirror = aMirror(name);
      return name === 'b' ? mirror : { ...mirror, access: { ...mirror.access, ...proxied } };
    });
    const slow = (_: string, round: number) => (round > 40 ? 2_000 : 100);
    expect(play(slow, 50, mirrors)).toContain('b opened');
    expect(play(slow, 50)).not.toContain('b opened');
  });

  it('reports the only slow one', () => {
    expect(play((name, round) => (name === 'b' && round > 40 ? 2_000 : 100), 50)).toEqual(['b opened']);
  });
});
