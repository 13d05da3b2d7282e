import { describe, expect, it } from 'vitest';
import { agrees, type ClientOutcome, type ClientRun } from '../../../src/core/client-run.ts';
import type { Row } from '../../../src/core/ports.ts';
import { createDetector, type DetectTurn } from '../../../src/detect/detector.ts';
import {
  countRun,
  type Differences,
  differencesOf,
  explainDifferences,
} from '../../../src/detect/findings/client-differs.ts';
import { aConfig, aMirror, at, countingRandom } from './world.ts';

const runOf = (registry: string, outcome: ClientOutcome, ours: ClientOutcome | null, client = 'go'): ClientRun => ({
  registry,
  ecosystem: 'go',
  upstream: 'go',
  client,
  module: 'example.com/m',
  version: 'v1.0.0',
  startedAtMs: 0,
  tookMs: 1_000,
  outcome,
  reason: outcome === 'ok' ? null : 'go said so',
  exitCode: outcome === 'ok' ? 0 : 1,
  files: 1,
  bytes: 1,
  words: '',
  ours:
    ours === null
      ? null
      : { outcome: ours, step: 'zip', reason: ours === 'ok' ? null : 'server', probeIds: [`${registry}-p`] },
});

const counted = (...runs: readonly ClientRun[]): Differences => runs.reduce(countRun, new Map());

describe('agree', () => {
  const outcomes = ['ok', 'failed', 'unknown'] as const;
  it.each(outcomes.flatMap((client) => [...outcomes, null].map((ours) => [client, ours] as const)))(
    '%s and %s',
    (client, ours) => {
      const known = client !== 'unknown' && ours !== 'unknown' && ours !== null;
      expect(agrees(runOf('a', client, ours))).toBe(known ? client === ours : null);
    },
  );
});

describe('a difference', () => {
  const fails = runOf('a', 'failed', 'ok');
  const serves = runOf('a', 'ok', 'failed');
  const same = runOf('a', 'ok', 'ok');
  const other: ClientRun = {
    ...same,
    ours: { outcome: 'ok', step: 'zip', reason: null, probeIds: [], otherBytes: true },
  };
  it.each([
    ['once', [fails], null],
    ['twice in the same way', [fails, fails], 1],
    ['twice, one that says nothing between', [fails, runOf('a', 'unknown', null), fails], 1],
    ['twice, but one of each way', [fails, serves], null],
    ['twice, but they agreed between', [fails, runOf('a', 'ok', 'ok'), fails], null],
    ['twice with other bytes', [other, other], 1],
    ['told, and then they agree that it fails', [fails, fails, runOf('a', 'failed', 'failed')], null],
    ['told, and then nothing is known', [fails, fails, runOf('a', 'ok', 'unknown')], 1],
    ['of two mirrors, once each', [fails, runOf('b', 'failed', 'ok')], null],
    ['of two clients at one mirror, once each', [fails, runOf('a', 'failed', 'ok', 'npm')], null],
    ['of two mirrors, twice each', [fails, runOf('b', 'ok', 'failed'), fails, runOf('b', 'ok', 'failed')], 2],
  ] as const)('%s', (_name, runs, told) => {
    const says = explainDifferences(counted(...runs));
    expect(says?.tag).toBe(told === null ? 'well' : 'trouble');
    if (says?.tag === 'trouble') expect(says.evidence.failures).toBe(told);
  });

  it('names client, mirror, module and which side fails', () => {
    const both = counted(fails, runOf('b', 'ok', 'failed', 'npm'), fails, runOf('b', 'ok', 'failed', 'npm'));
    expect(explainDifferences(both)).toEqual({
      sentence: expect.objectContaining({ key: 'found.clients' }),
      tag: 'trouble',
      scope: [
        { module: 'example.com/m', version: 'v1.0.0', step: 'zip' },
        { module: 'example.com/m', version: 'v1.0.0', step: 'zip' },
      ],
      cause: 'client_differs',
      evidence: { samples: 4, failures: 2, probeIds: ['a-p', 'b-p'] },
      actionable: false,
      text: 'Our probes and real clients disagree: go cannot fetch example.com/m@v1.0.0 from a (go said so), but our probes succeed; npm fetches example.com/m@v1.0.0 from b, but our probe of the step zip fails (server).',
    });
  });

  it('names five of many, and their number', () => {
    const runs = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((registry) => runOf(registry, 'failed', 'ok'));
    const says = explainDifferences(counted(...runs, ...runs));
    expect(says?.text).toMatch(/from e \(go said so\), but our probes succeed, and 2 more\.$/);
  });

  it('ends with the pair that is not run any more', () => {
    const told = counted(fails, fails);
    expect(differencesOf(told, [{ registry: 'a', client: 'go' }])).toEqual(told);
    expect(differencesOf(told, [{ registry: 'a', client: 'npm' }]).size).toBe(0);
  });
});

describe('beside other findings about us', () => {
  const config = aConfig({ mirrors: [aMirror('a')] });
  const clientRuns = {
    everyMs: 3_600_000,
    pairs: [{ registry: 'a', client: 'go' }],
    leftOut: [],
    timeoutMs: 1_000,
    user: null,
  };
  const fails = runOf('a', 'failed', 'ok');

  it('it opens and closes by itself', () => {
    const detector = createDetector({
      config: { ...config, clientRuns },
      targets: [],
      restored: [],
      random: countingRandom(),
      now: at(0),
    });
    const told = (turn: DetectTurn) => turn.findings.map(({ change, finding }) => `${change} ${finding.cause}`);
    expect(told(detector.suspended(at(1).monotonicMs, at(9_000).monotonicMs, at(9_000)))).toEqual(['opened clock']);
    expect(told(detector.clientRan(fails, at(10_000)))).toEqual([]);
    expect(told(detector.clientRan(fails, at(11_000)))).toEqual(['opened client_differs']);
    expect(told(detector.clientRan(fails, at(12_000)))).toEqual([]);
    expect(told(detector.tick(at(3_700_000)))).toEqual(['closed clock']);
    expect(detector.findings().map(({ cause }) => cause)).toEqual(['client_differs']);
    expect(told(detector.reconfigure(config, [], at(3_800_000)))).toEqual(['closed client_differs']);
  });

  it('a restart begins anew: what it rested on is asked again', () => {
    const make = (restored: readonly Row[]) =>
      createDetector({
        config: { ...config, clientRuns },
        targets: [],
        restored,
        random: countingRandom(),
        now: at(0),
      });
    const first = make([]);
    first.clientRan(fails, at(1_000));
    const { rows } = first.clientRan(fails, at(2_000));
    const second = make(rows);
    expect(second.tick(at(0)).findings.map(({ change, finding }) => `${change} ${finding.cause}`)).toEqual([
      'closed client_differs',
    ]);
  });
});
