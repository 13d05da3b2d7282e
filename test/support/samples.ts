import type { Advice } from '../../src/core/advice.ts';
import type { Due } from '../../src/core/due.ts';
import type { Finding } from '../../src/core/finding.ts';
import type { Target } from '../../src/core/mirror.ts';
import type { Sample } from '../../src/core/sample.ts';
import type { Standing } from '../../src/core/standing.ts';
import type { TlsFacts } from '../../src/core/transcript.ts';
import { phrase } from '../../src/words/tell.ts';

// One of each kind of data, with nothing special about it. A test says what it is about, and nothing else.

/** The facts of a good certificate. */
export const sampleTls: TlsFacts = {
  version: 'TLSv1.3',
  cipher: 'TLS_AES_128_GCM_SHA256',
  issuer: 'A Test CA',
  expiresAtMs: 1,
  spkiSha256: null,
  resumed: false,
  authorizationCode: null,
};

/** A scheduled cold probe that may take 10 s. */
export function sampleDue(target: Target, over: Partial<Due> = {}): Due {
  return {
    probeId: 'p1',
    target,
    connection: 'cold',
    purpose: 'scheduled',
    timeoutMs: 10_000,
    plannedAtMs: 0,
    round: null,
    ...over,
  };
}

/** A good response without a body that came at once, over IPv4. */
export function sampleOf(due: Due, over: Partial<Sample> = {}): Sample {
  return {
    due,
    startedAtMs: 0,
    startedMonotonicMs: 0,
    endedMonotonicMs: 0,
    outcome: { tag: 'ok' },
    rttMs: 0,
    phases: {},
    bytes: 0,
    wireBytes: 0,
    requests: 1,
    status: 200,
    finalUrl: null,
    remoteAddress: null,
    family: 4,
    tls: null,
    cache: null,
    retryAfterMs: null,
    facts: {},
    loopDelayMsMax: 0,
    worker: 0,
    ...over,
  };
}

/** An open spike of mirror `a`. */
export function sampleFinding(over: Partial<Finding> = {}): Finding {
  return {
    id: 'f1',
    kind: 'spike',
    state: 'open',
    ecosystem: 'go',
    upstream: 'go',
    registry: 'a',
    scope: [],
    openedAtMs: 0,
    closedAtMs: null,
    cause: 'slow',
    vantage: 'ok',
    confidence: 'high',
    evidence: {
      samples: 3,
      failures: 0,
      observedSeconds: null,
      baselineSeconds: null,
      thresholdSeconds: null,
      probeIds: [],
    },
    actionable: true,
    text: '',
    acknowledged: null,
    ...over,
  };
}

/** A mirror that is up. */
export function sampleStanding(registry: string, over: Partial<Standing> = {}): Standing {
  return {
    registry,
    ecosystem: 'go',
    upstream: 'go',
    state: 'up',
    why: phrase('why.answers'),
    inDoubt: false,
    paused: null,
    inMaintenance: false,
    lastOkAtMs: null,
    lastJudgedAtMs: null,
    throttledUntilMs: null,
    certificate: null,
    findings: [],
    ...over,
  };
}

/** Advice to leave mirror `a`, which is down, for `b`. */
export function sampleAdvice(over: Partial<Advice> = {}): Advice {
  return {
    id: 'ad1',
    ecosystem: 'go',
    upstream: 'go',
    vantage: 'test',
    state: 'proposed',
    phase: 'active',
    overAtMs: null,
    newClients: 'advised',
    issuedAtMs: 0,
    expiresAtMs: 1,
    settledAtMs: null,
    from: 'a',
    to: 'b',
    chain: { before: 'https://a.example.com', after: 'https://b.example.com' },
    reason: 'a is down',
    cause: 'outage',
    refusal: null,
    evidence: {
      windowSeconds: 1,
      samples: 3,
      observedSeconds: null,
      baselineSeconds: null,
      failures: {},
      findings: [],
    },
    candidates: [],
    expected: {
      availability: { before: null, after: null },
      p95Seconds: { before: null, after: null },
      fetchCostSeconds: { before: null, after: null },
    },
    confidence: 'high',
    remedy: {},
    doesNotCover: [],
    rollback: '',
    trigger: 'detector',
    ...over,
  };
}
