import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createClientRota, type RanBefore } from '../../../src/schedule/client-rota.ts';
import { at } from './sample-config.ts';

const hour = 3_600_000;
const minute = 60_000;
const a = { registry: 'a', client: 'go' };
const b = { registry: 'b', client: 'go' };

function rotaOf(chance: () => number, known: ReadonlyMap<string, RanBefore> = new Map()) {
  const rota = createClientRota({ known, chance });
  rota.replace([a, b], 6 * hour, at(0));
  return rota;
}

describe('the rota', () => {
  it('begins between one and sixteen minutes after the start', () => {
    expect(rotaOf(() => 0).nextAtMs()).toBe(at(minute).monotonicMs);
    expect(rotaOf(() => 0.999).nextAtMs()).toBeCloseTo(at(minute + 0.999 * 15 * minute).monotonicMs);
  });

  it('returns the pair that has waited longest, and varies each next turn by a tenth of the pace', () => {
    const chances = [0.5, 0, 0, 0.999];
    const rota = rotaOf(() => chances.shift() ?? 0);
    expect(rota.due(at(minute - 1))).toBeNull();
    const now = at(10 * minute);
    expect(rota.due(now)).toEqual({ ...b, runs: 0 });
    rota.ran(b, false, now);
    expect(rota.due(now)).toEqual({ ...a, runs: 0 });
    rota.ran(a, false, now);
    expect(rota.due(now)).toBeNull();
    expect(rota.nextAtMs()).toBeCloseTo(at(10 * minute + 0.9 * 6 * hour).monotonicMs);
    expect(rota.due(at(10 * minute + 0.9 * 6 * hour))).toEqual({ ...b, runs: 1 });
  });

  it('returns no pair twice before it ran or was away', () => {
    const rota = rotaOf(() => 0);
    const now = at(2 * hour);
    const turns = [rota.due(now), rota.due(now), rota.due(now)].map((turn) => turn?.registry ?? null);
    expect(turns.toSorted()).toEqual(['a', 'b', null]);
    expect([rota.nextAtMs(), rota.due(at(60 * hour))]).toEqual([null, null]);
    rota.away(a, now);
    expect(rota.nextAtMs()).toBe(now.monotonicMs + minute);
  });

  it('repeats one soon, as the same run, and tries one that could not start again', () => {
    const rota = rotaOf(() => 0);
    rota.ran(a, true, at(minute));
    rota.ran(b, false, at(minute));
    expect(rota.due(at(2 * minute - 1))).toBeNull();
    expect(rota.due(at(2 * minute))).toEqual({ ...a, runs: 0 });
    rota.away(a, at(2 * minute));
    expect(rota.due(at(3 * minute - 1))).toBeNull();
    expect(rota.due(at(3 * minute))).toEqual({ ...a, runs: 0 });
  });

  it('goes on after a restart where it was: at its pace, a minute after the start at the earliest', () => {
    const ago = (agoMs: number): RanBefore => ({ startedAtMs: at(0).wallMs - agoMs, runs: 7 });
    const rota = rotaOf(
      () => 0.5,
      new Map([
        ['a|go', ago(2 * hour)],
        ['b|go', ago(9 * hour)],
      ]),
    );
    expect(rota.due(at(minute))).toEqual({ ...b, runs: 7 });
    rota.ran(b, false, at(minute));
    expect(rota.due(at(4 * hour - 1))).toBeNull();
    expect(rota.due(at(4 * hour))).toEqual({ ...a, runs: 7 });
  });

  it('keeps the turns of pairs that stay, and forgets those that go', () => {
    const rota = rotaOf(() => 0);
    rota.ran(a, false, at(minute));
    rota.replace([a], 6 * hour, at(2 * minute));
    expect(rota.nextAtMs()).toBe(at(minute + 0.9 * 6 * hour).monotonicMs);
    rota.ran(b, false, at(3 * minute));
    rota.replace([], 6 * hour, at(4 * minute));
    expect(rota.nextAtMs()).toBeNull();
    expect(rota.due(at(100 * hour))).toBeNull();
  });

  it('counts another pace from the last run, and starts no pair that runs already', () => {
    const rota = rotaOf(() => 0.5);
    rota.ran(a, false, at(hour));
    const now = at(2 * hour);
    expect(rota.due(now)).toEqual({ ...b, runs: 0 });
    rota.replace([a, b], 12 * hour, now);
    expect(rota.nextAtMs()).toBe(at(13 * hour).monotonicMs);
    expect(rota.due(at(13 * hour))).toEqual({ ...a, runs: 1 });
    expect(rota.due(at(100 * hour))).toBeNull();
  });

  it('runs each pair as often as the pace says, whatever the chances', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1, maxLength: 20 }),
        (chances) => {
          let turn = 0;
          const rota = rotaOf(() => chances[turn++ % chances.length] ?? 0);
          const counts = new Map<string, number>();
          for (let ms = 0; ms <= 240 * hour; ) {
            const due = rota.due(at(ms));
            if (due !== null) {
              counts.set(due.registry, (counts.get(due.registry) ?? 0) + 1);
              rota.ran(due, false, at(ms));
              continue;
            }
            ms = Math.ceil((rota.nextAtMs() ?? 0) - at(0).monotonicMs);
          }
          // 240 hours at 6 hours, a tenth either way.
          for (const count of counts.values()) expect(count >= 36 && count <= 45).toBe(true);
          expect(counts.size).toBe(2);
        },
      ),
      { numRuns: 50 },
    );
  });
});
