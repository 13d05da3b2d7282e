import { describe, expect, test } from 'vitest';
import { troubleIn } from '../../../src/advise/observed.ts';
import { recordTally, Tally } from '../../../src/advise/tally.ts';
import type { SettledSample } from '../../../src/core/sample.ts';
import { aDue, aSample, aTarget, refused } from '../detect/world.ts';

const near = 45_000;
const by = { nearMs: near, relayStep: 'sumdb', fetch: [] };

function sample(tookMs: number, over: Partial<SettledSample> = {}, step: 'mod' | 'sumdb' = 'mod'): SettledSample {
  const taken = aSample(aDue(aTarget('a', step)), over.startedMonotonicMs ?? 0, tookMs, over.outcome);
  return { ...taken, cold: false, thresholdMs: 800, baselineMs: 200, ...over };
}

describe('trouble is the trailing run of answers that failed or came late', () => {
  const slow = { startedMonotonicMs: 1_000 };
  test.each<[string, SettledSample, number]>([
    ['a good one', sample(700), 0],
    ['one above the threshold', sample(900, slow), 1],
    ['one that failed', sample(40, { ...slow, outcome: refused }), 1],
    ["not a cache's first fetch, however long", sample(5_000, { ...slow, cold: true }), 0],
    ['nor one while there is no threshold yet', sample(5_000, { ...slow, thresholdMs: null }), 0],
  ])('%s', (_name, last, want) => {
    const tally = new Tally();
    recordTally(tally, sample(100), by);
    recordTally(tally, last, by);
    expect(troubleIn(tally.canary)).toHaveLength(want);
  });
});

describe('the relay of the checksum database', () => {
  const broken = sample(40, { outcome: refused, startedMonotonicMs: 60_000 }, 'sumdb');
  const dead = (startedMonotonicMs: number) => sample(40, { outcome: refused, startedMonotonicMs });
  test('is broken where it fails alone, also before the canary has answered', () => {
    const tally = new Tally();
    recordTally(tally, broken, by);
    expect(tally.relay.state).toBe('broken');
  });
  test.each<[string, readonly SettledSample[], string]>([
    ['not where the mirror had just failed: that is the whole mirror', [dead(60_000 - near), broken], 'unknown'],
    ['nor where it fails right after', [broken, dead(60_000 + near)], 'unknown'],
    ['but where the mirror failed longer ago', [dead(59_999 - near), broken], 'broken'],
    ['and where it failed only later', [broken, dead(60_001 + near)], 'broken'],
  ])('%s', (_name, heard, want) => {
    const tally = new Tally();
    for (const one of heard) recordTally(tally, one, by);
    expect(tally.relay.state).toBe(want);
  });
});
