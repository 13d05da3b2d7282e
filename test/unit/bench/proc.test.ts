import { describe, expect, it } from 'vitest';
import { parseMachineCpu } from '../../../bench/machine.ts';
import { parseStat } from '../../../bench/process-cpu.ts';

describe('/proc/<pid>/stat', () => {
  const after = 'S 41 7 7 0 -1 4194560 1200 0 3 0 1234 56 8 9 20 0 11 0 99 1 2';
  it.each([
    ['a plain name', `7 (node) ${after}`],
    ['a name with a space', `7 (tmux: server) ${after}`],
    ['a name with parentheses', `7 (a) b (c)) ${after}`],
  ])('%s', (_, line) => expect(parseStat(line)).toEqual({ parent: 41, cpuMs: 12_900, endedChildrenMs: 170 }));

  it.each([
    ['nothing', ''],
    ['a line cut short', '7 (node) S 41 7 7'],
    ['words where numbers belong', `7 (node) S x ${after}`],
  ])('refuses %s', (_, line) => expect(() => parseStat(line)).toThrow('not a line of /proc/<pid>/stat'));
});

describe('/proc/stat', () => {
  it('distinguishes busy, idle and stolen time', () => {
    const text = 'cpu  100 20 30 4000 500 6 7 80 0 0\ncpu0 1 2 3 4 5 6 7 8 9 10\n';
    expect(parseMachineCpu(text, 12)).toEqual({ atMs: 12, busyMs: 1_630, stolenMs: 800 });
  });
});
