import { describe, expect, it } from 'vitest';
import { choosePhases, type RepeatedRequest, type StartPhase } from '../../../src/schedule/phases.ts';

const second = 1_000;

const requests = (prefix: string, count: number, everyMs: number): readonly RepeatedRequest[] =>
  Array.from({ length: count }, (_, n) => ({ key: `${prefix}${n}`, kind: prefix, everyMs }));

/** The times between the starts of an hour, ascending, milliseconds. */
function gapsOf(phases: Iterable<StartPhase>): readonly number[] {
  const starts = [...phases].flatMap(({ everyMs, atMs }) =>
    Array.from({ length: (3_600 * second) / everyMs }, (_, n) => atMs + n * everyMs),
  );
  starts.sort((a, b) => a - b);
  const [first = 0] = starts;
  return starts.map((atMs, n) => (starts[n + 1] ?? first + 3_600 * second) - atMs).sort((a, b) => a - b);
}

/** The mean time from a fault at a random moment to the next start, milliseconds. */
const meanWaitOf = (gaps: readonly number[]): number =>
  gaps.reduce((sum, gap) => sum + gap * gap, 0) / (2 * gaps.reduce((sum, gap) => sum + gap, 0));

describe('the phases of the light requests of an upstream', () => {
  it.each([1, 2, 3, 7])('%i requests at the same interval are spread evenly', (count) => {
    const gaps = gapsOf(choosePhases(requests('a', count, 30 * second), new Map(), 'here').values());
    expect(gaps[0]).toBeCloseTo((30 * second) / count, 0);
    expect(gaps.at(-1)).toBeCloseTo((30 * second) / count, 0);
  });

  it('requests at a longer interval start in the longest gaps', () => {
    const all = [...requests('a', 3, 30 * second), ...requests('b', 30, 300 * second)];
    const gaps = gapsOf(choosePhases(all, new Map(), 'here').values());
    expect(gaps[0]).toBeCloseTo(5 * second, 0);
    expect(gaps.at(-1)).toBeCloseTo(5 * second, 0);
  });

  it('requests of one kind are spread over their interval, whatever other kinds do', () => {
    const kinds = ['b', 'c', 'd'].flatMap((kind) => requests(kind, 3, 300 * second));
    const phases = choosePhases([...requests('a', 3, 30 * second), ...kinds], new Map(), 'here');
    for (const kind of ['b', 'c', 'd']) {
      const gaps = gapsOf([...phases].filter(([key]) => key.startsWith(kind)).map(([, phase]) => phase));
      expect(gaps.at(-1)).toBeLessThan(125 * second);
    }
  });

  it('a fault waits for the next start little longer than if all starts had the same distance', () => {
    const all = [
      ...requests('a', 3, 30 * second),
      ...requests('b', 9, 300 * second),
      ...requests('c', 2, 1_800 * second),
    ];
    const gaps = gapsOf(choosePhases(all, new Map(), 'here').values());
    expect(meanWaitOf(gaps)).toBeLessThan(1.25 * ((3_600 * second) / gaps.length / 2));
  });

  it('an interval that is no multiple of a shorter one is spread by itself', () => {
    const all = [...requests('a', 2, 30 * second), ...requests('b', 3, 50 * second)];
    const phases = choosePhases(all, new Map(), 'here');
    const starts = [...phases.values()].filter(({ everyMs }) => everyMs === 50 * second).map(({ atMs }) => atMs);
    expect(new Set(starts.map(Math.round)).size).toBe(3);
  });

  it('known requests keep their phases, and a new one starts in the longest gap between them', () => {
    const few = choosePhases(requests('a', 3, 30 * second), new Map(), 'here');
    const more = choosePhases(requests('a', 4, 30 * second), few, 'here');
    for (const [key, phase] of few) expect(more.get(key)).toEqual(phase);
    expect(gapsOf(more.values()).at(-1)).toBeCloseTo(10 * second, 0);
  });

  it('a request whose interval has changed gets another phase', () => {
    const before = choosePhases(requests('a', 1, 30 * second), new Map(), 'here');
    expect(choosePhases(requests('a', 1, 60 * second), before, 'here').get('a0')?.everyMs).toBe(60 * second);
  });

  it('are the same after a restart, and others at another vantage', () => {
    const all = [...requests('a', 2, 30 * second), ...requests('b', 9, 300 * second)];
    expect(choosePhases(all, new Map(), 'here')).toEqual(choosePhases(all, new Map(), 'here'));
    expect(choosePhases(all, new Map(), 'there')).not.toEqual(choosePhases(all, new Map(), 'here'));
  });

  it('ten thousand requests have one each', () => {
    const all = [...requests('a', 10_000, 30 * second), ...requests('b', 10_000, 300 * second)];
    const phases = choosePhases(all, new Map(), 'here');
    expect(phases.size).toBe(20_000);
    for (const { everyMs, atMs } of phases.values()) {
      expect(atMs).toBeGreaterThanOrEqual(0);
      expect(atMs).toBeLessThan(everyMs);
    }
  });
});
