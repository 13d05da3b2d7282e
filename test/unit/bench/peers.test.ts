import { describe, expect, it } from 'vitest';
import { errorsOf, type PeerRow, peerRows, type Round, type Shot } from '../../../bench/peers/errors.ts';
import type { PeersReport, PeersReports } from '../../../bench/peers/peers.ts';
import { peersTargets } from '../../../bench/peers/report.ts';
import { saidByBlackbox, saidByCurl, saidByFloor } from '../../../bench/peers/said.ts';
import { shotAt } from '../../../bench/peers/turn.ts';
import { summaryOf } from '../../../bench/statistics.ts';
import type { Target } from '../../../bench/targets.ts';

const said = { connect: 40, tls: 41, processing: 42, transfer: 1 };
const page = (success: number, phases: readonly string[]): string =>
  [
    '# TYPE probe_http_duration_seconds gauge',
    ...phases.map((phase, at) => `probe_http_duration_seconds{phase="${phase}"} ${(at + 1) / 1_000}`),
    `probe_success ${success}`,
    '',
  ].join('\n');
const fivePhases = ['connect', 'processing', 'resolve', 'tls', 'transfer'];

describe('what the C program says', () => {
  it('is a line for each probe, by its number', () =>
    expect(saidByFloor('1 40.000000 41.000000 42.000000 1.000000\n0 failed\n')).toEqual(
      new Map([
        [1, said],
        [0, null],
      ]),
    ));
  it.each([
    ['nothing', '', []],
    ['a line that is no probe', 'floor: out of memory\n', []],
    ['a line cut short', '3 40.0 41.0', [[3, null]]],
  ])('%s', (_, text, expected) => expect([...saidByFloor(text)]).toEqual(expected));
});

describe('what curl says', () => {
  it.each([
    ['seconds since the start', '0 200 0.000500 0.040500 0.081500 0.123500 0.124500\n', said],
    ['another status', '0 404 0.000500 0.040500 0.081500 0.123500 0.124500\n', null],
    ['a failure', '60 000 0.000500 0.040500 0.000000 0.000000 0.124500\n', null],
    ['nothing', '', null],
  ])('%s', (_, text, expected) => {
    const got = saidByCurl(text);
    if (expected === null) expect(got).toBeNull();
    else for (const [phase, ms] of Object.entries(expected)) expect(got).toHaveProperty(phase, expect.closeTo(ms, 6));
  });
});

describe('what the page of blackbox_exporter says', () => {
  it.each([
    ['each phase in seconds', page(1, fivePhases), { connect: 1, processing: 2, tls: 4, transfer: 5 }],
    ['a failed probe', page(0, fivePhases), null],
    ['a page without a phase', page(1, ['connect', 'processing', 'resolve', 'transfer']), null],
    ['no page', '', null],
  ])('%s', (_, text, expected) => expect(saidByBlackbox(text)).toEqual(expected));
});

describe('what is asked', () => {
  const turn = { link: 'https://a/x', server: 'https://b/50-30', name: 'oursr1', perSecond: 200, forMs: 1 };
  it.each([
    ['the file behind the link first', 0, { made: 'link', id: 'oursr1x0', url: 'https://a/x' }],
    [
      'then the server that waits, each under a name of its own',
      3,
      { made: 'server', id: 'oursr1x3', url: 'https://b/50-30/example.com/oursr1x3/@v/v1.0.0.mod' },
    ],
  ])('%s', (_, number, expected) => expect(shotAt(turn, number)).toEqual(expected));
});

describe('the errors of a turn', () => {
  const shot = (made: 'link' | 'server', id: string, fine = true): Shot => ({ made, id, said: fine ? said : null });

  it('are absolute, by mirror and phase, of what is known alone', () => {
    const known = ({ made, id }: Shot) =>
      made === 'link' ? { connect: 39, tls: 43 } : id === 'seen' ? { transfer: 1.5 } : undefined;
    const shots = [shot('link', 'a'), shot('link', 'b', false), shot('server', 'seen'), shot('server', 'unseen')];
    expect(Object.fromEntries(errorsOf(shots, known))).toEqual({
      'link.connect': [1],
      'link.tls': [2],
      'server.transfer': [0.5],
    });
  });
});

const errors = (ms: readonly number[]) => new Map([['link.tls', ms]]);

describe('the rows of all rounds', () => {
  it('compare what is above the floor, round by round', () => {
    const rounds: Round[] = [
      { floor: errors([1]), ours: errors([2]), quiet: errors([1.5]), blackbox: errors([3]) },
      { floor: errors([1]), ours: errors([5]), quiet: errors([1]), blackbox: errors([2]) },
    ];
    const [row, ...others] = peerRows(rounds);
    expect(others).toEqual([]);
    expect(row).toMatchObject({
      made: 'link',
      phase: 'tls',
      by: { ours: summaryOf([2, 5]), floor: summaryOf([1, 1]) },
      ratio: { median: { median: 0.5, least: 0.5, most: 4 } },
      ratioQuiet: { median: { least: 0, most: 0.25 } },
    });
    expect(row?.by).not.toHaveProperty('curl');
  });

  it.each<[string, Round, number | null]>([
    ['without a floor, ours over theirs', { ours: errors([2]), blackbox: errors([4]) }, 0.5],
    ['theirs at the floor: none', { floor: errors([2]), ours: errors([3]), blackbox: errors([2]) }, null],
    ['theirs below the floor: none', { floor: errors([2]), ours: errors([3]), blackbox: errors([1]) }, null],
    ['we are below the floor', { floor: errors([2]), ours: errors([1]), blackbox: errors([4]) }, -0.5],
  ])('%s', (_, round, expected) => expect(peerRows([round])[0]?.ratio.p99?.median ?? null).toBe(expected));
});

describe('the goal', () => {
  const row = (ours: number, theirs: number): PeerRow => ({
    made: 'link',
    phase: 'tls',
    by: { ours: summaryOf([ours]), blackbox: summaryOf([theirs]) },
    ratio: { median: null, p99: null },
    ratioQuiet: { median: null, p99: null },
  });
  const report = (rows: readonly PeerRow[]) => ({
    perSecond: 200,
    curlPerSecond: 20,
    turnMs: 1,
    rounds: 1,
    disturbed: 0,
    lines: 1,
    scrapes: 1,
    blackboxScrapes: 1,
    probes: 1,
    failed: 0,
    missing: [],
    rows,
    apparatusFirst: true,
    link: { lateMsMean: 0, lateMsMax: 0 },
    othersCores: 0,
    calm: true,
  });
  const over = (http1: PeersReport, http2: PeersReport): PeersReports => ({ '1.1': http1, '2': http2 });
  const alike = report([row(2, 2)]);

  it.each<[string, PeerRow[], Target['verdict'], string]>([
    [
      'alike',
      [row(2, 2)],
      'met',
      'above the target in 0 of 1 phases; worst phase: tls (link), 2.00 ms (blackbox_exporter 2.00 ms)',
    ],
    [
      'one phase is worse',
      [row(1, 2), row(5, 2)],
      'missed',
      'above the target in 1 of 2 phases; worst phase: tls (link), 5.00 ms (blackbox_exporter 2.00 ms)',
    ],
    ['nothing', [], 'missed', 'nothing measured'],
  ])('%s', (_, rows, verdict, got) =>
    expect(peersTargets(over(report(rows), alike)).map((one) => [one.verdict, one.got])).toEqual([
      [verdict, got],
      [verdict, got],
      ['met', 'above the target in 0 of 1 phases; worst phase: tls (link), 2.00 ms (blackbox_exporter 2.00 ms)'],
      ['met', 'above the target in 0 of 1 phases; worst phase: tls (link), 2.00 ms (blackbox_exporter 2.00 ms)'],
    ]),
  );

  it.each<[string, PeerRow, Target['verdict'][]]>([
    ['half a millisecond in the median is enough', row(0.5, 0.25), ['met', 'met']],
    ['more is not, though it is twice theirs', row(0.6, 0.3), ['missed', 'met']],
    [
      'as the C program is, above theirs',
      { ...row(1.5, 1), by: { ...row(1.5, 1).by, floor: summaryOf([1.5]) } },
      ['met', 'met'],
    ],
    ['p99 above twice theirs', row(0.5, 0.2), ['met', 'missed']],
  ])('%s', (_, one, verdicts) =>
    expect(peersTargets(over(report([one]), alike)).map(({ verdict }) => verdict)).toEqual([...verdicts, 'met', 'met']),
  );

  const floor = (ms: number): PeerRow => ({ ...row(1, 2), by: { ...row(1, 2).by, floor: summaryOf([ms]) } });
  it.each<[string, PeersReport, Target['verdict'][]]>([
    ['both programs are off by 0.6 s at the median', report([row(590, 600)]), ['disturbed', 'disturbed']],
    ['the C program is', report([floor(600)]), ['disturbed', 'disturbed']],
    ['it is, just above the bound', report([floor(3.1)]), ['disturbed', 'disturbed']],
    ['it is as exact as on a quiet machine', report([floor(3)]), ['met', 'met']],
    ['others were at work', { ...report([row(1, 2)]), calm: false }, ['disturbed', 'disturbed']],
  ])('a machine that is measured instead: %s', (_, of, verdicts) =>
    expect(peersTargets(over(alike, of)).map(({ verdict }) => verdict)).toEqual(['met', 'met', ...verdicts]),
  );
});
