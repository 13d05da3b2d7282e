import { describe, expect, it } from 'vitest';
import { scenarioOptionsOf, seedsOf } from '../../../../bench/scenarios/options.ts';
import { playTask, traceTask } from '../../../../bench/scenarios/play.ts';
import { usualNames } from '../../../../bench/scenarios/players/registry.ts';
import { reportOf } from '../../../../bench/scenarios/report/markdown.ts';
import { merge, unplayed } from '../../../../bench/scenarios/report/merge.ts';
import { poissonInterval } from '../../../../bench/scenarios/report/poisson.ts';
import type { Score } from '../../../../bench/scenarios/report/score.ts';
import { quantile, rowsOf, standingsOf, worseThanBaseline } from '../../../../bench/scenarios/report/tables.ts';
import { recordedGroup } from '../../../../bench/scenarios/worlds/recorded/families.ts';

const score = (player: string, cost: number, more: Partial<Score> = {}): Score => ({
  family: 'one',
  group: 'g',
  seed: 1,
  isCalm: false,
  player,
  cost,
  bestCost: 4,
  incidentCost: null,
  incidentBest: null,
  moves: 2,
  harmful: 1,
  harmfulFalse: 0,
  needless: 1,
  needlessFalse: 1,
  calmDepartures: 0,
  calmNeedless: 0,
  calmYears: 0,
  incidents: 1,
  costlyIncidents: 1,
  missed: 0,
  delays: [10],
  notices: 3,
  spikes: 0,
  mirrorMonths: 0,
  probes: 120,
  extraProbes: 20,
  againstTable: 0,
  ...more,
});

describe('rows', () => {
  it('add worlds up', () => {
    const [row] = rowsOf([
      score('p', 5),
      score('p', 7, { delays: [20, 400], incidents: 2 }),
      score('p', 3, {
        incidents: 0,
        notices: 9,
        delays: [],
        isCalm: true,
        calmDepartures: 2,
        calmNeedless: 1,
        calmYears: 0.5,
      }),
    ]);
    expect(row).toEqual({
      player: 'p',
      worlds: 3,
      cost: 5,
      ratio: 15 / 12,
      moves: 6,
      harmful: 3,
      harmfulFalse: 0,
      needless: 3,
      needlessFalse: 3,
      costlyIncidents: 3,
      missed: 0,
      delayMedian: 20,
      delayP90: 400,
      notices: 2,
      noticesMedian: 1.5,
      calmDepartures: 2,
      calmNeedless: 1,
      calmYears: 0.5,
      spikesAMonth: null,
      extra: 0.2,
      againstTable: 0,
    });
  });
  it('quantiles are those of the nearest rank', () => {
    expect([quantile([], 0.5), quantile([1, 2, 3, 4], 0.5), quantile([1, 2, 3, 4], 0.9)]).toEqual([null, 2, 4]);
  });
});

describe('standings', () => {
  const baselines = ['never', 'plain'];
  const scores = [
    ...[score('never', 10), score('plain', 5), score('policy', 5.01), score('oracle', 4)],
    ...[score('never', 4.1), score('plain', 4), score('policy', 4.11), score('oracle', 1)].map((one) => ({
      ...one,
      family: 'two',
    })),
    ...[score('never', 9), score('plain', 8), score('policy', 5), score('oracle', 4)].map((one) => ({
      ...one,
      family: 'three',
    })),
  ];
  it('name the best baseline, and the families in which only the oracle differs by 3 %', () => {
    const standings = standingsOf(scores, baselines);
    expect(standings.map(({ family, best, bestOf, isAlike }) => [family, best, bestOf, isAlike])).toEqual([
      ['one', 5, 'plain', false],
      ['two', 4, 'plain', true],
      ['three', 8, 'plain', false],
    ]);
    expect(worseThanBaseline(standings, 'policy').map(({ family }) => family)).toEqual(['one']);
  });
  it('are said in the report', () => {
    const report = reportOf(scores, {
      seeds: 'odd seeds 1 to 1',
      command: 'npm run scenarios',
      baselines,
      what: new Map([['one', 'a dead head']]),
      groups: [['a cut line', 'one minute late', '1.1', '2.2', '3', '0']],
    });
    expect(report).toContain(
      'In 1 families (kinds of simulated world) the build times of all players except `oracle` differ by at most 3 %: two.',
    );
    expect(report).toContain(
      'In 1 families (kinds of simulated world) builds take longer with the player `policy` than with the best of the players `never`, `plain`. The table shows the mean time of a build in seconds:\n\n| family | policy | best of the others | with |\n| --- | --: | --: | --: |\n| one | 5.01 | 5.00 | plain |\n',
    );
    expect(report).toContain('| one: a dead head | 10.00 | 5.00 | 5.01 | 4.00 |');
    expect(report).toContain('| policy | 4.71 | 1.177 | 6 | 3 (0) | 3 (3) | 0 of 3 | 10 | 10 | 3.0 (3.0) | 20 % |');
    expect(report).toContain('| a cut line | one minute late | 1.1 | 2.2 | 3 | 0 |');
    expect(report).not.toContain('## Calm');
  });
  it('keep recorded outages in tables of their own', () => {
    const recorded = scores.map((one) => ({
      ...one,
      group: recordedGroup,
      family: 'recorded-hard',
      seed: 6,
      cost: 99,
    }));
    const around = { seeds: 's', command: 'c', baselines, what: new Map([['recorded-hard', 'as seen']]), groups: [] };
    const [alone, both] = [reportOf(scores, around), reportOf([...scores, ...recorded], around)];
    const sections = both.split(/(?=^## )/m);
    expect(sections.filter((one) => !one.startsWith('## Recorded')).join('')).toBe(alone);
    expect(both).toContain('## Recorded outages (1 windows)');
    expect(both).toContain('### recorded-hard: as seen');
    expect(both).toContain('| policy | 99.00 |');
  });
});

describe('a merge', () => {
  it('takes the later score of a world and player, such as that of a longer calm', () => {
    const own = [score('p', 1), score('q', 2), score('p', 3, { seed: 3 })];
    const others = [score('p', 4, { calmYears: 1 }), score('p', 5, { family: 'two' })];
    expect(merge(own, others)).toEqual([others[0], own[1], own[2], others[1]]);
  });
  it('leaves the worlds that lack a score of any player', () => {
    const taskOf = (family: string, seed: number) => ({
      family,
      seed,
      players: ['p', 'q'],
      calmDays: null,
      recorded: null,
    });
    const tasks = [taskOf('one', 1), taskOf('one', 3), taskOf('two', 1)];
    const scores = [score('p', 1), score('q', 2), score('p', 3, { seed: 3 })];
    expect(unplayed(tasks, scores)).toEqual([tasks[1], tasks[2]]);
    expect(unplayed(tasks, [])).toEqual(tasks);
  });
});

describe('calm', () => {
  it('shows how sure its rate is', () => {
    const calm = [
      score('daemon', 5, { isCalm: true, incidents: 0, calmDepartures: 3, calmNeedless: 1, calmYears: 1 }),
      score('never', 5, { isCalm: true, incidents: 0, calmDepartures: 0, calmYears: 3 }),
    ];
    const report = reportOf(calm, { seeds: 's', command: 'c', baselines: ['never'], what: new Map(), groups: [] });
    expect(report).toContain('| daemon | 5.00 | 1.250 | 1 | – | 1.00 | 3 | 3.0 (0.8 to 7.8) | 1 | 1.0 (0.1 to 4.7) |');
    expect(report).toContain('| never | 5.00 | 1.250 | 1 | – | 3.00 | 0 | 0.0 (0.0 to 1.0) | 0 | 0.0 (0.0 to 1.0) |');
  });
  it('of more worlds for one player does not change the tables that compare players', () => {
    const world = { family: 'calm', isCalm: true, incidents: 0, calmYears: 1 };
    const both = [score('daemon', 5, world), score('never', 5, world)];
    const more = [...both, score('daemon', 95, { ...world, seed: 3 })];
    const of = (scores: typeof both) =>
      reportOf(scores, { seeds: 's', command: 'c', baselines: ['never'], what: new Map(), groups: [] });
    const comparing = (report: string) => report.slice(report.indexOf('## By group'));
    expect(comparing(of(more))).toBe(comparing(of(both)));
    expect(of(more)).toContain('| daemon | 50.00 |');
  });
  // https://en.wikipedia.org/wiki/Poisson_distribution#Confidence_interval by tables of chi-squared: half its 5 % quantile at 2n
  // and half its 95 % quantile at 2n + 2 degrees of freedom.
  it.each([
    [0, 0, 2.9957],
    [1, 0.0513, 4.7439],
    [3, 0.8177, 7.7537],
    [10, 5.4254, 16.9622],
  ])('%i events come from a mean of %f to %f', (count, low, high) => {
    const interval = poissonInterval(count);
    expect(interval.low).toBeCloseTo(low, 3);
    expect(interval.high).toBeCloseTo(high, 3);
  });
});

describe('a run', () => {
  it.each([
    [[], { seeds: [1, 3, 5, 7, 9, 11, 13, 15, 17, 19], half: 'odd', players: usualNames, families: null }],
    [['--windows', '4', '--recorded', 'mine.csv'], { windows: 4, recorded: 'mine.csv' }],
    [[], { windows: 0, recorded: null, merged: [] }],
    [['--merge', 'a.json', '--merge', 'b.json'], { merged: ['a.json', 'b.json'], resumed: null }],
    [['--resume', 'calm.json'], { resumed: 'calm.json', merged: [] }],
    [['--short'], { seeds: [1], calmDays: 0.25 }],
    [['--seeds', 'even', '--count', '2'], { seeds: [0, 2], half: 'even' }],
    [
      ['--seed', '7', '--trace', '--player', 'policy', '--player', 'never'],
      { seeds: [7], players: ['never', 'policy'] },
    ],
  ])('%j', (argv, expected) => expect(scenarioOptionsOf(argv)).toMatchObject(expected));
  it.each([
    ['--seeds', 'some'],
    ['--player', 'nobody'],
    ['--count', '0'],
    ['--seed', 'x'],
    ['--help'],
    ['stray'],
    ['--windows', '1.5'],
  ])('is refused: %s %s', (...argv) => expect(scenarioOptionsOf(argv.filter((word) => word !== undefined))).toBe(null));
  it('the halves share no seed', () => {
    const [even, odd] = [seedsOf('even', 10), seedsOf('odd', 10)];
    expect(even.filter((seed) => odd.includes(seed))).toEqual([]);
    expect(seedsOf('all', 10)).toEqual([...even, ...odd].toSorted((one, other) => one - other));
  });
  it('plays the same twice, and traces moves beside truth', async () => {
    const task = { family: 'refused', seed: 4, players: ['never', 'policy'], calmDays: null, recorded: null };
    const [one, two] = [await playTask(task), await playTask(task)];
    expect(one).toEqual(two);
    expect(one.scores.map(({ player }) => player)).toEqual(['never', 'policy']);
    const lines = await traceTask(task);
    expect(lines.filter((line) => line.startsWith('policy: '))).toHaveLength(1);
    expect(lines.some((line) => line.includes('(fails)'))).toBe(true);
  });
  it('names a family or player that does not exist', async () => {
    await expect(playTask({ family: 'none', seed: 1, players: [], calmDays: null, recorded: null })).rejects.toThrow(
      'no family none',
    );
    await expect(
      playTask({ family: 'refused', seed: 1, players: ['x'], calmDays: null, recorded: null }),
    ).rejects.toThrow('no player x');
  });
});
