import { describe, expect, it } from 'vitest';
import { measureLoop } from '../../../src/io/worker-delay.ts';
import { manualTime } from './manual-time.ts';

/** A watch with ticks each 10 ms, on manual time. */
function watched() {
  const time = manualTime();
  return { time, watch: measureLoop({ clock: time.clock, timers: time.timers, everyMs: 10 }) };
}

describe('watchLoop', () => {
  it('finds no delay where timers are on time', () => {
    const { time, watch } = watched();
    time.pass(1_000);
    expect([watch.delayMsMax(0), Math.max(...watch.take())]).toEqual([0, 0]);
  });

  it('does not take the rounding of timers for a delay', () => {
    const { time, watch } = watched();
    for (let n = 0; n < 20; n += 1) time.leap(10.9);
    expect(watch.delayMsMax(0)).toBe(0);
  });

  it('measures a block by the tick that came late', () => {
    const { time, watch } = watched();
    time.pass(100);
    time.leap(60);
    time.pass(100);
    // Ten milliseconds of the sixty were the wait for the tick, one is rounding.
    expect(watch.delayMsMax(0)).toBeCloseTo(49, 6);
    expect(watch.take().filter((delayMs) => delayMs > 0)).toEqual([49]);
  });

  it('adds up the blocks since an instant, also one under way; on time there is nothing to add', () => {
    const { time, watch } = watched();
    time.pass(100);
    expect(watch.delayMsSum(0)).toBe(0);
    for (let n = 0; n < 4; n += 1) {
      time.leap(60);
      time.pass(100);
    }
    expect(watch.delayMsSum(0)).toBeCloseTo(4 * 49, 6);
    expect(watch.delayMsSum(100 + 2 * 160)).toBeCloseTo(2 * 49, 6);
    expect(watch.delayMsMax(0)).toBeCloseTo(49, 6);
  });

  it('sees a block that is still under way, before any timer could run', () => {
    const time = manualTime();
    let isCancelled = false;
    const cancel = () => {
      isCancelled = true;
    };
    const watch = measureLoop({ clock: time.clock, timers: { after: () => ({ cancel }) }, everyMs: 10 });
    time.pass(80);
    expect(watch.delayMsMax(0)).toBe(69);
    watch.stop();
    expect(isCancelled).toBe(true);
  });

  const rows: readonly (readonly [name: string, fromMs: number, want: number])[] = [
    ['a sample that spans it', 50, 49],
    ['a sample that began in the midst of it: what was left', 140, 20],
    ['a sample that began as it ended', 160, 0],
    ['a sample after it', 200, 0],
  ];
  it.each(rows)('a block from 100 to 160 ms touches %s', (_name, fromMs, want) => {
    const { time, watch } = watched();
    time.pass(100);
    time.leap(60);
    time.pass(100);
    expect(watch.delayMsMax(fromMs)).toBe(want);
  });

  it('gives the worst of several', () => {
    const { time, watch } = watched();
    for (const blockMs of [30, 90, 50]) {
      time.leap(blockMs);
      time.pass(20);
    }
    expect(watch.delayMsMax(0)).toBe(79);
  });

  it('hands each delay out once', () => {
    const { time, watch } = watched();
    time.pass(50);
    expect([watch.take().length, watch.take().length]).toEqual([5, 0]);
    time.pass(10);
    expect(watch.take().length).toBe(1);
  });

  it('keeps the newest of more than its ring holds', () => {
    const { time, watch } = watched();
    time.pass(17_000 * 10);
    time.leap(60);
    expect(watch.delayMsMax(0)).toBe(49);
    expect(watch.take().length).toBe(16_384);
  });

  it('leaves no timer behind', () => {
    const { time, watch } = watched();
    time.pass(30);
    watch.stop();
    expect(time.pending()).toBe(0);
  });
});
