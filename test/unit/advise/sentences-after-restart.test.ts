import { describe, expect, it } from 'vitest';
import { abcd, all, badGateway, calm, failing, open } from './rounds.ts';

describe('the sentence of a proposal to leave a slow mirror', () => {
  it('does not take slow responses before a dismissed advice for usual', () => {
    const stage = calm();
    const slow = all(200, { a: 900, b: 190 });
    stage.open('a', 'spike');
    stage.live(900, slow);
    const { id } = open(stage);
    stage.dismiss(id, 60_000);
    stage.live(1_200, slow);
    expect(open(stage).id).not.toBe(id);
    expect(open(stage).reason).toMatch(/^a is slow: /);
  });

  it('does not take slow responses after a restart for usual', () => {
    const stage = calm();
    const slow = all(200, { a: 900 });
    stage.live(900, slow);
    expect(open(stage).reason).toMatch(/^a is slow: 900 ms /);
    stage.restart();
    for (let minute = 0; minute < 40; minute += 1) {
      stage.live(60, slow);
      expect(open(stage).reason).toMatch(/^a is slow: 900 ms /);
    }
  });
});

describe('a reload that declares another chain', () => {
  it('keeps what was measured of mirrors that did not change', () => {
    const stage = calm(abcd);
    stage.live(300, all(200, { b: badGateway }));
    stage.live(20, all(200));
    stage.reconfigure('https://d.example.com,https://a.example.com,https://b.example.com,direct');
    stage.open('d', 'outage');
    stage.live(120, all(200, { a: 300, c: 300, d: 'refused' }));
    expect(open(stage)).toMatchObject({ from: 'd', to: 'a', cause: 'outage' });
    // `b` failed for five minutes just before.
    const usable = open(stage).candidates.filter(({ gate }) => gate === 'ok');
    expect(usable.map(({ registry }) => registry)).toEqual(['a', 'c', 'b']);
    expect(usable.at(-1)?.scoreSeconds).toBeGreaterThan(10);
  });
});

describe('the sentence of a proposal to leave an unreliable mirror', () => {
  it.each([1, 2, 3, 4])('is about more than the few responses since a restart (%d)', (seed) => {
    const stage = calm();
    stage.live(1_800, failing('a', 0.3, seed));
    stage.restart();
    const { reason } = open(stage);
    expect(reason).toMatch(/^a is unreliable .* \d{2,} probes /);
    for (let second = 0; second < 240; second += 1) {
      stage.live(1);
      expect([open(stage).reason, stage.advisor.remedy('go', 'go')]).toMatchObject([
        reason,
        { advice: { phase: 'active' } },
      ]);
    }
    stage.live(1_800);
    expect(open(stage).reason).toMatch(/^a is unreliable .* probes in the last \d+ min failed/);
    expect(open(stage).reason).not.toBe(reason);
    stage.restart();
    stage.live(600, all(200, { a: 'refused' }));
    expect(open(stage).reason).toMatch(/^a is down /);
  });

  it('ends with its proposal, once the mirror has given as many good responses as a return needs', () => {
    const stage = calm();
    stage.live(1_800, failing('a', 0.3, 1));
    stage.restart();
    stage.live(1_500, all(200));
    expect(stage.advice.at(-1)).toMatchObject({ state: 'withdrawn', to: 'b' });
    expect(stage.advice.at(-1)?.reason).toMatch(/^a (can be used again|responds again)/);
  });
});
