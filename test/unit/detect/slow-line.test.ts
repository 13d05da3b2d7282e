import { describe, expect, it } from 'vitest';
import type { FindingKind } from '../../../src/core/finding.ts';
import type { Mirror } from '../../../src/core/mirror.ts';
import { createDetector } from '../../../src/detect/detector.ts';
import { aConfig, aDue, aMirror, aSample, aTarget, at, countingRandom, timedOut } from './world.ts';

const names = ['a', 'b', 'c', 'd'];

interface Played {
  readonly rounds: number;
  /** The time of a response in milliseconds; `null`: none arrives. */
  tookMs(name: string, round: number, step: string): number | null;
  readonly mirrors?: readonly Mirror[];
  readonly kinds?: readonly FindingKind[];
  /** Every fourth round also asks for `list`. */
  readonly hasLists?: boolean;
  /** Every second round also downloads 1 MiB. */
  readonly hasDownloads?: boolean;
  readonly spike?: Parameters<typeof aConfig>[0]['spike'];
}

/** Rounds 30 s apart; gives what findings opened and closed, as `<registry> <kind> <change>` and its round. */
function play(played: Played): readonly { readonly what: string; readonly round: number }[] {
  const { mirrors = names.map((name) => aMirror(name)), kinds = ['spike', 'level_shift', 'vantage'] } = played;
  const lists = played.hasLists === true ? mirrors.map(({ name }) => aTarget(name, 'list')) : [];
  const zips = played.hasDownloads === true ? mirrors.map(({ name }) => aTarget(name, 'zip')) : [];
  const targets = [...mirrors.map(({ name }) => aTarget(name)), ...lists, ...zips];
  const detector = createDetector({
    config: aConfig({ mirrors, ...(played.spike === undefined ? {} : { spike: played.spike }) }),
    targets,
    restored: [],
    random: countingRandom(),
    now: at(0),
  });
  const told: { what: string; round: number }[] = [];
  for (let round = 1; round <= played.rounds; round += 1) {
    const note = ({ findings }: ReturnType<typeof detector.tick>): void => {
      for (const { change, finding } of findings)
        if (kinds.includes(finding.kind) && change !== 'changed')
          told.push({ what: `${finding.registry ?? 'us'} ${finding.kind} ${change}`, round });
    };
    for (const [i, target] of targets.entries()) {
      if (target.step === 'list' && round % 4 !== i % 4) continue;
      if (target.step === 'zip' && round % 2 !== 0) continue;
      const took = played.tookMs(target.registry, round, target.step);
      const startMs = round * 30_000 + i * 100;
      const outcome = took === null ? timedOut() : ({ tag: 'ok' } as const);
      const bytes = target.step === 'zip' ? 1_048_576 : 100;
      note(
        detector.take(
          aSample(aDue(target), startMs, took ?? 10_000, outcome, { bytes }),
          at(startMs + (took ?? 10_000)),
        ),
      );
    }
    note(detector.tick(at(round * 30_000 + 20_000)));
  }
  return told;
}

const whatOf = (told: ReturnType<typeof play>): readonly string[] => told.map(({ what }) => what);

describe('a slow line of our own', () => {
  const isSlowLine = (round: number): boolean => round > 40 && round < 60;

  it('is a spike of no mirror: at most the first is reported before the others are known to be slow too', () => {
    const told = play({ tookMs: (_, round) => (isSlowLine(round) ? 2_000 : 100), rounds: 80 });
    expect(told.filter(({ what }) => what.endsWith('spike opened')).length).toBeLessThanOrEqual(1);
  });

  it('is a spike of no mirror when it ends, though some targets are probed later than others', () => {
    // The canaries are fast again before the lists are.
    const tookMs = (_: string, round: number) => (round > 120 && round < 150 ? 2_000 : 100);
    const told = play({ tookMs, rounds: 180, hasLists: true });
    expect(told.filter(({ what, round }) => what.endsWith('spike opened') && round > 125)).toEqual([]);
  });

  it('is a level shift of no mirror, however long it lasts', () => {
    const told = play({
      tookMs: (_, round) => (round > 40 ? 2_000 : 100),
      rounds: 200,
      spike: { relearnMs: 30 * 60_000 },
    });
    expect(whatOf(told)).not.toContainEqual(expect.stringMatching('level_shift'));
  });

  it('leaves no trace when it ends: a mirror that is then slow is reported', () => {
    const isSlow = (name: string, round: number): boolean =>
      round > 40 && (round < 200 || (name === 'b' && round > 210));
    const told = play({
      tookMs: (name, round) => (isSlow(name, round) ? 2_000 : 100),
      rounds: 220,
      spike: { relearnMs: 30 * 60_000 },
    });
    expect(whatOf(told).filter((what) => what.includes('spike'))).toEqual(['b spike opened']);
  });

  it('is slow downloads of no mirror', () => {
    const slow = (_: string, round: number) => (round > 40 && round < 60 ? 8_000 : 200);
    const kinds = ['throughput'] as const;
    expect(play({ tookMs: slow, rounds: 60, hasDownloads: true, kinds })).toEqual([]);
    const one = (name: string, round: number) => (name === 'b' ? slow(name, round) : 200);
    expect(whatOf(play({ tookMs: one, rounds: 60, hasDownloads: true, kinds }))).toEqual(['b throughput opened']);
  });

  it('reports the one that stays slow once the others are fast again', () => {
    const told = play({
      tookMs: (name, round) => (round > 40 && (round < 50 || name === 'b') ? 2_000 : 100),
      rounds: 60,
    });
    expect(whatOf(told)).toContain('b spike opened');
  });

  it('reports one with its own egress, though all behind a proxy are slow too', () => {
    const proxied = { proxy: { url: 'http://proxy.example.com:3128', auth: null } };
    const mirrors = names.map((name) => {
      const mirror = aMirror(name);
      return name === 'b' ? mirror : { ...mirror, access: { ...mirror.access, ...proxied } };
    });
    const tookMs = (_: string, round: number) => (round > 40 ? 2_000 : 100);
    expect(whatOf(play({ tookMs, rounds: 50, mirrors }))).toContain('b spike opened');
    expect(whatOf(play({ tookMs, rounds: 50 }))).not.toContain('b spike opened');
  });

  it('reports mirrors of one slow host, though they are most of all mirrors', () => {
    const mirrors = names.map((name) =>
      name === 'd' ? aMirror(name) : { ...aMirror(name), url: `https://repo.example.com/${name}/` },
    );
    const told = play({ tookMs: (name, round) => (name !== 'd' && round > 40 ? 2_000 : 100), rounds: 80, mirrors });
    expect(whatOf(told)).toEqual(['a spike opened', 'b spike opened', 'c spike opened']);
  });

  it('reports the only slow one', () =>
    expect(whatOf(play({ tookMs: (name, round) => (name === 'b' && round > 40 ? 2_000 : 100), rounds: 50 }))).toEqual([
      'b spike opened',
    ]));

  it('is reported as our own after ten minutes, and its end', () => {
    const told = play({
      tookMs: (_, round) => (round > 40 && round < 80 ? 2_000 : 100),
      rounds: 100,
      kinds: ['vantage'],
    });
    expect(whatOf(told)).toEqual(['us vantage opened', 'us vantage closed']);
    const [opened, closed] = told;
    expect((opened?.round ?? 0) - 41).toBeGreaterThanOrEqual(20);
    expect((opened?.round ?? 0) - 41).toBeLessThanOrEqual(22);
    expect((closed?.round ?? 0) - 80).toBeLessThanOrEqual(4);
  });

  it('is not reported as our own if it lasts less, or if a third of the mirrors is fast', () => {
    const brief = (_: string, round: number) => (round > 40 && round < 58 ? 2_000 : 100);
    expect(play({ tookMs: brief, rounds: 100, kinds: ['vantage'] })).toEqual([]);
    const two = (name: string, round: number) => (round > 40 && name < 'c' ? 2_000 : 100);
    expect(play({ tookMs: two, rounds: 100, kinds: ['vantage'] })).toEqual([]);
  });
});

describe('a line of our own that loses responses now and then', () => {
  /** Loses one response in `every`, of each mirror at other times. */
  const losing = (every: number, who: string) => (name: string, round: number) =>
    round > 40 && who.includes(name) && (round + name.charCodeAt(0) * 3) % every === 0 ? null : 100;

  it('makes no mirror unreliable, but one that loses alone is', () => {
    const kinds = ['unreliable'] as const;
    expect(play({ tookMs: losing(7, 'abcd'), rounds: 140, kinds })).toEqual([]);
    expect(whatOf(play({ tookMs: losing(7, 'b'), rounds: 140, kinds }))).toEqual(['b unreliable opened']);
    expect(whatOf(play({ tookMs: losing(7, 'bc'), rounds: 140, kinds }))).toHaveLength(2);
  });
});
