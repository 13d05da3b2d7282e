import type { Finding } from '../../../src/core/finding.ts';
import type { Sentence } from '../../../src/core/result.ts';
import type { MirrorState, Standing } from '../../../src/core/standing.ts';
import { phrase } from '../../../src/words/tell.ts';
import { sampleFinding, sampleStanding } from '../../support/samples.ts';
import { nowMs } from './fixture-config.ts';

function finding(more: Partial<Finding> & Pick<Finding, 'id' | 'kind'>): Finding {
  return sampleFinding({
    registry: 'coast',
    scope: [{ module: 'example.com/net', version: 'v0.25.0', step: 'mod' }],
    openedAtMs: nowMs - 150_000,
    evidence: {
      samples: 7,
      failures: 0,
      observedSeconds: 1.19,
      baselineSeconds: 0.205,
      thresholdSeconds: 0.8,
      probeIds: ['p-coast-mod-4', 'p-coast-mod-3', 'p-coast-mod-2', 'p-coast-mod-1', 'p-coast-mod-0'],
    },
    ...more,
  });
}

/** A spike and an outage that are open, a spike that is over. */
export const fixtureFindings: readonly Finding[] = [
  finding({
    id: '0c9x2k5spike0coast00',
    kind: 'spike',
    scope: [
      { module: 'example.com/net', version: 'v0.25.0', step: 'mod' },
      { module: 'example.com/net', version: 'v0.25.0', step: 'info' },
    ],
    text: 'coast answers in 1.19 s where 0.21 s is usual, for 7 samples in a row',
  }),
  finding({
    id: '0c9x2k4outage0campus',
    kind: 'outage',
    registry: 'campus',
    cause: 'timeout_connect',
    confidence: 'medium',
    openedAtMs: nowMs - 95_000,
    text: 'campus refuses connections or lets them time out; the other mirrors and the control answer',
    evidence: {
      samples: 8,
      failures: 8,
      observedSeconds: null,
      baselineSeconds: 0.096,
      thresholdSeconds: 0.8,
      probeIds: ['p-campus-mod-2', 'p-campus-mod-1', 'p-campus-mod-0'],
    },
  }),
  finding({
    id: '0c9x2k1spike0inland0',
    kind: 'spike',
    state: 'closed',
    registry: 'inland',
    openedAtMs: nowMs - 7_200_000,
    closedAtMs: nowMs - 6_900_000,
    text: 'inland was slow for five minutes',
  }),
];

function standing(registry: string, state: MirrorState, why: Sentence, more: Partial<Standing> = {}): Standing {
  return sampleStanding(registry, {
    state,
    why,
    lastOkAtMs: nowMs - 4_000,
    lastJudgedAtMs: nowMs - 4_000,
    certificate: { expiresAtMs: nowMs + 41 * 86_400_000, authorizationCode: null },
    findings: fixtureFindings.filter((one) => one.registry === registry && one.state === 'open'),
    ...more,
  });
}

export const fixtureStandings: readonly Standing[] = [
  standing('coast', 'degraded', phrase('why.slow')),
  standing('inland', 'up', phrase('why.answers')),
  standing('campus', 'down', phrase('why.canaryOut'), { lastOkAtMs: nowMs - 244_000 }),
  standing('go-origin', 'unknown', phrase('why.unmeasured'), {
    lastOkAtMs: null,
    lastJudgedAtMs: null,
    certificate: null,
  }),
];
