import type { Sample } from '../../../src/core/sample.ts';

export const epochMs = Date.UTC(2026, 0, 1);

/** A sample as the answers of a state file keep it: of `mod` at a mirror `a`, after a second, ok. */
export function sampleOf(
  over: Partial<Sample> = {},
  target: Partial<Sample['due']['target']> = {},
  due: Partial<Sample['due']> = {},
): Sample {
  return {
    due: {
      probeId: 'p',
      target: {
        id: 'a|example.com/x|v1.0.0|mod',
        ecosystem: 'go',
        upstream: 'go',
        registry: 'a',
        module: 'example.com/x',
        version: 'v1.0.0',
        step: 'mod',
        canary: true,
        weight: 'light',
        verifies: null,
        ...target,
      },
      connection: 'cold',
      purpose: 'scheduled',
      timeoutMs: 10_000,
      plannedAtMs: 990,
      round: null,
      ...due,
    },
    startedAtMs: epochMs + 1_000,
    startedMonotonicMs: 1_000,
    endedMonotonicMs: 1_123.4,
    outcome: { tag: 'ok' },
    rttMs: 120.2,
    phases: { processing: 120.2 },
    bytes: 345,
    wireBytes: 345,
    requests: 1,
    status: 200,
    finalUrl: 'https://a.example.com/x',
    remoteAddress: '192.0.2.1',
    family: 4,
    tls: null,
    cache: null,
    retryAfterMs: null,
    facts: {},
    loopDelayMsMax: 0.2,
    worker: 1,
    ...over,
  };
}
