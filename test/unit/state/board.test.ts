import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../../src/core/failure.ts';
import { limits } from '../../../src/core/limits.ts';
import type { Target } from '../../../src/core/mirror.ts';
import type { SettledSample } from '../../../src/core/sample.ts';
import type { Transcript } from '../../../src/core/transcript.ts';
import { ProbeStore, type SeriesRef } from '../../../src/state/board.ts';
import { aDue, aSample, aTarget, refused } from '../detect/world.ts';

const edges = [0.1, 0.5, 1];
const target = aTarget('a');
let probes = 0;

function settled(
  tookMs: number,
  over: Partial<SettledSample> & { of?: Target; outcome?: Outcome; purpose?: 'scheduled' | 'confirm' } = {},
): SettledSample {
  const { of = target, outcome = { tag: 'ok' }, purpose = 'scheduled', ...rest } = over;
  const n = probes++;
  const due = aDue(of, { probeId: `p${n}`, purpose });
  return { ...aSample(due, n * 1000, tookMs, outcome), cold: false, thresholdMs: null, baselineMs: null, ...rest };
}
const transcript = (probeId: string): Transcript => ({
  probeId,
  startedAtMs: 0,
  startedMonotonicMs: 0,
  hops: [],
  verdict: { outcome: { tag: 'ok' }, facts: {} },
  errorLine: null,
  loopDelayMsMax: 0,
  worker: 0,
});
/** The series of these targets. */
function cold(targets: readonly Target[]): readonly SeriesRef[] {
  return targets.map((one) => ({ target: one, connection: 'cold' }));
}

function board(targets: readonly Target[] = [target]) {
  const made = new ProbeStore(edges, cold(targets));
  return {
    put(sample: SettledSample): string {
      made.take(sample, transcript(sample.due.probeId));
      return sample.due.probeId;
    },
    of: (registry: string) => made.of(registry),
    probe: (probeId: string) => made.probe(probeId),
    probesOf: (registry: string, limit: number) => made.probesOf(registry, limit),
    series: () => made.series(),
    replace: (wanted: readonly SeriesRef[]) => made.replace(wanted),
  };
}

describe('which probes can still be read', () => {
  test('scheduled ones stay while a round asks each second, and of its own the last few', () => {
    const { put, probe, probesOf } = board();
    const scheduled = Array.from({ length: limits.transcriptsPerSeries }, () => put(settled(50)));
    const asked = Array.from({ length: 15 }, () => put(settled(50, { purpose: 'confirm' })));
    const held = [...scheduled, ...asked.slice(-limits.transcriptsPerSeries)];
    expect([...scheduled, ...asked].filter((id) => probe(id) !== null)).toEqual(held);
    expect(probesOf('a', 20).map(({ sample }) => sample.due.probeId)).toEqual(held.toReversed());
  });

  test('the last few of a series, and the last of each bucket however long ago', () => {
    const { put, probe } = board();
    const first = put(settled(700));
    const later = Array.from({ length: limits.transcriptsPerSeries + 3 }, () => put(settled(50)));
    expect(probe(first)?.transcript?.probeId).toBe(first);
    const held = later.filter((id) => probe(id) !== null);
    expect(held).toEqual(later.slice(-limits.transcriptsPerSeries));
    const next = put(settled(800));
    for (let n = 0; n < limits.transcriptsPerSeries; n += 1) put(settled(50));
    expect([probe(first), probe(next)?.sample.rttMs]).toEqual([null, 800]);
  });

  test('a streak of slow ones from its first on, however few of each series are kept, until it ends', () => {
    const others = Array.from({ length: limits.transcriptsKept }, (_, n) => aTarget('a', 'mod', `example.com/${n}`));
    const { put, probe } = board([target, ...others]);
    const slow = (): string => put(settled(900, { thresholdMs: 800 }));
    const held = (ids: readonly string[]): boolean[] => ids.map((id) => probe(id) !== null);
    const fine = put(settled(50, { thresholdMs: 800 }));
    const streak = [slow(), slow(), put(settled(50, { thresholdMs: 800, purpose: 'confirm' })), slow()];
    // Of each series the last scheduled one and the last other one are kept, and one of each bucket.
    expect(held([fine, ...streak])).toEqual([true, true, true, true, true]);
    put(settled(10, { outcome: refused }));
    expect(held(streak.slice(0, 2))).toEqual([true, true]);
    put(settled(50, { thresholdMs: 800 }));
    expect(held(streak.slice(0, 2))).toEqual([false, false]);
  });

  test('the streaks of all series together are bounded', () => {
    const all = Array.from({ length: limits.streakTranscripts }, (_, n) => aTarget('a', 'mod', `example.com/${n}`));
    const { put, probe } = board(all);
    const streaks = all.map((of) => [1, 2, 3].map(() => put(settled(900, { of, thresholdMs: 800 }))));
    for (const of of all)
      for (let n = 0; n < limits.transcriptsPerSeries; n += 1)
        put(settled(900, { of, thresholdMs: null, outcome: { tag: 'unknown', because: 'local' } }));
    expect(streaks.flat().filter((id) => probe(id) !== null).length).toBeLessThanOrEqual(
      limits.streakTranscripts + all.length,
    );
    const [first] = streaks;
    expect(first?.map((id) => probe(id) !== null)).toEqual([true, true, true]);
  });

  test.each([
    ['at an edge', 100, 'the bucket below'],
    ['above all edges', 60_000, 'a bucket of its own'],
  ])('%s a round trip is held by %s', (_, tookMs) => {
    const { put, probe } = board();
    const id = put(settled(tookMs));
    for (let n = 0; n < limits.transcriptsPerSeries; n += 1) put(settled(tookMs === 100 ? 101 : 50));
    expect(probe(id)).not.toBeNull();
  });

  test.each([
    ['a cold fetch', settled(50, { cold: true })],
    ['a confirming probe', settled(50, { purpose: 'confirm' })],
    ['a sample without times', settled(50, { rttMs: null })],
    ['an unknown one', settled(50, { outcome: { tag: 'unknown', because: 'local' } })],
  ])('%s is in no bucket: it goes when as many of its kind came', (_, sample) => {
    const { put, probe } = board();
    const id = put(sample);
    expect(probe(id)).not.toBeNull();
    const purpose = sample.due.purpose === 'scheduled' ? 'scheduled' : 'confirm';
    for (let n = 0; n < limits.transcriptsPerSeries; n += 1) put(settled(5_000, { purpose }));
    expect(probe(id)).toBeNull();
  });

  test.each([
    ['as many as usual', limits.transcriptsKept / limits.transcriptsPerSeries, limits.transcriptsPerSeries],
    ['fewer', limits.transcriptsKept / 2, 2],
    ['the last one in any case', 2 * limits.transcriptsKept, 1],
  ])('of thousands of series %s', (_, count, kept) => {
    const { put, probe, of } = board(
      Array.from({ length: count }, (_none, n) => aTarget('a', 'mod', `example.com/m${n}`)),
    );
    const first = aTarget('a', 'mod', 'example.com/m0');
    // All in one bucket of the histogram: its exemplar is the last.
    const ids = Array.from({ length: limits.transcriptsPerSeries + 1 }, () => put(settled(50, { of: first })));
    expect(ids.filter((id) => probe(id) !== null)).toEqual(ids.slice(-kept));
    const linked = of('a')[0]?.recent.flatMap(({ due }) => due.probeId ?? []);
    expect(linked).toEqual(ids.slice(-kept));
  });

  test('failing ones stay longer than ok ones, but not for ever', () => {
    const { put, probe } = board();
    const failing = put(settled(5, { outcome: refused }));
    for (let n = 0; n < 3 * limits.transcriptsPerSeries; n += 1) put(settled(50));
    expect(probe(failing)?.sample.outcome).toEqual(refused);
    const many = Array.from({ length: limits.failingTranscripts }, () => put(settled(5, { outcome: refused })));
    expect([probe(failing), probe(many[0] ?? '') !== null]).toEqual([null, true]);
  });

  test('a reload that takes a connection away takes its series away, and another canary is one at once', () => {
    const next = aTarget('a', 'mod', 'example.com/b');
    const made = new ProbeStore(edges, [
      ...cold([target, next]),
      { target, connection: 'warm' },
      { target: next, connection: 'warm' },
    ]);
    made.replace(
      cold([
        { ...target, canary: false },
        { ...next, canary: true },
      ]),
    );
    const late = settled(50);
    made.take({ ...late, due: { ...late.due, connection: 'warm' } }, null);
    const shown = [...made.series()].map((one) => [one.target.module, one.connection, one.target.canary]);
    expect(shown).toEqual([
      ['example.com/a', 'cold', false],
      ['example.com/b', 'cold', true],
    ]);
  });

  test('of a removed target only the failing ones; others are not taken in any more', () => {
    const other = aTarget('b');
    const { put, probe, replace, series, of } = board([target, other]);
    const [ok, bad, kept] = [put(settled(50)), put(settled(5, { outcome: refused })), put(settled(50, { of: other }))];
    replace(cold([other]));
    expect([ok, bad, kept].map((id) => probe(id) !== null)).toEqual([false, true, true]);
    expect(probe(put(settled(50)))).toBeNull();
    expect([[...series()].map((one) => one.target.id), of('a')]).toEqual([[other.id], []]);
  });
});

describe('what is known of a series', () => {
  test('it is there before anything is known of it', () => {
    const [one] = [...board().series()];
    expect([one?.target.id, one?.last, one?.p50Ms, one?.lastOkAtMs, one?.phases]).toEqual([
      target.id,
      null,
      null,
      null,
      {},
    ]);
  });

  test('median, p95 and phases over ok scheduled samples; the last of any kind', () => {
    const { put, of } = board();
    for (const ms of [10, 20, 30, 40, 1000]) put(settled(ms, { phases: { connect: ms / 2, transfer: ms / 2 } }));
    put(settled(9_999, { cold: true }));
    put(settled(9_999, { purpose: 'confirm' }));
    const last = put(settled(3, { outcome: refused }));
    const [now] = of('a');
    expect(now).toMatchObject({ p50Ms: 30, p95Ms: 1000, phases: { connect: 15, transfer: 15 } });
    expect(now?.last?.due.probeId).toBe(last);
    expect(now?.phases).not.toHaveProperty('tls');
    expect(now?.recent).toHaveLength(7);
  });

  test('nothing measured is null, not 0', () => {
    const { put, of } = board();
    put(settled(3, { outcome: refused }));
    expect(of('a')).toMatchObject([{ p50Ms: null, p95Ms: null, lastOkAtMs: null, phases: {} }]);
  });

  test('recent samples are bounded', () => {
    const { put, of } = board();
    for (let n = 0; n < limits.chartSamples + 10; n += 1) put(settled(50));
    expect(of('a')[0]?.recent).toHaveLength(limits.chartSamples);
  });

  test('probes of a mirror, newest first, over all its series', () => {
    const list = aTarget('a', 'list');
    const { put, probesOf } = board([target, list]);
    const ids = [put(settled(1)), put(settled(2, { of: list })), put(settled(3))];
    expect(probesOf('a', 2).map(({ sample }) => sample.due.probeId)).toEqual([ids[2], ids[1]]);
    expect(probesOf('nobody', 5)).toEqual([]);
  });
});
