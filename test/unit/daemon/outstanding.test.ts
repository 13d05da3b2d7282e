import { describe, expect, it } from 'vitest';
import type { Due, PendingLimit } from '../../../src/core/due.ts';
import { createOutstanding } from '../../../src/daemon/outstanding.ts';

const due = (probeId: string) => ({ probeId }) as Due;
const at = (seconds: number) => ({ wallMs: 0, monotonicMs: seconds * 1000 });

/** Turns each second until `seconds`, and gives the ids of those that reach a limit with the second they were told in. */
function run(
  out: ReturnType<typeof createOutstanding>,
  from: number,
  to: number,
  limitMs: number,
  doubtMs: number | null = null,
): string[] {
  const told: string[] = [];
  for (let second = from; second <= to; second += 1) {
    out.turn(at(second));
    const inMs = (limit: PendingLimit, outMs: number) =>
      limit === 'late' ? limitMs - outMs : doubtMs && doubtMs - outMs;
    for (const { limit, due, outMs } of out.review((limit, _, outMs) => inMs(limit, outMs)))
      told.push(`${due.probeId} ${limit} ${second} ${outMs}`);
  }
  return told;
}

describe('probes that are out', () => {
  it('reports each late one once', () => {
    const out = createOutstanding();
    out.turn(at(0));
    out.sent(due('a'));
    expect(run(out, 1, 20, 5_000)).toEqual(['a late 5 5000']);
  });

  it('reports each that reaches both limits once for each', () => {
    const out = createOutstanding();
    out.turn(at(0));
    out.sent(due('a'));
    expect(run(out, 1, 20, 5_000, 2_500)).toEqual(['a doubt 3 3000', 'a late 5 5000']);
  });

  it('reports none that has a response, is never late, or was pending while the process slept', () => {
    const out = createOutstanding();
    out.turn(at(0));
    out.sent(due('a'));
    out.settled('a');
    out.sent(due('b'));
    expect(out.review(() => null)).toEqual([]);
    out.sent(due('c'));
    out.forget();
    expect(run(out, 1, 20, 5_000)).toEqual([]);
    expect(out.nextMs()).toBeNull();
  });

  it('does not count the time in which the loop stood still', () => {
    const out = createOutstanding();
    out.turn(at(0));
    out.sent(due('a'));
    expect(run(out, 4, 20, 5_000)).toEqual(['a late 8 5500']);
  });

  it('says when it wants to look again', () => {
    const out = createOutstanding();
    out.turn(at(0));
    out.sent(due('a'));
    out.turn(at(1));
    out.review((limit, _, outMs) => (limit === 'late' ? 5_000 : 3_000) - outMs);
    expect(out.nextMs()).toBe(2_000);
  });
});
