import { describe, expect, it, test } from 'vitest';
import { isRegretted } from '../../../src/advise/audit.ts';
import { Tally, type TallyEntry } from '../../../src/advise/tally.ts';
import { config, mirror, type Said, Stage } from './stage.ts';

/** Answers a second apart from 1 s on: a number took so many milliseconds, `x` failed at once, `t` timed out. */
const answers = (...said: readonly (number | 'x' | 't')[]): TallyEntry[] =>
  said.map((one, index) => ({
    atMs: 1000 * (index + 1),
    tag: typeof one === 'number' ? 'ok' : 'failed',
    reason: one === 'x' ? 'refused' : one === 't' ? 'timeout_processing' : null,
    status: typeof one === 'number' ? 200 : null,
    tookMs: typeof one === 'number' ? one : one === 't' ? 10_000 : 1,
    slow: one === 't',
    cold: false,
    round: null,
  }));

const times = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one);

const ten = (ms: number): TallyEntry[] => answers(...times(10, ms));
const failing = (count: number, ms = 200): TallyEntry[] =>
  answers(...times(count, 'x' as const), ...times(10 - count, ms));

/** What is found of a move from `left` to `advised`, with a minGain of 20 %. */
function found(to: readonly TallyEntry[], from: readonly TallyEntry[], sinceMs = 0, cause: 'slo' | 'spike' = 'spike') {
  const tallyOf = (name: string): Tally => Object.assign(new Tally(), { canary: name === 'advised' ? to : from });
  return isRegretted({ tallyOf, config: config([]) }, { to: 'advised', from: 'left', cause }, sinceMs);
}

describe('the verdict on a move (minGain 20 %)', () => {
  test.each<[string, { to: readonly TallyEntry[]; from: readonly TallyEntry[]; sinceMs?: number }, boolean | null]>([
    ['as good as each other', { to: ten(200), from: ten(200) }, false],
    ['the advised one is faster', { to: ten(200), from: ten(400) }, false],
    ['the left one is faster by just less than minGain', { to: ten(200), from: ten(161) }, false],
    ['the left one is faster by minGain', { to: ten(200), from: ten(160) }, true],
    ['by a share, but by less than 10 ms', { to: ten(20), from: ten(11) }, false],
    ['by a share, and by 10 ms', { to: ten(20), from: ten(10) }, true],
    ['the middle decides, not the mean', { to: answers(...times(6, 100), ...times(5, 9000)), from: ten(90) }, false],
    ['one failure more is chance', { to: failing(1), from: failing(0) }, false],
    ['two failures more', { to: failing(2), from: failing(0) }, true],
    [
      'two failures more, over a much longer time',
      {
        to: answers(...times(4, 'x' as const), ...times(36, 200)),
        from: answers(...times(2, 'x' as const), ...times(8, 200)),
      },
      false,
    ],
    ['failures outweigh speed: fewer at the left one, which is slower', { to: failing(2, 100), from: ten(900) }, true],
    [
      'failures outweigh speed: fewer at the advised one, which is slower',
      { to: ten(900), from: failing(2, 100) },
      false,
    ],
    ['one failure fewer at the advised one does not outweigh speed', { to: ten(900), from: failing(1, 100) }, true],
    ['a timeout is a failure and a time', { to: answers(...times(9, 't' as const), 200), from: ten(200) }, true],
    ['both refuse all: nothing was timed', { to: failing(10), from: failing(10) }, false],
    ['four answers of the advised one', { to: answers(...times(4, 900)), from: ten(100) }, null],
    ['four answers of the left one', { to: ten(900), from: answers(...times(4, 100)) }, null],
    ['five answers of each', { to: answers(...times(5, 900)), from: answers(...times(5, 100)) }, true],
    ['nothing of the left one', { to: ten(900), from: [] }, null],
    ['answers from the accept on: five', { to: ten(900), from: ten(100), sinceMs: 6000 }, true],
    ['answers from the accept on: four', { to: ten(900), from: ten(100), sinceMs: 6001 }, null],
    [
      'what was before the accept does not count',
      { to: answers(...times(5, 'x' as const), ...times(5, 200)), from: ten(200), sinceMs: 6000 },
      false,
    ],
    ['where one memory is shorter, the other is cut as well', { to: ten(200).slice(5), from: failing(5) }, false],
    [
      'confirming answers do not count',
      { to: failing(2).map((one) => (one.tag === 'failed' ? { ...one, round: 'r/1' } : one)), from: ten(200) },
      false,
    ],
    [
      'first fetches of a cache are no times',
      { to: ten(900).map((one) => ({ ...one, cold: true })), from: ten(100) },
      false,
    ],
  ])('%s', (_name, { to, from, sinceMs }, want) => expect(found(to, from, sinceMs)).toBe(want));
});

describe('what an objective is about decides where one was missed', () => {
  // The left one is faster in the middle, and slow in a third of its answers.
  const to = ten(200);
  const from = answers(...times(7, 50), ...times(3, 900));
  test.each([
    ['spike', to, from, true],
    ['slo', to, from, false],
    ['slo', from, to, true],
  ] as const)('%s', (cause, advised, left, want) => expect(found(advised, left, 0, cause)).toBe(want));
});

const hold = 600;

/** `a` spikes, the move to `b` is accepted, and the spike is over at once. */
function moved(cause: 'spike' | 'mismatch' = 'spike'): Stage {
  const stage = new Stage('https://a.example.com,https://b.example.com,direct', [mirror('a'), mirror('b')]);
  stage.paces(6, { a: 200, b: 200 });
  stage.paces(3, { a: 1300, b: 200 });
  stage.open('a', cause);
  stage.paces(1, { a: 1300, b: 200 });
  stage.pass(1);
  stage.accept(proposedOf(stage));
  if (cause === 'spike') stage.shut('a', cause);
  return stage;
}

function proposedOf(stage: Stage): string {
  const advice = stage.advisor.list().find(({ state }) => state === 'proposed');
  if (advice === undefined) throw new Error('nothing is proposed');
  return advice.id;
}

const regrets = (stage: Stage): readonly string[] => stage.story().filter((one) => one.startsWith('regretted'));

/** So many seconds from the accept on, a pace of 30 s each. */
function live(stage: Stage, seconds: number, said: Readonly<Record<string, Said>>): void {
  stage.paces(seconds / 30, said);
}

// The spike has widened what answers of `a` are taken to scatter: 48 clean ones of it come before the time test speaks.
const leftIsBetter = { a: 200, b: 500 } as const;

describe('an accepted advice is looked back at', () => {
  it('after 3 × hold: the previous mirror performed better, which is reported once', () => {
    const stage = moved();
    live(stage, 3 * hold - 30, leftIsBetter);
    expect(regrets(stage)).toEqual([]);
    live(stage, 30, leftIsBetter);
    expect(stage.changes.at(-1)).toEqual({
      atSeconds: 301 + 3 * hold,
      change: 'regretted',
      state: 'accepted',
      cause: 'spike',
      to: 'b',
    });
    live(stage, 3 * hold, leftIsBetter);
    stage.accept(proposedOf(stage));
    expect(stage.story()).toEqual([
      'proposed spike b',
      'accepted spike b',
      'proposed failback a',
      'regretted spike b',
      'superseded spike b',
      'accepted failback a',
    ]);
  });

  it.each<[string, Readonly<Record<string, Said>>]>([
    ['the advised one did better', { a: 500, b: 200 }],
    ['they were alike', { a: 200, b: 200 }],
  ])('and not regretted where %s', (_name, said) => {
    const stage = moved();
    live(stage, 3 * hold, said);
    // What comes after the verdict changes nothing.
    live(stage, 3 * hold, leftIsBetter);
    expect(stage.story().slice(0, 2)).toEqual(['proposed spike b', 'accepted spike b']);
    expect(regrets(stage)).toEqual([]);
  });

  it('when it ends before: by the way back, in the turn of the accept', () => {
    const stage = moved();
    live(stage, 3 * hold - 30, leftIsBetter);
    stage.accept(proposedOf(stage));
    expect(stage.story().slice(3)).toEqual(['regretted spike b', 'superseded spike b', 'accepted failback a']);
    expect(stage.changes.slice(3).map(({ state }) => state)).toEqual(['accepted', 'superseded', 'accepted']);
    live(stage, 4 * hold, { a: 200, b: 200 });
    expect(regrets(stage)).toHaveLength(1);
  });

  it('when it ends before: by another chain in the configuration', () => {
    const stage = moved();
    live(stage, hold - 30, leftIsBetter);
    stage.reconfigure('https://b.example.com,https://a.example.com,direct');
    expect(stage.story().slice(2)).toEqual(['regretted spike b', 'superseded spike b']);
  });

  it('at its ttl at the latest, though it is reissued then', () => {
    const stage = moved();
    stage.pass(86_400 - 10 * 30);
    // The vantage is suspect in between: the look back waits for it too.
    stage.suspect = true;
    live(stage, 9 * 30, leftIsBetter);
    expect(regrets(stage)).toEqual([]);
    stage.suspect = false;
    live(stage, 30, leftIsBetter);
    expect(stage.story().slice(1)).toEqual([
      'accepted spike b',
      'refused outage b',
      'regretted spike b',
      'superseded spike b',
      'accepted spike b',
      'withdrawn outage b',
    ]);
  });

  it('and an end with too few answers is neither regret nor success', () => {
    const stage = moved();
    live(stage, 4 * 30, leftIsBetter);
    stage.reconfigure('https://b.example.com,https://a.example.com,direct');
    expect(stage.story().slice(2)).toEqual(['superseded spike b']);
  });

  it('and waits where there are too few answers after 3 × hold', () => {
    const stage = moved();
    stage.pass(3 * hold);
    live(stage, 4 * 30, leftIsBetter);
    expect(regrets(stage)).toEqual([]);
    live(stage, 30, leftIsBetter);
    expect(regrets(stage)).toEqual(['regretted spike b']);
  });

  it('also where it led back to the declared chain, and then by its ttl at the latest', () => {
    const back = (): Stage => {
      const stage = moved();
      live(stage, 4 * 30, { a: 200, b: 200 });
      stage.open('b', 'outage');
      stage.paces(3, { a: 200, b: 'refused' });
      stage.pass(1);
      stage.accept(proposedOf(stage));
      stage.shut('b', 'outage');
      expect(stage.story().slice(-2)).toEqual(['superseded spike b', 'accepted outage a']);
      return stage;
    };
    const stage = back();
    live(stage, 3 * hold, { a: 500, b: 200 });
    stage.restart();
    live(stage, 3 * hold, { a: 500, b: 200 });
    expect(regrets(stage)).toEqual(['regretted spike b', 'regretted outage a']);
    const late = back();
    late.pass(86_400 - 4 * 30);
    live(late, 4 * 30, { a: 500, b: 200 });
    live(late, 4 * 30, { a: 500, b: 200 });
    expect(regrets(late)).toEqual(['regretted spike b']);
  });

  it('but a mirror left for wrong bytes is not missed', () => {
    const stage = moved('mismatch');
    live(stage, 4 * hold, leftIsBetter);
    expect(regrets(stage)).toEqual([]);
  });

  it('and its end without an accept is not its matter', () => {
    const stage = new Stage('https://a.example.com,https://b.example.com,direct', [mirror('a'), mirror('b')]);
    stage.paces(6, { a: 200, b: 200 });
    stage.open('a', 'spike');
    stage.paces(4, { a: 1300, b: 200 });
    stage.shut('a', 'spike');
    live(stage, 4 * hold, leftIsBetter);
    expect(stage.story()).toEqual(['proposed spike b', 'withdrawn spike b']);
  });
});

describe('a restart', () => {
  it('before the verdict does not forget it: what is measured after it decides', () => {
    const stage = moved();
    live(stage, 3 * hold - 60, { a: 500, b: 200 });
    stage.restart();
    live(stage, 4 * 30, leftIsBetter);
    expect(regrets(stage)).toEqual([]);
    live(stage, 30, leftIsBetter);
    expect(regrets(stage)).toEqual(['regretted spike b']);
  });

  it('after the verdict does not repeat it', () => {
    const stage = moved();
    live(stage, 3 * hold, leftIsBetter);
    stage.restart();
    live(stage, 3 * hold, leftIsBetter);
    stage.accept(proposedOf(stage));
    expect(regrets(stage)).toEqual(['regretted spike b']);
  });

  it('after a good verdict does not change it', () => {
    const stage = moved();
    live(stage, 3 * hold, { a: 200, b: 200 });
    stage.restart();
    live(stage, 3 * hold, leftIsBetter);
    expect(regrets(stage)).toEqual([]);
  });
});
