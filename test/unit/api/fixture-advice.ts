import type { Advice } from '../../../src/core/advice.ts';
import type { UpstreamVerdict } from '../../../src/core/verdict.ts';
import { nowMs } from './fixture-config.ts';

/** Leave coast for inland: proposed, with everything that an advice can say. */
export const fixtureAdvice: Advice = {
  id: '0c9x2k6advice0go0000',
  ecosystem: 'go',
  upstream: 'go',
  vantage: 'shanghai-ci',
  state: 'proposed',
  phase: 'active',
  overAtMs: null,
  newClients: 'advised',
  issuedAtMs: nowMs - 148_000,
  expiresAtMs: nowMs + 86_252_000,
  settledAtMs: null,
  from: 'coast',
  to: 'inland',
  chain: {
    before: 'https://goproxy.coast.example.com,direct',
    after: 'https://mirrors.inland.example.com/goproxy,direct',
  },
  reason:
    'coast answers in 1.19 s where 0.21 s is usual; inland takes 0.32 s, has failed nothing in the last hour and relays the checksum database.',
  cause: 'spike',
  refusal: null,
  evidence: {
    windowSeconds: 600,
    samples: 20,
    observedSeconds: 1.19,
    baselineSeconds: 0.205,
    failures: {},
    findings: ['0c9x2k5spike0coast00'],
  },
  candidates: [
    { registry: 'inland', scoreSeconds: 0.61, gate: 'ok', sum: 9.4, bound: 14 },
    { registry: 'coast', scoreSeconds: 2.24, gate: 'spike', sum: null, bound: null },
    { registry: 'campus', scoreSeconds: null, gate: 'outage', sum: null, bound: null },
    { registry: 'go-origin', scoreSeconds: null, gate: 'unmeasured', sum: null, bound: null },
  ],
  expected: {
    availability: { before: 1, after: 1 },
    p95Seconds: { before: 1.29, after: 0.37 },
    fetchCostSeconds: { before: null, after: null },
  },
  confidence: 'high',
  remedy: {
    env: "export GOPROXY='https://mirrors.inland.example.com/goproxy,direct'\nexport GOPRIVATE='git.example.com/*'",
    goenv: "go env -w GOPROXY='https://mirrors.inland.example.com/goproxy,direct' GOPRIVATE='git.example.com/*'",
    json: '{"GOPROXY":"https://mirrors.inland.example.com/goproxy,direct","GOPRIVATE":"git.example.com/*"}',
  },
  doesNotCover: [
    'A GOPROXY set in the environment, a CI file or a container image overrides `go env -w`.',
    'Behind a comma the go command moves on at 404 and 410 only.',
  ],
  rollback: "export GOPROXY='https://goproxy.coast.example.com,direct'",
  trigger: 'detector',
};

/** The fields of a mirror's record beside its cost and gate. */
export const fixtureMirror = {
  state: 'up',
  probes: { all: 6, failed: 0, seconds: 60 },
  failedShare: 0,
  blocker: null,
} as const;

export const fixtureVerdict: UpstreamVerdict = {
  ecosystem: 'go',
  upstream: 'go',
  atMs: fixtureAdvice.issuedAtMs,
  head: 'coast',
  home: 'coast',
  mirrors: fixtureAdvice.candidates.map((one) => ({ ...one, ...fixtureMirror })),
  advice: [],
  stay: null,
  back: null,
};
