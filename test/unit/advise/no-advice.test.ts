import { describe, expect, it } from 'vitest';
import { kill, only, warm } from './outage.ts';
import { all, calm, hour, open, type Rounds } from './rounds.ts';
import { noAdviceIn } from './said.ts';

const tolerant = 'https://a.example.com|https://b.example.com,direct';

describe('a head that is down while clients pass over it', () => {
  it('is named with what a request loses, as long as nothing is advised', () => {
    const stage = warm(undefined, tolerant);
    expect(noAdviceIn(stage.advisor).passedOver).toEqual([]);
    kill(stage);
    stage.marks.set('a', { state: 'down' });
    stage.consider();
    expect(stage.advisor.list()).toEqual([]);
    expect(noAdviceIn(stage.advisor).passedOver).toMatchObject([
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
    expect(noAdviceIn(stage.advisor).passedOver).toEqual([]);
  });

  it('is not named where clients stop at it: a switch is advised', () => {
    const stage = warm();
    kill(stage);
    stage.marks.set('a', { state: 'down' });
    stage.consider();
    expect(stage.advisor.list()).toHaveLength(1);
    expect(noAdviceIn(stage.advisor).passedOver).toEqual([]);
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
    expect(noAdviceIn(stage.advisor).passedOver.map(({ registry }) => registry)).toEqual(want);
  });
});

describe('a head whose switch was dismissed', () => {
  const dismissed = (forMs: number) => {
    const stage = warm();
    kill(stage);
    stage.consider();
    const { to } = only(stage);
    stage.dismiss(only(stage).id, forMs);
    return { stage, to };
  };

  it('is named while the cause is there, not while the head is well, and again in the next outage', () => {
    const { stage, to } = dismissed(7_200_000);
    const said = [
      {
        ecosystem: 'go',
        upstream: 'go',
        registry: 'a',
        text: expect.stringMatching(
          new RegExp(
            `^The switch from a to ${to} is dismissed until \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d UTC, so it is not advised\\. Its cause is present now: requests to a fail\\.$`,
          ),
        ),
      },
    ];
    expect(noAdviceIn(stage.advisor).dismissed).toMatchObject(said);
    stage.shut('a', 'outage');
    stage.paces(40, { a: 200, b: 200, c: 200 });
    expect(noAdviceIn(stage.advisor).dismissed).toEqual([]);
    kill(stage);
    stage.consider();
    expect(stage.advisor.list()).toEqual([]);
    expect(noAdviceIn(stage.advisor).dismissed).toMatchObject(said);
  });

  it('is not named once the dismissal has ended: the switch is advised', () => {
    const { stage } = dismissed(60_000);
    stage.paces(3, { a: 'refused', b: 200, c: 200 });
    expect(only(stage).state).toBe('proposed');
    expect(noAdviceIn(stage.advisor).dismissed).toEqual([]);
  });

  it('is not named where another switch is advised', () => {
    const { stage, to } = dismissed(7_200_000);
    stage.paces(2, { a: 'refused', b: 200, c: 200, [to]: 'refused' });
    kill(stage, to);
    stage.paces(3, { a: 'refused', b: 200, c: 200, [to]: 'refused' });
    expect(only(stage)).toMatchObject({ state: 'proposed', from: 'a' });
    expect(noAdviceIn(stage.advisor).dismissed).toEqual([]);
  });
});

describe('a switch away from a slow head, dismissed', () => {
  const dismissed = (): { readonly stage: Rounds; readonly to: string } => {
    const stage = calm();
    stage.live(3_600, slow);
    const { to, id, cause } = open(stage);
    expect(cause).toBe('slower');
    stage.dismiss(id, 12 * hour * 1_000);
    return { stage, to };
  };
  const slow = all(200, { a: 900 });
  const proposed = ({ advisor }: Rounds): string[] =>
    advisor.list().flatMap(({ state, cause, to }) => (state === 'proposed' ? [`${cause} ${to}`] : []));

  it.each(['spike', 'throughput'] as const)('stays dismissed if a finding %s explains it later', (kind) => {
    const { stage, to } = dismissed();
    stage.open('a', kind);
    stage.live(hour, slow);
    expect(proposed(stage).filter((one) => one.endsWith(` ${to}`))).toEqual([]);
  });

  it('is advised once the head fails', () => {
    const { stage } = dismissed();
    stage.open('a', 'outage');
    stage.live(300, (name, step, at) => (name === 'a' ? 'refused' : slow(name, step, at)));
    expect(proposed(stage)).toEqual([expect.stringMatching(/^outage /)]);
  });
});
