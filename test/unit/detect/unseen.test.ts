import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/core/failure.ts';
import { createDetector } from '../../../src/detect/detector.ts';
import { renderIn } from '../../../src/words/tell.ts';
import { aConfig, aDue, aMirror, aSample, aTarget, at, countingRandom, failedWith } from './world.ts';

describe('where nothing can be seen', () => {
  const unseen = (because: 'resolver' | 'local' | 'defect') => ({ tag: 'unknown', because }) as const;
  const blind = (controls: readonly string[] = []) => {
    const detector = createDetector({
      config: aConfig({ mirrors: [aMirror('a'), aMirror('b')], controls }),
      targets: [aTarget('a'), aTarget('b')],
      restored: [],
      random: countingRandom(),
      now: at(0),
    });
    const hear = (name: string, outcome: Outcome, ms: number) =>
      detector.take(aSample(aDue(aTarget(name)), ms - 100, 100, outcome), at(ms));
    return { detector, hear };
  };

  it.each(['resolver', 'local'] as const)('for want of a %s, it is us, from when the last one was lost', (because) => {
    const { detector, hear } = blind();
    hear('a', unseen(because), 1_000);
    expect(detector.vantage().suspect).toBe(null);
    hear('b', unseen(because), 2_000);
    expect(detector.vantage()).toMatchObject({ suspect: true, sinceMs: at(2_000).wallMs });
  });

  it('the reason of a state that is kept says so', () => {
    const { detector, hear } = blind();
    for (const name of ['a', 'b']) hear(name, { tag: 'ok' }, 500);
    const reasons = () => detector.standings().map(({ why }) => renderIn('en', { text: '', sentence: why }));
    hear('a', unseen('resolver'), 1_000);
    expect(reasons()).toEqual(Array(2).fill('the canary probes succeed'));
    hear('b', unseen('resolver'), 2_000);
    const kept = 'last known: the canary probes succeed; the problem may be the network of this host';
    expect(reasons()).toEqual([kept, kept]);
  });

  it('for a defect of ours, nothing is said about the network', () => {
    const { detector, hear } = blind();
    hear('a', unseen('defect'), 1_000);
    hear('b', unseen('resolver'), 2_000);
    expect(detector.vantage().suspect).toBe(false);
  });

  it('ends with the first answer, were it a refusal', () => {
    const { detector, hear } = blind();
    hear('a', unseen('resolver'), 1_000);
    hear('b', unseen('resolver'), 2_000);
    hear('b', failedWith('denied', 403), 32_000);
    expect(detector.vantage()).toMatchObject({ suspect: false, sinceMs: null });
  });

  it('a control that answers clears us', () => {
    const { detector, hear } = blind(['control']);
    hear('a', unseen('resolver'), 1_000);
    hear('b', unseen('resolver'), 2_000);
    expect(detector.vantage().suspect).toBe(true);
    detector.control({ name: 'control', answered: true, latencyMs: 10, code: null, at: at(3_000) }, null, at(3_000));
    expect(detector.vantage().suspect).toBe(false);
  });

  it.each([
    ['EMFILE', true],
    ['ECONNREFUSED', false],
  ])('a control that failed with %s leaves it up: %s', (code, up) => {
    const { detector } = blind(['control']);
    const answer = { name: 'control', latencyMs: null, at: at(1_000) };
    detector.control({ ...answer, answered: true, code: null }, null, at(1_000));
    detector.control({ ...answer, answered: false, code }, null, at(2_000));
    expect(detector.vantage().controls).toEqual([{ name: 'control', up }]);
  });
});
