import type { ActionRule } from '../../../../src/core/action.ts';
import type { Advice } from '../../../../src/core/advice.ts';
import { sampleAdvice } from '../../../support/samples.ts';

/** An advice from mirror `a` to `b` of a Go upstream. */
export function adviceTo(over: Partial<Advice> = {}): Advice {
  return sampleAdvice({
    id: 'advice00000000000001',
    vantage: 'here',
    expiresAtMs: 86_400_000,
    chain: { before: 'https://a.example.com,direct', after: 'https://b.example.net|direct' },
    reason: 'a is down.',
    evidence: {
      windowSeconds: 60,
      samples: 9,
      observedSeconds: null,
      baselineSeconds: 0.04,
      failures: { refused: 9 },
      findings: [],
    },
    expected: {
      availability: { before: 0, after: 1 },
      p95Seconds: { before: null, after: 0.1 },
      fetchCostSeconds: { before: 300, after: 1 },
    },
    remedy: {
      env: "export GOPROXY='https://b.example.net|direct'",
      json: JSON.stringify({ GOPROXY: 'https://b.example.net|direct' }),
    },
    rollback: "export GOPROXY='https://a.example.com,direct'",
    ...over,
  });
}

/** A rule that writes an env file by itself, for every cause. */
export function ruleOf(
  over: Partial<Omit<ActionRule, 'when'>> = {},
  when: Partial<ActionRule['when']> = {},
): ActionRule {
  return {
    name: 'ci',
    targets: [{ ecosystem: 'go', upstream: 'go' }],
    mode: 'auto',
    timeoutMs: 30_000,
    accepts: true,
    when: {
      causes: ['outage', 'slower'],
      confidence: 'medium',
      perHour: 4,
      perDay: 12,
      quiet: null,
      timeZone: 'UTC',
      ...when,
    },
    deed: { kind: 'file', path: '/etc/ci/goproxy.env', as: 'env' },
    ...over,
  };
}
