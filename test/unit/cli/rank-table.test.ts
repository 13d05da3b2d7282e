import { expect, test } from 'vitest';
import { rankTable } from '../../../src/cli/rank-table.ts';
import { displayWidth } from '../../../src/cli/width.ts';
import type { RankRow } from '../../../src/daemon/rank-now.ts';
import { english, wordsOf } from '../../../src/words/words.ts';
import { englishLeft } from './english-left.ts';

const row = (registry: string, over: Partial<RankRow>): RankRow => ({
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
  ...over,
});
const none = { ok: 0, answered: 0, medianMs: null, p95Ms: null, phasesMs: {} };

test('a rank as a table: what could not be told is neither up nor down', () => {
  const rows = [
    row('a', { medianMs: 20, p95Ms: 21, phasesMs: { connect: 10, processing: 10 }, verified: 10 }),
    row('b', {}),
    row('c', { ok: 8, failed: 2, reason: 'mismatch', mismatched: 2 }),
    row('d', { ...none, failed: 9, unknown: 1, reason: 'refused' }),
    row('e', { ...none, unknown: 10, reason: 'unknown: resolver' }),
    row('f', none),
    row('g', { unknown: 1, ok: 9, reason: 'unknown: proxy' }),
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
  expect(rankTable(rows, verdicts, english).join('\n')).toMatchInlineSnapshot(`
    "   registry  state                          p50      p95  phases of p50     integrity    verdict
    1  a         up                         20.0 ms  21.0 ms  ▒▒▒▒████          verified     best
    2  b         up                         40.0 ms  80.0 ms  ▒▒▒▒▓▓▓▓██████▄▄  not checked  slower
    3  c         2 of 10 failed (mismatch)  40.0 ms  80.0 ms  ▒▒▒▒▓▓▓▓██████▄▄  mismatch     fails more
    4  d         down, 1 unknown (refused)        –        –                    not checked  down
    5  e         unknown (resolver)               –        –                    not checked  unknown
    6  f         not asked                        –        –                    not checked  unknown
    7  g         up, 1 unknown (proxy)      40.0 ms  80.0 ms  ▒▒▒▒▓▓▓▓██████▄▄  not checked  could not tell

    phases: ░ resolve  ▒ connect  ▓ tls  █ processing  ▄ transfer"
  `);

  const chinese = rankTable(rows, verdicts, wordsOf('zh'));
  expect(englishLeft(chinese.join('\n'))).toEqual([]);
  // The column of phases begins at the same cell in every row.
  const begins = chinese.slice(0, 4).map((line) => displayWidth(/^.*?(?=[░▒▓█▄]|p50 的)/.exec(line)?.[0] ?? ''));
  expect(new Set(begins.slice(1)).size).toBe(1);
  expect(begins[0]).toBe(begins[1]);
});
