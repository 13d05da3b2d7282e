import { describe, expect, it } from 'vitest';
import { sampleOfLate } from '../../../src/advise/receive.ts';
import type { View } from '../../../src/advise/view.ts';
import type { Due } from '../../../src/core/due.ts';
import { aDue, aTarget } from '../detect/world.ts';
import { abc, chain, only, warm } from './outage.ts';
import { Stage } from './stage.ts';

const level = { a: 200, b: 200, c: 200 };

describe('a preferred mirror that is behind', () => {
  it('is left for one that is not, and gone back to once it has caught up and proven itself', () => {
    const stage = warm();
    const finding = stage.open('a', 'lag', { cause: 'behind', text: 'a is behind the origin o, by 2.0 h to 2.1 h.' });
    stage.open('b', 'lag', { cause: 'stale' });
    stage.paces(4, level);
    expect(stage.story()).toEqual(['proposed lag c']);
    expect(only(stage)).toMatchObject({ from: 'a', to: 'c', evidence: { findings: [finding.id] } });
    expect(only(stage).reason).toMatch(
      /^a is behind the origin o, by 2\.0 h to 2\.1 h\. \d+ of \d+ probes of c succeeded\.$/,
    );
    stage.paces(60, level);
    expect(stage.story()).toEqual(['proposed lag c']);
    stage.accept(only(stage).id);
    stage.shut('a', 'lag');
    stage.paces(60, level);
    expect(stage.story()).toEqual(['proposed lag c', 'accepted lag c', 'proposed failback a']);
  });

  it.each<[string, Readonly<Record<string, number>>, readonly string[]]>([
    ['costs clients more than minGain beyond it', { a: 200, b: 300, c: 300 }, []],
    ['is behind too', level, ['b', 'c']],
    ['was never measured', { a: 200 }, []],
  ])('is not left for one that %s, and nothing is refused for it', (_name, times, late) => {
    const stage = new Stage(chain, abc);
    stage.paces(6, times);
    for (const name of ['a', ...late]) stage.open(name, 'lag', { cause: 'behind' });
    stage.paces(30, times);
    expect(stage.story()).toEqual([]);
  });

  it('is not left again within hold of the last accepted move', () => {
    const stage = warm();
    stage.open('a', 'lag', { cause: 'behind' });
    stage.paces(4, level);
    stage.accept(only(stage).id);
    stage.open('b', 'lag', { cause: 'behind' });
    stage.paces(10, level);
    expect(stage.story()).toEqual(['proposed lag b', 'accepted lag b']);
    stage.paces(12, level);
    expect(stage.story()).toEqual(['proposed lag b', 'accepted lag b', 'proposed lag c']);
  });
});

describe('a proposal for lag that was not accepted', () => {
  const proposed = () => {
    const stage = warm();
    stage.open('a', 'lag', { cause: 'behind' });
    stage.paces(4, level);
    expect(stage.story()).toEqual(['proposed lag b']);
    return stage;
  };

  it('is withdrawn within a pace or two of the end of its reason, and comes again no sooner than hold after', () => {
    const stage = proposed();
    stage.shut('a', 'lag');
    stage.paces(2, level);
    expect(stage.story()).toEqual(['proposed lag b', 'withdrawn lag b']);
    stage.open('a', 'lag', { cause: 'behind' });
    stage.paces(10, level);
    expect(stage.story()).toEqual(['proposed lag b', 'withdrawn lag b']);
    stage.paces(12, level);
    expect(stage.story()).toEqual(['proposed lag b', 'withdrawn lag b', 'proposed lag b']);
  });

  it('is replaced if its target lags now too, and withdrawn if no mirror is without lag', () => {
    const stage = proposed();
    stage.open('b', 'lag', { cause: 'stale' });
    stage.paces(2, level);
    expect(stage.story()).toEqual(['proposed lag b', 'superseded lag b', 'proposed lag c']);
    stage.open('c', 'lag', { cause: 'behind' });
    stage.paces(2, level);
    expect(stage.story()).toEqual(['proposed lag b', 'superseded lag b', 'proposed lag c', 'withdrawn lag c']);
  });

  it('stands while the mirror that was left has other trouble', () => {
    const stage = proposed();
    stage.open('a', 'spike', { cause: 'slow' });
    stage.shut('a', 'lag');
    stage.paces(4, level);
    expect(stage.story()).toEqual(['proposed lag b']);
  });
});

it.each([
  ['counts once a failure shows that it was no accident', {}, ['proposed outage b']],
  ['says nothing once its answer was one to our own pace', { isOfPace: true }, []],
])('a probe of the head that is out for longer than clients wait: %s', (_name, more, story) => {
  const stage = warm();
  for (const n of [1, 2, 3, 4]) {
    stage.pass(2);
    stage.late('a', 6_000, `late-${n}`);
    if ('isOfPace' in more) stage.sample('a', 'throttled', { probeId: `late-${n}`, ...more });
    stage.pass(2);
    stage.sample('b', 200);
    stage.sample('c', 200);
    stage.pass(28);
  }
  stage.consider();
  expect(stage.story()).toEqual(story);
});

it.each([
  ['is late after the longest wait', 'https://a.example.com,https://b.example.com', 10_250],
  ['is never late where clients go on with another mirror', 'https://a.example.com|https://b.example.com', null],
  ['is late where only `off` follows `|`', 'https://a.example.com|off', 10_250],
  ['is late where only `direct` follows `|`', 'https://a.example.com|direct', 10_250],
])('a light probe of the head that has no response yet: %s', (_name, declared, want) => {
  const stage = warm(abc, declared);
  const probe = { registry: 'a', module: 'example.com/m', version: 'v1.0.0', step: 'mod' } as const;
  const target = { ...probe, id: 'a example.com/m@v1.0.0 mod', ecosystem: 'go', upstream: 'go', canary: true };
  const due = { target, connection: 'cold', purpose: 'scheduled', round: null, plannedAtMs: stage.at.monotonicMs };
  expect(stage.advisor.pendingInMs('late', due as unknown as Due, 0, stage.at)).toBe(want);
});

describe('a pending probe of the head puts the mirror in doubt', () => {
  const commas = 'https://a.example.com,https://b.example.com';

  function dueOf(stage: Stage, step: string, over: Partial<Due> = {}): Due {
    const probe = { registry: 'a', module: 'example.com/m', version: 'v1.0.0', step, ecosystem: 'go', upstream: 'go' };
    const target = { ...probe, id: `a ${step}`, weight: step === 'zip' ? 'heavy' : 'light' };
    const due = { target, connection: 'cold', purpose: 'scheduled', round: null, plannedAtMs: stage.at.monotonicMs };
    return { ...due, ...over } as unknown as Due;
  }

  it.each<[string, string, Partial<Due>, string, number | null]>([
    ['after 2.5 s, and 0.25 s for the network', 'mod', {}, commas, 2_750],
    ['at a step that no fetch needs too', 'latest', {}, commas, 2_750],
    ['never if it is a confirming probe: the mirror is in doubt already', 'mod', { purpose: 'confirm' }, commas, null],
    ['never if it is over an open connection', 'mod', { connection: 'warm' }, commas, null],
    ['where clients go on with another mirror too', 'mod', {}, 'https://a.example.com|https://b.example.com', 2_750],
    ['never if it is a whole download', 'zip', {}, commas, null],
    [
      'after 5.25 s if it reads first bytes, and their times are not known yet',
      'zip',
      { purpose: 'peek' },
      commas,
      5_250,
    ],
  ])('%s', (_name, step, over, declared, want) => {
    const stage = warm(abc, declared);
    stage.paces(20, level);
    expect(stage.advisor.pendingInMs('doubt', dueOf(stage, step, over), 0, stage.at)).toBe(want);
  });

  it('and confirming probes wait until it is a late light probe', () => {
    const stage = warm(abc, commas);
    stage.paces(20, level);
    const waits = [2_750, 5_000, 6_000].map((outMs) =>
      stage.advisor.confirmWaitMsFor(dueOf(stage, 'mod'), outMs, stage.at),
    );
    expect(waits).toEqual([2_500, 250, 0]);
  });

  it('later where its responses usually take long', () => {
    const stage = warm(abc, commas);
    stage.paces(40, { a: 1_500, b: 1_500, c: 1_500 });
    expect(stage.advisor.pendingInMs('doubt', dueOf(stage, 'mod'), 2_750, stage.at)).toBe(500);
  });
});

describe('a download of the head that is out for longer than its siblings took', () => {
  /** Milliseconds until it is late after 12 s, where those before took so long. */
  function leftMs(took: readonly number[]): number | null {
    const stage = warm();
    const zip = { step: 'zip', bytes: 100_000 } as const;
    for (const ms of took) {
      stage.pass(3_600);
      for (const [name, said] of [
        ['a', ms],
        ['b', 1_000],
        ['c', 1_000],
      ] as const)
        stage.sample(name, said, zip);
    }
    stage.pass(3_600);
    for (const name of ['b', 'c']) stage.sample(name, 900, zip);
    stage.consider();
    const target = stage.looks.find((one) => one.registry === 'a' && one.target.step === 'zip')?.target;
    const due = { target, connection: 'cold', purpose: 'scheduled', round: null, plannedAtMs: stage.at.monotonicMs };
    return stage.advisor.pendingInMs('late', due as Due, 12_000, stage.at);
  }

  it('is late after 12 s where times are steady, and not where they scatter by seconds', () => {
    expect(leftMs([4_000, 4_200, 3_800, 4_000, 4_100, 3_900])).toBe(250);
    // A sibling may come before.
    expect(leftMs([9_000, 500, 12_000, 800, 9_000, 600])).toBe(1_000);
  });
});

const view = { now: { wallMs: 100_000, monotonicMs: 100_000 } } as View;

it.each([
  ['zip', 'timeout_transfer'],
  ['mod', 'timeout_processing'],
])('a late %s is a %s, as its timeout would be', (step, kind) => {
  const { outcome } = sampleOfLate(view, aDue(aTarget('a', step)), 70_000);
  expect(outcome).toEqual({ tag: 'failed', failure: { kind, limitMs: 70_000 } });
});
