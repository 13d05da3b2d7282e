import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { becauses, type Outcome, type ProbeFailure, reasons } from '../../../src/core/failure.ts';
import type { SettledSample } from '../../../src/core/sample.ts';
import { Points } from '../../../src/state/points.ts';
import { aDue, aSample, aTarget } from '../detect/world.ts';

const outcomes: readonly Outcome[] = [
  { tag: 'ok' },
  ...reasons.map((kind) => ({ tag: 'failed', failure: { kind } as ProbeFailure }) as const),
  ...becauses.map((because) => ({ tag: 'unknown', because }) as const),
];
const ms = fc.float({ min: 0, max: 1e6, noNaN: true });
const phase = fc.option(ms, { nil: undefined });
const some = fc.record({
  startedAtMs: fc.double({ min: 0, max: 4e12, noNaN: true }),
  rttMs: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true })),
  thresholdMs: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true })),
  cold: fc.boolean(),
  outcome: fc.constantFrom(...outcomes),
  phases: fc.record({ resolve: phase, connect: phase, tls: phase, processing: phase, transfer: phase }),
});

let made = 0;
function settled(from: Partial<SettledSample>): SettledSample {
  made += 1;
  const due = aDue(aTarget('a'), { probeId: `p${made}` });
  const base = aSample(due, made, 1, from.outcome ?? { tag: 'ok' });
  return { ...base, cold: false, thresholdMs: null, baselineMs: null, ...from };
}

/** What is left of a sample; `isNamed`: with its probe. */
function pointOf(sample: SettledSample, isNamed: boolean) {
  const { startedAtMs, rttMs, thresholdMs, cold, outcome, phases, due } = sample;
  const kept =
    outcome.tag === 'failed' ? { tag: 'failed' as const, failure: { kind: outcome.failure.kind } } : { ...outcome };
  const took = Object.fromEntries(Object.entries(phases).filter(([, one]) => one !== undefined));
  const probeId = isNamed || outcome.tag === 'failed' ? due.probeId : null;
  return { startedAtMs, rttMs, thresholdMs, cold, outcome: kept, phases: took, due: { probeId } };
}

describe('the last samples of a series', () => {
  test('are the newest so many, oldest first, with all that charts and medians read of them', () => {
    const sizes = fc.integer({ min: 1, max: 20 });
    const cases = fc.tuple(sizes, fc.integer({ min: 1, max: 20 }), fc.array(some, { maxLength: 60 }));
    fc.assert(
      fc.property(cases, ([size, named, all]) => {
        const points = new Points(size);
        const samples = all.map((one) => settled(one as Partial<SettledSample>));
        for (const sample of samples) points.push(sample, named);
        const last = samples.slice(-size);
        expect(points.items()).toEqual(last.map((one, at) => pointOf(one, at >= last.length - named)));
      }),
    );
  });

  test('say when the newest began that had begun by a time', () => {
    const points = new Points(3);
    expect(points.lastBy(1e15)).toBeNull();
    for (const startedAtMs of [10, 20, 30, 40]) points.push(settled({ startedAtMs }), 3);
    expect([19, 20, 35, 1e15].map((by) => points.lastBy(by))).toEqual([null, 20, 30, 40]);
  });
});
