import { describe, expect, test } from 'vitest';
import { phrase } from '../../../src/words/tell.ts';
import { every } from '../../support/sample-config.ts';
import { abc, all, chain, chance, hour, open, Rounds, type World } from './rounds.ts';
import { failbackIn } from './said.ts';
import { config } from './stage.ts';

// What is said about the way back, after clients accepted advice to leave `a`.

const isZipOfA = (name: string, step: string): boolean => name === 'a' && step === 'zip';
const cutZips: World = (name, step, at) => (isZipOfA(name, step) ? 'cut' : all(200)(name, step, at));
const slowZips: World = (name, step, at) => (isZipOfA(name, step) ? 2_000 : all(200)(name, step, at));
/** `a` fails one of so many canary probes, at times that look random. */
const rarely =
  (one: number): World =>
  (name, step, at) =>
    name === 'a' && step === 'mod' && chance(name, at) < 1 / one ? 'refused' : all(200)(name, step, at);

class Away {
  readonly stage: Rounds;
  readonly id: string;

  /** Clients leave `a` for `b`, and an operator accepts it. */
  constructor(world: World = all(200, { a: 'refused' }), happens: (stage: Rounds) => void = () => {}) {
    // Downloads once an hour.
    const { steps } = config(abc);
    this.stage = new Rounds(chain, abc, all(200), { steps: { ...steps, zip: every(3_600_000) } });
    this.stage.live(1_800);
    happens(this.stage);
    this.stage.live(120, world);
    this.id = open(this.stage).id;
    this.stage.accept(this.id);
  }

  live(seconds: number, world: World = all(200)): this {
    this.stage.live(seconds, world);
    return this;
  }

  with(change: (stage: Rounds) => void): this {
    change(this.stage);
    this.stage.consider();
    return this;
  }

  get text(): string | null {
    return failbackIn(this.stage.advisor, this.id)?.text ?? null;
  }
}

const slowA = all(200, { a: 1_500 });
const noWay = 'No switch back to a yet: ';

test.each<[string, () => Away, string | RegExp]>([
  ['it is down', () => new Away(), `${noWay}not measured enough.`],
  ['it responds for the first time', () => new Away().live(30), `${noWay}the wait after the last switch is not over.`],
  [
    'some of its last requests failed',
    () => new Away().live(3 * hour, rarely(3)),
    /^No .* yet: \d+ more good responses in a row are missing\.$/,
  ],
  [
    'all its downloads failed, and one succeeded since',
    () => new Away(cutZips).live(300, cutZips).live(300),
    /^No .* yet: \d+ more good responses in a row are missing\.$/,
  ],
  [
    'it is slow',
    () => new Away(slowA).live(hour, slowA),
    `${noWay}too few of its responses are as fast as those of b.`,
  ],
  [
    'its downloads are slow',
    () => new Away().live(3 * hour, slowZips),
    `${noWay}too few of its responses are as fast as those of b.`,
  ],
  [
    'a fetch there costs more',
    () => new Away().live(3 * hour, all(200, { a: 225 })),
    `${noWay}a fetch costs more there than at b.`,
  ],
  [
    'an alert of another system fires',
    () => new Away().live(40 * 60).with((stage) => stage.alert('a')),
    `${noWay}an alert of another system names it.`,
  ],
  [
    'it fails in most hours',
    () => new Away().live(10 * hour, rarely(30)).live(hour),
    `${noWay}it has too many failures in each hour, and a build there is not cheaper than at b.`,
  ],
  [
    'a single request failed before the wait',
    () =>
      new Away()
        .live(1_200)
        .live(30, all(200, { a: 'refused' }))
        .live(2_750),
    `${noWay}it had more failures than b in the last hour.`,
  ],
  [
    'our own network is suspect',
    () => new Away().live(600).with((stage) => Object.assign(stage, { suspect: true })),
    `${noWay}the problem may be this host or its network.`,
  ],
  [
    'it is paused',
    () =>
      new Away().live(600).with((stage) =>
        stage.mark('a', {
          paused: { untilMs: Number.MAX_SAFE_INTEGER, reason: 'disk' },
          why: phrase('why.paused', { reason: 'disk' }),
        }),
      ),
    `${noWay}paused: disk.`,
  ],
  [
    'its outage stays open, although it responds',
    () =>
      new Away().live(600).with((stage) => {
        stage.open('a', 'outage');
        stage.mark('a', { isBack: true, why: phrase('why.canaryBack') });
      }),
    `${noWay}the canary probes succeed again; the outage stays open for now, because outages repeat.`,
  ],
])('the switch back is not advised: %s', (_name, make, want) => {
  const away = make();
  expect(away.text).toEqual(typeof want === 'string' ? want : expect.stringMatching(want));
});

describe('the reason', () => {
  test('it responds again', () =>
    expect(new Away().live(240).text).toBe(`${noWay}the wait after the last switch is not over.`));

  test('all its downloads failed, and two succeeded since: the failures are no reason any more', () =>
    expect(new Away(cutZips).live(300, cutZips).live(600).text).toMatch(
      /^No .* yet: \d+ more good responses in a row are missing\.$/,
    ));

  test('it served wrong bytes, and never stopped responding', () => {
    const away = new Away(all(200), (stage) => stage.open('a', 'mismatch', { cause: 'mismatch', actionable: true }));
    away.stage.shut('a', 'mismatch');
    expect(away.live(240).text).toBe(`${noWay}the wait after the last switch is not over.`);
  });

  test('a restart forgets the good responses', () => {
    const away = new Away().live(40 * 60);
    expect(away.text).toBe(`${noWay}9 more good responses in a row are missing.`);
    away.stage.restart();
    away.live(300);
    expect(away.text).toBe(`${noWay}37 more good responses in a row are missing.`);
  });

  test('an operator dismissed it', () => {
    const away = new Away().live(hour);
    away.with((stage) => stage.dismiss(open(stage).id, 7_200_000));
    expect(away.text).toBe(`${noWay}an operator dismissed it until 2026-03-01 03:32 UTC.`);
  });

  test.each<[string, Away]>([
    ['of an outage', new Away()],
    ['of slowness', new Away(slowA)],
  ])('the switch back is proposed once nothing is missing: after the end %s', (_name, away) => {
    for (let n = 0; n < 200 && away.text !== null; n += 1) {
      expect(away.stage.changes.find(({ cause }) => cause === 'failback')).toBeUndefined();
      away.live(30);
    }
    expect(away.stage.changes.find(({ cause }) => cause === 'failback')).toBeDefined();
  });
});

test.each<[string, () => Away]>([
  [
    'is not accepted',
    () => {
      const away = new Away().live(hour);
      away.stage.accept(open(away.stage).id);
      return away;
    },
  ],
  ['leads to an open proposal to switch back', () => new Away().live(hour)],
  ['leads to another open proposal', () => new Away().live(120, all(200, { a: 'refused', b: 'refused' }))],
])('nothing is said of advice that %s', (_name, make) => {
  const away = make();
  expect([away.text, failbackIn(away.stage.advisor, 'unknown')]).toEqual([null, null]);
});
