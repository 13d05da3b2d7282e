import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { drawn } from '../../../tools/recording/draw.ts';
import { showings } from '../../../tools/recording/screen.ts';
import { repoDir } from '../../support/paths.ts';

const esc = '\u001b';
const told = (chunks: readonly (readonly [number, string])[], columns = 20) =>
  showings(
    chunks.map(([atMs, text]) => ({ atMs, text })),
    columns,
  ).map(({ row, fromMs, toMs, spans }) => [row, fromMs, toMs, spans.map(({ text }) => text).join('|')]);

describe('a terminal over time', () => {
  test('a line is there from when it was written to the end', () => {
    expect(
      told([
        [5, 'one\r\n'],
        [9, 'two\r\n'],
      ]),
    ).toEqual([
      [0, 5, null, 'one'],
      [1, 9, null, 'two'],
    ]);
  });
  test('a line that is erased and written again was another before', () => {
    expect(
      told([
        [1, '1/2'],
        [4, `\r${esc}[2K2/2`],
        [8, `\r${esc}[2K`],
      ]),
    ).toEqual([
      [0, 1, 4, '1/2'],
      [0, 4, 8, '2/2'],
    ]);
  });
  test('a long line goes on in the next row', () => {
    expect(told([[0, 'abcdef\r\n']], 4)).toEqual([
      [0, 0, null, 'abcd'],
      [1, 0, null, 'ef'],
    ]);
  });
  test('looks are spans, and end where they are said to', () => {
    const [first] = showings([{ atMs: 0, text: `a${esc}[1m${esc}[31mb${esc}[39mc${esc}[22md` }], 20);
    expect(first?.spans.map(({ text, colour, isBold }) => [text, colour, isBold])).toEqual([
      ['a', null, false],
      ['b', 31, true],
      ['c', null, true],
      ['d', null, false],
    ]);
  });
});

test('what is drawn is text that XML takes', () => {
  const svg = drawn('a < b', showings([{ atMs: 0, text: '"x" & <y>' }], 20), 20);
  expect(svg).toContain('a &lt; b</text>');
  expect(svg).toContain('&quot;x&quot; &amp; &lt;y&gt;</text>');
});

// True when they were made; that they still are, who changes what is printed sees here.
test.each([
  ['rank', ['registry', 'state', 'p50', 'p95', 'verdict', 'down (refused)', "export GOPROXY='http://127.0.0.1:"]],
  ['demo', ['watching', 'slowed', 'advice', 'webhook', 'its signature verified', 'spike']],
])('docs/recordings/%s.svg tells its story, and names nobody but loopback', (name, words) => {
  const svg = readFileSync(join(repoDir, `docs/recordings/${name}.svg`), 'utf8');
  for (const word of words) expect(svg).toContain(word);
  const hosts = [...svg.matchAll(/https?:\/\/([^/:'"<]+)/g)].map(([, host]) => host);
  expect([...new Set(hosts)].toSorted()).toEqual(['127.0.0.1', 'www.w3.org']);
});
