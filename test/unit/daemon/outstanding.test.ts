import { describe, expect, it } from 'vitest';
import type { Due } from '../../../src/core/due.ts';
import { createOutstanding } from '../../../src/daemon/outstanding.ts';

const due = (probeId: string) => ({ probeId }) as Due;
const at = (seconds: number) => ({ wallMs: 0, monotonicMs: seconds * 1000 });

/** Turns each second until `seconds`, and gives the ids of those late with the second they were told in. */
function run(out: ReturnType<typeof createOutstanding>, from: number, to: number, limitMs: number): string[] {
  const told: string[] = [];
  for (let second = from; second <= to; second += 1) {
    out.turn(at(second));
    for (const { due, outMs } of out.review((_, outMs) => limitMs - outMs))
      told.push(`${due.probeId} ${second} ${outMs}`);
  }
  return told;
}

describe('probes that are out', () => {
  it('reports each late one once', () => {
    const out = createOutstanding();
    out.turn(at(0));
    out.sent(due('a'));
    expect(run(out, 1, 20, 5_000)).toEqual(['a 5 5000']);
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
    expect(run(out, 4, 20, 5_000)).toEqual(['a 8 5500']);
  });

  it('says when it wants to look again', () => {
    const out = createOutstanding();
    out.turn(at(0));
    out.sent(due('a'));
    out.turn(at(1));
    out.review((_, outMs) => 5_000 - outMs);
    expect(out.nextMs()).toBe(4_000);
  });
});
