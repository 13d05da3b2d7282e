import { describe, expect, it } from 'vitest';
import { kill, only, warm } from './outage.ts';
import { mirror } from './stage.ts';

describe('what is wrong, in a sentence', () => {
  it('a mirror that fails now and then, how often and why', () => {
    const stage = warm();
    stage.open('a', 'unreliable', { cause: 'reset' });
    for (let i = 0; i < 12; i += 1) stage.paces(1, { a: i % 3 === 0 ? 'reset' : 200, b: 200, c: 200 });
    expect(stage.story()).toEqual(['proposed unreliable b']);
    expect(only(stage).reason).toBe(
      'a fails too often (reset): 4 of its 16 answers in half an hour; b answered 16 of 16 and a fetch costs 600 ms there.',
    );
  });

  it('an outage that is known, though nobody can be moved to', () => {
    const stage = warm([mirror('a')], 'https://a.example.com,direct');
    kill(stage);
    stage.consider();
    expect(only(stage).reason).toBe(
      'a is in outage (refused): 4 of its last 4 canary answers failed, but no switch is advised: there is no other mirror of go.',
    );
  });
});
