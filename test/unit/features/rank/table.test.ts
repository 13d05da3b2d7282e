import { expect, test } from 'vitest';
import { rankTable } from '../../../../src/features/rank/command.ts';
import type { RankedRow } from '../../../../src/features/rank/rank.ts';
import { displayWidth } from '../../../../src/terminal/terminal.ts';
import { english, wordsOf } from '../../../../src/words/words.ts';
import { englishLeft } from '../../cli/english-left.ts';

const row = (registry: string, over: Partial<RankedRow>): RankedRow => ({
  registry,
  url: `https://${registry}.example.com`,
  ok: 10,
  failed: 0,
  unknown: 0,
  answered: 10,
  medianMs: 40,
  p95Ms: 80,
  phasesMs: { connect: 10, tls: 10, processing: 15, transfer: 5 },
  verified: 0,
  mismatched: 0,
  reason: null,
  roundsMs: [],
  download: null,
  lag: null,
  capabilities: {},
  ...over,
});
const none = { ok: 0, answered: 0, medianMs: null, p95Ms: null, phasesMs: {} };

const megabyte = { bytes: 4_000_000, rate: 12_340_000, reason: null };
const even = { missing: 0, records: null, olderMs: null, by: 'origin' } as const;
const rows = [
  row('a', {
    ...{ medianMs: 20, p95Ms: 21, phasesMs: { connect: 10, processing: 10 }, verified: 10 },
    ...{ download: megabyte, lag: even },
  }),
  row('b', { download: { ...megabyte, rate: 81_200 }, lag: { ...even, missing: 3, records: 7, olderMs: 7_500_000 } }),
  row('c', { ok: 8, failed: 2, reason: 'mismatch', mismatched: 2, download: { ...megabyte, rate: null } }),
  row('d', { ...none, failed: 9, unknown: 1, reason: 'refused' }),
  row('e', { ...none, unknown: 10, reason: 'unknown: resolver' }),
  row('f', none),
  row('g', { unknown: 1, ok: 9, reason: 'unknown: proxy', download: { ...megabyte, rate: null, reason: 'cut' } }),
];
const verdicts = new Map([
  ['a', 'best'],
  ['b', 'slower'],
  ['c', 'fails_more'],
  ['d', 'down'],
  ['e', 'unknown'],
  ['f', 'unknown'],
  ['g', 'unsure'],
] as const);

test('a rank as a table: what could not be checked is neither up nor down, what was not measured has no number', () => {
  expect(rankTable(rows, verdicts, Number.POSITIVE_INFINITY, english).join('\n')).toMatchInlineSnapshot(`
    "   registry  state                          p50      p95  phases of p50         throughput  lag                                                  integrity    verdict
    1  a         up                         20.0 ms  21.0 ms  ▒▒▒▒████               12.3 MB/s  no lag seen                                          verified     best
    2  b         up                         40.0 ms  80.0 ms  ▒▒▒▒▓▓▓▓██████▄▄         81 KB/s  3 versions missing, serial lower by 7, older by 2 h  not checked  slower
    3  c         2 of 10 failed (mismatch)  40.0 ms  80.0 ms  ▒▒▒▒▓▓▓▓██████▄▄  file too small  unknown                                              mismatch     fails more
    4  d         down, 1 unknown (refused)        –        –                      not measured  unknown                                              not checked  down
    5  e         unknown (resolver)               –        –                      not measured  unknown                                              not checked  unknown
    6  f         not probed                       –        –                      not measured  unknown                                              not checked  unknown
    7  g         up, 1 unknown (proxy)      40.0 ms  80.0 ms  ▒▒▒▒▓▓▓▓██████▄▄             cut  unknown                                              not checked  inconclusive

    phases: ░ resolve  ▒ connect  ▓ tls  █ processing  ▄ transfer"
  `);

  const chinese = rankTable(rows, verdicts, Number.POSITIVE_INFINITY, wordsOf('zh'));
  expect(englishLeft(chinese.join('\n'))).toEqual([]);
  // The column of phases begins at the same cell in every row.
  const begins = chinese.slice(0, 4).map((line) => displayWidth(/^.*?(?=[░▒▓█▄]|p50 的)/.exec(line)?.[0] ?? ''));
  expect(new Set(begins.slice(1)).size).toBe(1);
  expect(begins[0]).toBe(begins[1]);
});

test('a narrow terminal gets no bars, a narrower one a mirror after the other', () => {
  const whole = rankTable(rows, verdicts, Number.POSITIVE_INFINITY, english);
  const widest = Math.max(...whole.map(({ length }) => length));
  expect(rankTable(rows, verdicts, widest, english)).toEqual(whole);
  const narrow = rankTable(rows, verdicts, widest - 1, english);
  expect(narrow.join('\n')).not.toMatch(/[░▒▓█▄]|phases/);
  expect(narrow).toHaveLength(rows.length + 1);
  const phone = rankTable(rows.slice(0, 2), verdicts, 45, english);
  expect(phone.join('\n')).toMatchInlineSnapshot(`
    "1  a
       state       up
       p50         20.0 ms
       p95         21.0 ms
       throughput  12.3 MB/s
       lag         no lag seen
       integrity   verified
       verdict     best
    2  b
       state       up
       p50         40.0 ms
       p95         80.0 ms
       throughput  81 KB/s
       lag         3 versions missing, serial lower by 7, older by 2 h
       integrity   not checked
       verdict     slower"
  `);
});
