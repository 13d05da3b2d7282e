import { expect } from 'vitest';
import { messageFor, phrase } from '../../../../src/words/tell.ts';
import { advice, delivered, finding, type Stage } from '../stage.ts';

export const second = 1_000;

export const proposal = advice('x', {
  from: 'coast',
  to: 'inland',
  expiresAtMs: Date.parse('2026-03-02T00:00:00.000Z'),
  expected: {
    availability: { before: 0.375, after: 1 },
    p95Seconds: { before: null, after: 0.42 },
    fetchCostSeconds: { before: 41.3, after: 0.31 },
  },
  remedy: {
    env: "export GOPROXY='https://inland.example.com/goproxy,direct'\nexport GOPRIVATE='git.example.com/*,*.corp'",
    goenv: 'go env -w …',
    json: '{}',
  },
  doesNotCover: ['a file of its own'],
});

export const wrong = finding('mismatch', 'coast', {
  cause: 'mismatch',
  ...messageFor('found.wrong', {
    name: 'coast',
    what: phrase('found.artifact', { what: 'example.com/m@v1.0.0', step: 'mod' }),
    by: 'sum.example.com',
    algorithm: 'sha256',
  }),
  evidence: {
    samples: 1,
    failures: 1,
    observedSeconds: null,
    baselineSeconds: null,
    thresholdSeconds: null,
    probeIds: [],
    sides: [
      {
        item: { module: 'example.com/m', version: 'v1.0.0', step: 'mod' },
        registries: ['coast', 'hill'],
        algorithm: 'sha256',
        digest: '0123456789abcdef0123456789abcdef',
        sinceMs: null,
        seen: null,
      },
      {
        item: { module: 'example.com/m', version: 'v1.0.0', step: 'mod' },
        registries: [],
        algorithm: 'sha256',
        digest: 'fedcba9876543210fedcba9876543210',
        sinceMs: null,
        seen: null,
      },
    ],
  },
});

/** Everything that a stage sends of some news, until nothing waits. */
export function sentOf(stage: Stage): string[] {
  const bodies: string[] = [];
  for (let n = 0; n < 200 && stage.outbox().length > 0; n += 1) {
    stage.pass(20 * second);
    for (const { notice, message } of stage.send()) {
      bodies.push(message.body);
      stage.end(notice, delivered);
    }
  }
  expect(stage.outbox()).toEqual([]);
  return bodies;
}
