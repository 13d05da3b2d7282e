import { describe, expect, it } from 'vitest';
import { kill, warm } from './outage.ts';

const tolerant = 'https://a.example.com|https://b.example.com,direct';

describe('a head that is down while clients pass over it', () => {
  it('is named with what a request loses, as long as nothing is advised', () => {
    const stage = warm(undefined, tolerant);
    expect(stage.advisor.passedOver()).toEqual([]);
    kill(stage);
    stage.marks.set('a', { state: 'down' });
    stage.consider();
    expect(stage.advisor.list()).toEqual([]);
    expect(stage.advisor.passedOver()).toMatchObject([
      {
        ecosystem: 'go',
        upstream: 'go',
        registry: 'a',
        text: expect.stringMatching(
          /^a is down\. In the clients' chain the separator after it is "\|", so clients try the next mirror and lose about \d+ ms a request\. No switch is advised\.$/,
        ),
      },
    ]);
    stage.marks.delete('a');
    stage.shut('a', 'outage');
    stage.paces(1, { a: 200, b: 200, c: 200 });
    expect(stage.advisor.passedOver()).toEqual([]);
  });

  it('is not named where clients stop at it: a switch is advised', () => {
    const stage = warm();
    kill(stage);
    stage.marks.set('a', { state: 'down' });
    stage.consider();
    expect(stage.advisor.list()).toHaveLength(1);
    expect(stage.advisor.passedOver()).toEqual([]);
  });

  it.each([
    ['https://a.example.com|https://b.example.com', ['a']],
    ['https://a.example.com|off', []],
    ['https://a.example.com|direct', []],
  ])('is named behind a dismissed switch only if a mirror follows it: %s', (declared, want) => {
    const stage = warm(undefined, declared);
    kill(stage);
    stage.marks.set('a', { state: 'down' });
    stage.consider();
    for (const { id, state } of stage.advisor.list()) if (state === 'proposed') stage.dismiss(id, 3_600_000);
    expect(stage.advisor.passedOver().map(({ registry }) => registry)).toEqual(want);
  });
});
