import { describe, expect, test } from 'vitest';
import { displayWidth, padEnd, padStart, table } from '../../../src/terminal/terminal.ts';

describe('the cells that a text takes', () => {
  test.each([
    ['', 0],
    ['abc', 3],
    ['镜像', 4],
    ['镜像 a', 6],
    ['，。（）：；', 12],
    ['“引号”', 6],
    ['한국어', 6],
    ['ｆｕｌｌ', 8],
    ['𠮷', 2],
    ['🚀', 2],
    ['e\u0301', 1],
    ['a\u200bb', 2],
    ['░▒▓█▄', 5],
    ['–…', 2],
  ])('%j is %i wide', (text, cells) => expect(displayWidth(text)).toBe(cells));

  test('is filled up to a width, and left alone beyond it', () =>
    expect([padEnd('镜像', 6), padStart('镜像', 6), padEnd('镜像站', 4), padStart('镜像站', 4)]).toEqual([
      '镜像  ',
      '  镜像',
      '镜像站',
      '镜像站',
    ]));
});

test('columns of a table begin at one cell, whatever stands in them', () => {
  const lines = table(
    ['镜像', 'state', '耗时'],
    [
      ['goproxy', '正常', '12 ms'],
      ['阿里云', 'up', '9 ms'],
    ],
    new Set([2]),
  );
  expect(lines).toEqual(['镜像     state   耗时', 'goproxy  正常   12 ms', '阿里云   up      9 ms']);
  const begins = lines.map((line) => displayWidth(/^\S+\s+/.exec(line)?.[0] ?? ''));
  expect(new Set(begins).size).toBe(1);
  expect(new Set(lines.map(displayWidth)).size).toBe(1);
});
