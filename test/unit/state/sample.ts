import type { Sample } from '../../../src/core/sample.ts';
import { sampleTarget } from '../../support/sample-target.ts';
import { sampleOf as plainSample, sampleDue } from '../../support/samples.ts';

export const epochMs = Date.UTC(2026, 0, 1);

/** A sample as the answers of a state file keep it: of `mod` at a mirror `a`, after a second, ok. */
export function sampleOf(
  over: Partial<Sample> = {},
  target: Partial<Sample['due']['target']> = {},
  due: Partial<Sample['due']> = {},
): Sample {
  const of = sampleTarget({ registry: 'a', module: 'example.com/x', version: 'v1.0.0', step: 'mod', ...target });
  return plainSample(sampleDue(of, { probeId: 'p', plannedAtMs: 990, ...due }), {
    startedAtMs: epochMs + 1_000,
    startedMonotonicMs: 1_000,
    endedMonotonicMs: 1_123.4,
    rttMs: 120.2,
    phases: { processing: 120.2 },
    bytes: 345,
    wireBytes: 345,
    finalUrl: 'https://a.example.com/x',
    remoteAddress: '192.0.2.1',
    loopDelayMsMax: 0.2,
    worker: 1,
    ...over,
  });
}
