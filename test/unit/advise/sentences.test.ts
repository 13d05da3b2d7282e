import { describe, expect, it } from 'vitest';
import { kill, only, warm } from './outage.ts';
import { mirror } from './stage.ts';

describe('what is wrong, in a sentence', () => {
  it('a mirror that is unreliable, how often and why', () => {
    const stage = warm();
    stage.open('a', 'unreliable', { cause: 'reset' });
    for (let i = 0; i < 12; i += 1) stage.paces(1, { a: i % 3 === 0 ? 'reset' : 200, b: 200, c: 200 });
    expect(stage.story()).toEqual(['proposed unreliable b']);
    expect(only(stage).reason).toBe(
      'a is unreliable (reset): 4 of 12 probes in the last 6 min failed (33 %). 18 of 18 probes of b succeeded.',
    );
  });

  it('an outage that is known, though no mirror can be advised', () => {
    const stage = warm([mirror('a')], 'https://a.example.com,direct');
    kill(stage);
    stage.consider();
    expect(only(stage).reason).toBe(
      'a is down (refused): all 4 probes of the last 4 s failed. No switch is advised: there is no other mirror of go.',
    );
  });
});
