import { describe, expect, test } from 'vitest';
import { abc, all, calm, chain, delay, hour, open, Rounds, type World } from './rounds.ts';
import { noAdviceIn } from './said.ts';

describe('slow spells of three minutes, and other mirrors at which builds take longer than at home', () => {
  const spell = 3 * 60;
  /** At home requests take 200 ms, in a spell 900 ms; at the others 450 ms. */
  const world = (isSlow: boolean): World => all(450, { a: isSlow ? 900 : 200 });
  const departures = (stage: Rounds): number => stage.story().filter((one) => one === 'proposed slower b').length;

  /** Three spells, 50 minutes apart: clients leave home twice, and go back within 50 minutes. */
  const begun = (): Rounds => {
    const stage = new Rounds(chain, abc, world(false));
    stage.live(1_800);
    for (let n = 0; n < 3; n += 1) {
      stage.live(spell, world(true));
      stage.live(50 * 60, world(false));
    }
    return stage;
  };

  test('the third spell moves nobody', () => {
    const stage = begun();
    expect(stage.story()).toEqual(Array(2).fill(['proposed slower b', 'withdrawn slower b']).flat());
  });

  test('slowness that lasts does, after `advise.hold`, and over a restart', () => {
    const stage = begun();
    stage.restart();
    const from = stage.seconds;
    expect(noAdviceIn(stage.advisor).waiting).toEqual([]);
    stage.live(300, world(true));
    expect(noAdviceIn(stage.advisor).waiting).toMatchObject([
      {
        registry: 'a',
        text: 'a is slow. When clients left it in its last slow spells, builds took longer. So a switch waits until the slowness has lasted 10 min.',
      },
    ]);
    stage.live(600, world(true));
    expect(noAdviceIn(stage.advisor).waiting).toEqual([]);
    expect(departures(stage)).toBe(1 + 2);
    expect(delay(stage, from)).toBeGreaterThanOrEqual(590);
    expect(delay(stage, from)).toBeLessThan(660);
  });

  test.each<[string, number, number]>([
    ['that was dismissed for three hours is not said to wait', 3, 0],
    ['is, when the dismissal has ended', 0.5, 1],
  ])('a switch %s', (_name, hours, waiting) => {
    const stage = begun();
    stage.live(900, world(true));
    stage.dismiss(open(stage).id, hours * hour * 1_000);
    stage.live(50 * 60, world(false));
    stage.live(300, world(true));
    expect(noAdviceIn(stage.advisor).waiting).toHaveLength(waiting);
  });
});

describe('slow for three minutes of every half hour', () => {
  /** `a` takes five times as long from the tenth minute of each half hour on, but for its artifacts, asked on the hour. */
  const halfHours: World = (name, step, at) =>
    all(200, name === 'a' && at % 1_800 >= 600 && at % 1_800 < 780 ? { a: 1_000 } : {})(name, step, at);

  test('is gone back to once in six hours, not each time', () => {
    const stage = calm();
    stage.live(6 * hour, halfHours);
    const departures = stage.story().filter((said) => said === 'proposed slower b');
    expect(departures.length).toBeGreaterThan(0);
    expect(departures.length).toBeLessThanOrEqual(2);
  });

  test('is gone back to within three hours of its end', () => {
    const stage = calm();
    stage.live(3 * hour, halfHours);
    stage.live(3 * hour, all(200));
    expect(stage.advisor.list().filter(({ state }) => state === 'proposed')).toEqual([]);
  });
});

describe('slow for five minutes again and again, and faster than all others else', () => {
  test.each([60, 40])('every %s minutes: is gone back to within 25 minutes each time', (minutes) => {
    const period = 60 * minutes;
    const stage = calm();
    stage.live(6 * hour, (name, step, at) => {
      if (name === 'a' && at % period === 1_770) return { status: 500, kind: 'server' };
      return all(300, { a: at % period < 300 && step !== 'zip' ? 2_000 : 200 })(name, step, at);
    });
    const away = stage.changes.flatMap((one, place) =>
      one.change === 'proposed' ? [(stage.changes[place + 1]?.atSeconds ?? Infinity) - one.atSeconds] : [],
    );
    expect(away.length).toBe((6 * hour) / period);
    expect(Math.max(...away)).toBeLessThanOrEqual(1_500);
  });
});
