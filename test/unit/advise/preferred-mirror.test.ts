import { describe, expect, it } from 'vitest';
import { limits } from '../../../src/core/limits.ts';
import { registry } from '../../../src/ecosystems/registry.ts';
import { phrase } from '../../../src/words/tell.ts';
import { chain, kill, only, recover, warm } from './outage.ts';
import { mirror, Stage } from './stage.ts';

describe('an outage of the preferred mirror', () => {
  it('notes once that modules are not verified, as images by tag are not', () => {
    const oci = registry.of('oci');
    expect([oci?.unverified?.('1.27'), oci?.unverified?.(`sha256:${'0'.repeat(64)}`)]).toEqual([
      phrase('note.tags'),
      null,
    ]);
    const stage = warm();
    const kind = Object.assign(registry.of('go') ?? {}, { unverified: () => phrase('note.tags') });
    kill(stage);
    stage.consider();
    Reflect.deleteProperty(kind, 'unverified');
    expect(only(stage).sentences?.doesNotCover.filter((one) => String(Object(one).key) === 'note.tags')).toHaveLength(
      1,
    );
  });

  it('is answered in the turn in which it opens, and once', () => {
    const stage = warm();
    kill(stage);
    stage.consider();
    stage.consider();
    expect(stage.story()).toEqual(['proposed outage b']);
    const advice = only(stage);
    expect(advice).toEqual({
      id: advice.id,
      ecosystem: 'go',
      upstream: 'go',
      vantage: 'test',
      state: 'proposed',
      phase: 'active',
      overAtMs: null,
      newClients: 'advised',
      causeNow: 'all',
      issuedAtMs: stage.at.wallMs,
      expiresAtMs: stage.at.wallMs + 86_400_000,
      settledAtMs: null,
      from: 'a',
      to: 'b',
      chain: { before: chain, after: 'https://b.example.com,direct' },
      sentence: expect.objectContaining({ key: 'ground.move' }),
      reason: 'a is down (refused): all 4 probes of the last 4 s failed. 7 of 7 probes of b succeeded.',
      cause: 'outage',
      refusal: null,
      evidence: {
        windowSeconds: 4.2,
        samples: 4,
        observedSeconds: 1.3,
        baselineSeconds: 0.2,
        failures: { refused: 4 },
        findings: ['f-a-outage'],
      },
      candidates: [
        // (6 × 200 + 4 × 210) / 10 for each of three steps; four failures, as far as a sum goes.
        { registry: 'b', scoreSeconds: 0.612, gate: 'ok', sum: 20, bound: 8 },
        { registry: 'c', scoreSeconds: 0.612, gate: 'ok', sum: 20, bound: 8 },
        // One of seven failed at its pace, two of a fetch's three steps are light, and a failure costs five minutes: .6 + 300 × 2/3 × 1/7.
        { registry: 'a', scoreSeconds: 160.6, gate: 'outage', sum: null, bound: null },
      ],
      expected: {
        availability: { before: 0, after: 1 },
        p95Seconds: { before: null, after: 0.21 },
        fetchCostSeconds: { before: 160.6, after: 0.612 },
      },
      confidence: 'low',
      bypass: null,
      remedy: {
        env: "export GOPROXY='https://b.example.com,direct'",
        goenv: "go env -w GOPROXY='https://b.example.com,direct'",
        json: '{"GOPROXY":"https://b.example.com,direct"}',
      },
      doesNotCover: [
        'A GOPROXY set in the environment, a CI file or a container image overrides `go env -w`.',
        'After a comma, the go command uses the next entry only on 404 and 410: any other failure of the first entry ends a build.',
        'No origin is monitored: freshness was compared only between the mirrors, or not at all.',
        'mirrorwatch has not yet measured whether b relays the checksum database.',
      ],
      sentences: {
        doesNotCover: [
          { key: 'note.goWins', values: {} },
          { key: 'note.goComma', values: {} },
          { key: 'note.noOrigin', values: {} },
          { key: 'note.relay', values: { mirror: 'b', relay: { key: 'relay.checksums', values: {} } } },
        ],
        rollback: null,
      },
      rollback: `export GOPROXY='${chain}'`,
      trigger: 'detector',
    });
  });

  it('is withdrawn, unaccepted, when home has proven itself and not when its cause ends', () => {
    const stage = warm();
    kill(stage);
    stage.consider();
    // 98 × .046 from − 2.3 to 2.2.
    recover(stage, 97);
    expect(stage.story()).toEqual(['proposed outage b']);
    stage.paces(1, { a: 200, b: 200, c: 200 });
    expect(stage.story()).toEqual(['proposed outage b', 'withdrawn outage b']);
    expect(stage.advisor.list()).toEqual([]);
    expect(stage.advisor.remedy('go', 'go')).toEqual({ kind: 'nothing', state: 'right' });
  });

  it('of a few seconds keeps clients away until it has proven itself, and no longer', () => {
    const stage = warm();
    kill(stage);
    stage.consider();
    stage.shut('a', 'outage');
    // 48 × .046 from 0 to 2.2: its trouble was over before it was left.
    stage.paces(47, { a: 200, b: 200, c: 200 });
    expect(stage.story()).toEqual(['proposed outage b']);
    stage.paces(1, { a: 200, b: 200, c: 200 });
    expect(stage.story().slice(1)).toEqual(['withdrawn outage b']);
  });

  it('waits neither for the dwell nor for a gain', () => {
    const stage = warm();
    kill(stage);
    stage.consider();
    stage.accept(only(stage).id);
    stage.pass(10);
    kill(stage, 'b');
    stage.consider();
    expect(stage.story().slice(-1)).toEqual(['proposed outage c']);
    expect(stage.advisor.list().map((one) => [one.state, one.chain.after])).toEqual([
      ['proposed', 'https://c.example.com,direct'],
      ['accepted', 'https://b.example.com,direct'],
    ]);
  });

  it('of a part of a mirror alone gives nothing', () => {
    const stage = warm();
    stage.open('a', 'outage', { actionable: false });
    stage.paces(3, { a: 200, b: 200, c: 200 });
    expect(stage.story()).toEqual([]);
  });

  it('of a mirror that clients do not use first gives nothing', () => {
    const stage = warm();
    kill(stage, 'b');
    stage.consider();
    expect(stage.story()).toEqual([]);
  });

  it('raises its confidence with the finding, without an event', () => {
    const stage = warm();
    kill(stage);
    stage.consider();
    stage.open('a', 'outage', { confidence: 'high' });
    stage.consider();
    expect(only(stage).confidence).toBe('high');
    expect(stage.story()).toEqual(['proposed outage b']);
  });

  it.each([
    ['a finding that says low', { confidence: 'low', vantage: 'ok' }, 'low'],
    [
      'an unverified vantage, for which detect allows medium',
      { confidence: 'medium', vantage: 'unverified' },
      'medium',
    ],
    ['a suspect vantage', { confidence: 'high', vantage: 'suspect' }, 'low'],
  ] as const)('carries the word of its finding: %s', (_name, finding, want) => {
    const stage = warm();
    kill(stage);
    stage.open('a', 'outage', finding);
    stage.consider();
    expect(only(stage).confidence).toBe(want);
  });

  it('is of low confidence for slowness until the test has passed its bound twice over, and never falls', () => {
    const stage = warm();
    while (stage.changes.length === 0 && stage.seconds < 3_600) stage.paces(1, { a: 1_300, b: 200, c: 200 });
    expect([stage.story(), only(stage).confidence]).toEqual([['proposed slower b'], 'low']);
    const atSeconds = stage.seconds;
    while (only(stage).confidence === 'low' && stage.seconds < 3_600) stage.paces(1, { a: 1_300, b: 200, c: 200 });
    expect(only(stage).confidence).toBe('medium');
    expect(stage.seconds - atSeconds).toBeGreaterThanOrEqual(30);
    expect(stage.seconds - atSeconds).toBeLessThanOrEqual(300);
    stage.open('a', 'spike', { confidence: 'low' });
    stage.paces(5, { a: 200, b: 200, c: 200 });
    expect(only(stage).confidence).toBe('medium');
  });

  it('notes what asked for it', () => {
    const asked = (agoSeconds: number): string => {
      const stage = warm();
      stage.alert('a');
      stage.pass(agoSeconds);
      kill(stage);
      stage.consider();
      expect(stage.story()).toEqual(['proposed outage b']);
      return only(stage).trigger;
    };
    // An alert that came up to a round's length before the finding asked for the round that found it: 4.2 s of `kill`.
    const roundSeconds = limits.roundMs / 1_000;
    expect([asked(0), asked(roundSeconds - 4.2), asked(roundSeconds - 4.1)]).toEqual([
      'alertmanager',
      'alertmanager',
      'detector',
    ]);
  });
});

describe('a spike of the preferred mirror', () => {
  it('gives nothing for one slow answer, nor for three, and one advice at the fourth', () => {
    const stage = warm();
    stage.paces(3, { a: 1300, b: 200, c: 200 });
    expect(stage.story()).toEqual([]);
    stage.open('a', 'spike');
    stage.paces(5, { a: 1300, b: 200, c: 200 });
    expect(stage.changes).toEqual([{ atSeconds: 300, change: 'proposed', state: 'proposed', cause: 'spike', to: 'b' }]);
    const advice = only(stage);
    expect(advice.chain.after).toBe('https://b.example.com,https://a.example.com,direct');
    expect(advice.reason).toBe(
      'a is slow: 1.30 s (200 ms at b). Compared 8 times in the last 4 min; 14 of 14 probes of b succeeded.',
    );
    expect(advice.expected).toEqual({
      availability: { before: 1, after: 1 },
      p95Seconds: { before: 1.3, after: 0.2 },
      fetchCostSeconds: { before: 3.9, after: 0.6 },
    });
  });

  it('is not left for a mirror that fails where this one answers', () => {
    const stage = new Stage(chain, [mirror('a'), mirror('b')]);
    stage.paces(8, { a: 200, b: 100 });
    stage.paces(1, { a: 1300, b: 'reset' });
    stage.paces(2, { a: 1300, b: 100 });
    stage.open('a', 'spike');
    stage.consider();
    expect(stage.story()).toEqual([]);
  });

  it('becomes an outage: what was advised leads away from it already', () => {
    const stage = warm();
    stage.open('a', 'spike');
    stage.paces(4, { a: 1300, b: 200, c: 200 });
    kill(stage);
    stage.consider();
    expect(stage.story()).toEqual(['proposed spike b']);
  });
});
