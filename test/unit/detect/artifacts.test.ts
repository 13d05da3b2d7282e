import { describe, expect, test } from 'vitest';
import type { Facts } from '../../../src/core/transcript.ts';
import { createDetector } from '../../../src/detect/detector.ts';
import { aConfig, aDue, aMirror, aSample, aTarget, at, countingRandom, refused } from './world.ts';

const info = aTarget('a', 'info');
const zip = aTarget('a', 'zip');

function world() {
  const config = aConfig({ mirrors: [aMirror('a'), aMirror('b')] });
  const targets = [aTarget('a'), info, zip, aTarget('b'), aTarget('b', 'zip')];
  const detector = createDetector({ config, targets, restored: [], random: countingRandom(), now: at(0) });
  let ms = 0;
  const take = (sample: ReturnType<typeof aSample>) => {
    ms += 1_000;
    return detector.take(sample, at(ms));
  };
  return {
    detector,
    /** An index that states a place: what is requested at once. */
    states(place: string, facts: Facts = {}) {
      const sample = aSample(
        aDue(info),
        ms,
        10,
        { tag: 'ok' },
        { facts: { artifact: { step: 'zip', at: place }, ...facts } },
      );
      return take(sample).peeks.map(({ target }) => target.id);
    },
    /** The first bytes at a place fail: what is requested at once. */
    fails: (artifactAt: string) =>
      take(aSample(aDue(zip, { purpose: 'peek', artifactAt }), ms, 10, refused)).rechecks.map(({ id }) => id),
  };
}

describe('an artifact that moves', () => {
  test('is requested at once, once', () => {
    const { detector, states } = world();
    expect(detector.artifactAt(zip)).toBe(null);
    expect(states('here')).toEqual([]);
    expect(states('here')).toEqual([]);
    expect(states('there')).toEqual([zip.id]);
    expect(states('there')).toEqual([]);
    expect([detector.artifactAt(zip), detector.artifactAt(aTarget('b', 'zip'))]).toEqual(['there', null]);
  });

  test('with a new version it does not count as moved', () => {
    const { detector, states } = world();
    states('one', { resolvedVersion: 'v1.0.0' });
    expect(states('two', { resolvedVersion: 'v1.1.0' })).toEqual([]);
    expect(detector.artifactAt(zip)).toBe('two');
  });

  test('is downloaded if its first bytes fail there, once; a probe of the old place says nothing', () => {
    const { states, fails } = world();
    states('here');
    states('there');
    expect(fails('here')).toEqual([]);
    expect(fails('there')).toEqual([zip.id]);
    expect(fails('there')).toEqual([]);
  });

  test('an index that alternates between two places is followed, and the place is asked for once in five minutes', () => {
    const { detector, states } = world();
    states('here');
    const asked = Array.from({ length: 20 }, (_, i) => states(i % 2 === 0 ? 'there' : 'here')).flat();
    expect(asked).toEqual([zip.id]);
    expect(detector.artifactAt(zip)).toBe('here');
  });

  test('not while the mirror is paused', () => {
    const { detector, states } = world();
    states('here');
    detector.pause('a', { reason: 'test', sinceMs: 0, untilMs: null } as never, at(1_500));
    expect(states('there')).toEqual([]);
  });
});
