import { describe, expect, it } from 'vitest';
import type { Advice } from '../../../src/core/advice.ts';
import type { Mirror } from '../../../src/core/mirror.ts';
import { Secret } from '../../../src/core/secret.ts';
import { mirror, Stage } from './stage.ts';

const chain = 'https://a.example.com,https://b.example.com,direct';
const abc: readonly Mirror[] = [mirror('a'), mirror('b'), mirror('c')];

function warm(mirrors: readonly Mirror[] = abc, declared = chain, more = {}): Stage {
  const stage = new Stage(declared, mirrors, more);
  stage.paces(6, Object.fromEntries(mirrors.map((one) => [one.name, 200])));
  return stage;
}

function only(stage: Stage): Advice {
  const [advice, ...more] = stage.advisor.list();
  if (advice === undefined || more.length > 0) throw new Error(`${more.length + 1} advices`);
  return advice;
}

/** `a` is refused in a confirming round of three moments while the others answer, and detect opens an outage. */
function kill(stage: Stage, registry = 'a'): void {
  stage.sample(registry, 'refused');
  for (const moment of [1, 2, 3]) {
    stage.pass(1.4);
    for (const one of stage.config.mirrors)
      stage.sample(one.name, one.name === registry || stage.findings.has(`f-${one.name}-outage`) ? 'refused' : 210, {
        round: `r${stage.seconds}/${moment}`,
      });
  }
  stage.open(registry, 'outage');
}

describe('an outage of the preferred mirror', () => {
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
      issuedAtMs: stage.at.wallMs,
      expiresAtMs: stage.at.wallMs + 86_400_000,
      settledAtMs: null,
      from: 'a',
      to: 'b',
      chain: { before: chain, after: 'https://b.example.com,direct' },
      reason:
        'a is in outage (refused): 4 of its last 4 canary answers failed; b answered 6 of 6 and is expected to take 400 ms a fetch.',
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
        { registry: 'b', scoreSeconds: 0.4, gate: 'ok', sum: null, bound: null },
        { registry: 'c', scoreSeconds: 0.4, gate: 'ok', sum: null, bound: null },
        { registry: 'a', scoreSeconds: 0.4, gate: 'outage', sum: null, bound: null },
      ],
      expected: { availability: { before: 0, after: 1 }, p95Seconds: { before: null, after: 0.21 } },
      confidence: 'low',
      remedy: {
        env: "export GOPROXY='https://b.example.com,direct'",
        goenv: "go env -w GOPROXY='https://b.example.com,direct'",
        json: '{"GOPROXY":"https://b.example.com,direct"}',
      },
      doesNotCover: [
        'A GOPROXY set in the environment, a CI file or a container image wins over `go env -w`.',
        'Behind a comma the go command moves on at 404 and 410 only: any other fault of the first member ends a build.',
        'How fresh the mirrors are was not compared.',
        'Whether b relays the checksum database was not measured yet.',
      ],
      rollback: `export GOPROXY='${chain}'`,
      trigger: 'detector',
    });
  });

  it('is withdrawn when it ends before anyone accepted', () => {
    const stage = warm();
    kill(stage);
    stage.consider();
    stage.shut('a', 'outage');
    stage.paces(5, { a: 200, b: 200, c: 200 });
    expect(stage.story()).toEqual(['proposed outage b', 'withdrawn outage b']);
    expect(stage.advisor.list()).toEqual([]);
    expect(stage.advisor.remedy('go', 'go')).toEqual({ kind: 'nothing', state: 'right' });
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

  it('keeps confidence low where the vantage could not be verified', () => {
    const stage = warm();
    kill(stage);
    stage.open('a', 'outage', { confidence: 'high', vantage: 'unverified' });
    stage.consider();
    expect(only(stage).confidence).toBe('low');
  });

  it('notes what asked for it', () => {
    const stage = warm();
    kill(stage);
    stage.consider('alertmanager');
    expect(only(stage).trigger).toBe('alertmanager');
  });
});

describe('a spike of the preferred mirror', () => {
  it('gives nothing for one slow answer, nor for two, and one advice once it is open', () => {
    const stage = warm();
    stage.paces(2, { a: 1300, b: 200, c: 200 });
    expect(stage.story()).toEqual([]);
    stage.pass(30);
    for (const name of ['b', 'c']) stage.sample(name, 200);
    stage.sample('a', 1300);
    stage.open('a', 'spike');
    stage.consider();
    stage.paces(5, { a: 1300, b: 200, c: 200 });
    expect(stage.changes).toEqual([{ atSeconds: 270, change: 'proposed', state: 'proposed', cause: 'spike', to: 'b' }]);
    const advice = only(stage);
    expect(advice.chain.after).toBe('https://b.example.com,https://a.example.com,direct');
    expect(advice.reason).toBe(
      'a takes 1.30 s where 200 ms is usual; b answered 9 of 9 and is expected to take 400 ms a fetch instead of 2.60 s (85 % less).',
    );
    expect(advice.expected).toEqual({ availability: { before: 1, after: 1 }, p95Seconds: { before: 1.3, after: 0.2 } });
  });

  // The expected time is twice the canary's where info was not measured: the relative drop is that of the canary.
  it.each([
    ['exactly minGain', 800, 1],
    ['just below minGain', 801, 0],
    ['just above minGain', 799, 1],
  ])('%s', (_name, bMs, proposals) => {
    const stage = new Stage(chain, [mirror('a'), mirror('b')]);
    stage.paces(6, { a: 200, b: bMs });
    stage.paces(3, { a: 1000, b: bMs });
    stage.open('a', 'spike');
    stage.consider();
    expect(stage.story()).toHaveLength(proposals);
  });

  it.each([
    ['just before hold is over', 599, 0],
    ['when hold is over', 600, 1],
  ])('waits for the dwell since the last accept: %s', (_name, afterSeconds, proposals) => {
    const stage = warm();
    kill(stage);
    stage.consider();
    stage.accept(only(stage).id);
    const acceptedAt = stage.seconds;
    stage.paces(3, { a: 'refused', b: 1300, c: 200 });
    stage.open('b', 'spike');
    stage.paces(16, { a: 'refused', b: 1300, c: 200 });
    stage.pass(afterSeconds - (stage.seconds - acceptedAt));
    stage.consider();
    expect(stage.story().slice(2)).toEqual(Array.from({ length: proposals }, () => 'proposed spike c'));
  });

  it('is not left for a mirror that fails where this one answers', () => {
    const stage = new Stage(chain, [mirror('a'), mirror('b')]);
    stage.paces(8, { a: 200, b: 100 });
    stage.paces(1, { a: 1300, b: 'reset' });
    stage.paces(2, { a: 1300, b: 100 });
    stage.open('a', 'spike');
    stage.consider();
    expect(stage.story()).toEqual([]);
    stage.paces(1, { a: 900, b: 100 });
    expect(stage.story()).toEqual([]);
  });

  it('stays proposed while the gain wavers, and another mirror must be better for as long as hold', () => {
    const stage = warm();
    stage.paces(3, { a: 1300, b: 200, c: 200 });
    stage.open('a', 'spike');
    stage.consider();
    stage.paces(18, { a: 1300, b: 1000, c: 200 });
    expect(stage.story()).toEqual(['proposed spike b']);
    stage.paces(4, { a: 1300, b: 1000, c: 200 });
    expect(stage.story()).toEqual(['proposed spike b', 'superseded spike b', 'proposed spike c']);
  });

  it('becomes an outage: the old advice is superseded and the dead mirror leaves the line', () => {
    const stage = warm();
    stage.paces(3, { a: 1300, b: 200, c: 200 });
    stage.open('a', 'spike');
    stage.consider();
    kill(stage);
    stage.consider();
    expect(stage.story()).toEqual(['proposed spike b', 'superseded spike b', 'proposed outage b']);
    expect(only(stage).chain.after).toBe('https://b.example.com,direct');
  });

  it('with timeouts costs what the client waits', () => {
    const stage = warm();
    stage.paces(3, { a: 'timeout_processing', b: 200, c: 200 });
    stage.open('a', 'spike');
    stage.consider();
    expect(only(stage).candidates.find((one) => one.registry === 'a')).toEqual({
      registry: 'a',
      scoreSeconds: 20,
      gate: 'spike',
      sum: null,
      bound: null,
    });
    expect(only(stage).expected.availability).toEqual({ before: 0, after: 1 });
  });
});

describe('other causes', () => {
  it.each([
    ['level_shift', { cause: 'relearned' }, 1],
    ['refusal', { cause: 'denied' }, 1],
    ['mismatch', { cause: 'mismatch', actionable: false }, 1],
    ['mismatch', { cause: 'mismatch', state: 'acknowledged' }, 0],
    ['certificate', { cause: 'tls_expired', actionable: false }, 1],
    ['certificate', { cause: 'expires_soon' }, 0],
    ['outage', { cause: 'refused', state: 'acknowledged' }, 1],
    ['outage', { cause: 'refused', state: 'closed' }, 0],
    ['lag', { cause: 'slow' }, 0],
  ] as const)('%s %j gives %i', (kind, more, proposals) => {
    const stage = warm();
    stage.paces(20, { a: 1000, b: 200, c: 200 });
    stage.open('a', kind, more);
    stage.consider();
    expect(stage.story()).toEqual(Array.from({ length: proposals }, () => `proposed ${kind} b`));
  });

  it.each([
    ['outage', 'https://b.example.com,direct'],
    ['mismatch', 'https://b.example.com,direct'],
    ['refusal', 'https://b.example.com,direct'],
    ['spike', 'https://b.example.com,https://a.example.com,direct'],
    ['level_shift', 'https://b.example.com,https://a.example.com,direct'],
  ] as const)('%s: the line is %s', (kind, after) => {
    const stage = warm();
    stage.paces(20, { a: 1000, b: 200, c: 200 });
    stage.open('a', kind);
    stage.consider();
    expect(only(stage).chain.after).toBe(after);
  });
});

describe('refusals are visible', () => {
  it('vantage suspect: no proposal, and it goes when the suspicion does', () => {
    const stage = warm();
    stage.suspect = true;
    stage.consider();
    stage.consider();
    expect(stage.story()).toEqual(['refused outage a']);
    expect(only(stage)).toMatchObject({
      state: 'refused',
      refusal: 'vantage_suspect',
      from: 'a',
      to: 'a',
      remedy: {},
      chain: { before: chain, after: chain },
    });
    expect(only(stage).reason).toBe(
      'a cannot be judged, but no switch is advised: what we watch fails in one moment, so this looks like our own network.',
    );
    expect(stage.advisor.remedy('go', 'go')).toEqual({ kind: 'nothing', state: 'suspect' });
    stage.suspect = false;
    stage.consider();
    expect(stage.story()).toEqual(['refused outage a', 'withdrawn outage a']);
  });

  it('vantage suspect holds back what was proposed before, without taking it away', () => {
    const stage = warm();
    kill(stage);
    stage.consider();
    stage.suspect = true;
    stage.paces(3, {});
    expect(stage.advisor.remedy('go', 'go')).toEqual({ kind: 'nothing', state: 'suspect' });
    stage.suspect = false;
    stage.consider();
    expect(stage.story()).toEqual(['proposed outage b']);
    expect(stage.advisor.remedy('go', 'go')).toMatchObject({ kind: 'set', chain: 'https://b.example.com,direct' });
  });

  it.each([
    [
      'two masked faults',
      { status: 404, kind: 'masked_upstream' },
      { status: 404, kind: 'masked_upstream' },
      'refused outage a',
    ],
    ['502 and 504', { status: 502, kind: 'server' }, { status: 504, kind: 'server' }, 'refused outage a'],
    ['one of them', { status: 502, kind: 'server' }, 200, 'proposed outage b'],
    ['500 is the mirror’s own', { status: 500, kind: 'server' }, { status: 500, kind: 'server' }, 'proposed outage c'],
  ] as const)('shared fate: %s', (_name, a, b, want) => {
    const stage = warm();
    stage.sample('a', a, { round: 'r1' });
    stage.sample('b', b, { round: 'r1' });
    stage.sample('c', 200, { round: 'r1' });
    stage.open('a', 'outage');
    stage.consider();
    expect(stage.story()).toEqual([want]);
    expect(only(stage).refusal).toBe(want.startsWith('refused') ? 'shared_fate' : null);
  });

  it('an upstream fault of long ago is no shared fate', () => {
    const stage = warm();
    stage.sample('b', { status: 502, kind: 'server' });
    stage.pass(120);
    for (let i = 0; i < 6; i += 1) stage.sample('c', 200);
    stage.sample('a', { status: 502, kind: 'server' });
    stage.open('a', 'outage');
    stage.consider();
    expect(stage.story()).toEqual(['proposed outage c']);
  });

  it('nothing measured, until something is', () => {
    const stage = new Stage(chain, abc);
    stage.paces(2, { a: 200, b: 200, c: 200 });
    stage.open('a', 'outage');
    stage.paces(2, { a: 'refused', b: 200, c: 200 });
    expect(stage.story()).toEqual(['refused outage a']);
    expect(only(stage).refusal).toBe('nothing_measured');
    expect(stage.advisor.remedy('go', 'go')).toEqual({ kind: 'nothing', state: 'refused' });
    stage.paces(1, { a: 'refused', b: 200, c: 200 });
    expect(stage.story()).toEqual(['refused outage a', 'superseded outage a', 'proposed outage b']);
  });

  it.each([
    ['there is no other mirror', [mirror('a')], 'there is no other mirror of go'],
    [
      'the only other one is an origin',
      [mirror('a'), mirror('o', { role: 'origin' })],
      'every other mirror is ruled out',
    ],
  ] as const)('no candidate: %s', (_name, mirrors, text) => {
    const stage = warm(mirrors, 'https://a.example.com,direct');
    stage.open('a', 'outage');
    stage.consider();
    expect(only(stage)).toMatchObject({
      state: 'refused',
      refusal: 'no_candidate',
    });
    expect(only(stage).reason).toContain(text);
  });

  it('waits while the others are in doubt', () => {
    const stage = warm([mirror('a'), mirror('b')]);
    stage.mark('b', { inDoubt: true });
    stage.open('a', 'outage');
    stage.consider();
    expect(stage.story()).toEqual([]);
    stage.marks.clear();
    stage.consider();
    expect(stage.story()).toEqual(['proposed outage b']);
  });

  it('remedy keeps the accepted chain while a new cause is refused', () => {
    const stage = warm([mirror('a'), mirror('b')]);
    kill(stage);
    stage.consider();
    stage.accept(only(stage).id);
    kill(stage, 'b');
    stage.consider();
    expect(stage.advisor.list().map((one) => one.state)).toEqual(['refused', 'accepted']);
    expect(stage.advisor.remedy('go', 'go')).toMatchObject({ kind: 'set', chain: 'https://b.example.com,direct' });
  });
});

describe('an origin', () => {
  const origin = mirror('o', { role: 'origin' });
  it.each([
    ['is not proposed by itself', origin, 'https://a.example.com,direct', 'refused outage a'],
    ['is where it has a weight', { ...origin, weight: 1 }, 'https://a.example.com,direct', 'proposed outage o'],
    ['is where it has the weight 0', { ...origin, weight: 0 }, 'https://a.example.com,direct', 'proposed outage o'],
    ['is where clients use it', origin, 'https://a.example.com,https://o.example.com,direct', 'proposed outage o'],
  ])('%s', (_name, one, declared, want) => {
    const stage = warm([mirror('a'), one], declared);
    kill(stage);
    stage.consider();
    expect(stage.story()).toEqual([want]);
  });

  it('unreachable from the first minute on hinders nothing, and is named', () => {
    const stage = new Stage(chain, [...abc, origin]);
    stage.open('o', 'outage');
    stage.paces(6, { a: 200, b: 200, c: 200, o: 'timeout_connect' });
    kill(stage);
    stage.consider();
    expect(stage.story()).toEqual(['proposed outage b']);
    expect(only(stage).doesNotCover).toContain(
      'How fresh the mirrors are was not compared: the origin o is not reachable from here.',
    );
  });
});

describe('accepting and going back', () => {
  it('accepts only what is proposed', () => {
    const stage = warm();
    expect(stage.advisor.accept('nope', stage.at)).toEqual({ tag: 'error', error: 'unknown' });
    kill(stage);
    stage.consider();
    const { id } = only(stage);
    stage.accept(id);
    expect(stage.advisor.accept(id, stage.at)).toEqual({ tag: 'error', error: 'not_proposed' });
    stage.suspect = true;
    stage.consider();
    const refused = stage.advisor.list().find((one) => one.state === 'refused');
    expect(stage.advisor.accept(refused?.id ?? '', stage.at)).toEqual({ tag: 'error', error: 'not_proposed' });
  });

  it('the accepted chain is in force: no second advice for the same cause', () => {
    const stage = warm();
    kill(stage);
    stage.consider();
    stage.accept(only(stage).id);
    stage.paces(10, { a: 'refused', b: 200, c: 200 });
    expect(stage.story()).toEqual(['proposed outage b', 'accepted outage b']);
    expect(only(stage)).toMatchObject({
      state: 'accepted',
      settledAtMs: stage.at.wallMs - 300_000,
      expiresAtMs: stage.at.wallMs - 300_000 + 86_400_000,
    });
    expect(stage.advisor.remedy('go', 'go')).toMatchObject({ kind: 'set', chain: 'https://b.example.com,direct' });
  });

  it('advises the way back after hold without a break, and not before', () => {
    const stage = warm();
    kill(stage);
    stage.consider();
    stage.accept(only(stage).id);
    stage.shut('a', 'outage');
    stage.paces(19, { a: 200, b: 200, c: 200 });
    stage.paces(1, { a: 'reset', b: 200, c: 200 });
    stage.paces(20, { a: 200, b: 200, c: 200 });
    expect(stage.story()).toEqual(['proposed outage b', 'accepted outage b']);
    stage.paces(1, { a: 200, b: 200, c: 200 });
    expect(stage.story().slice(2)).toEqual(['proposed failback a']);
    const back = stage.advisor.list()[0];
    expect(back).toMatchObject({
      from: 'b',
      to: 'a',
      confidence: 'high',
      chain: { before: 'https://b.example.com,direct', after: chain },
    });
    expect(back?.reason).toBe(
      'a, the preferred mirror, has been well for 10 min without a break; a answered 20 of 20 and is expected to take 400 ms a fetch.',
    );
    stage.accept(back?.id ?? '');
    expect(stage.advisor.list()).toEqual([]);
    expect(stage.advisor.remedy('go', 'go')).toEqual({ kind: 'nothing', state: 'right' });
    expect(stage.story().slice(3)).toEqual(['superseded outage b', 'accepted failback a']);
    stage.paces(5, { a: 200, b: 200, c: 200 });
    expect(stage.story()).toHaveLength(5);
  });

  it('takes the way back away when the preferred mirror fails again', () => {
    const stage = warm();
    kill(stage);
    stage.consider();
    stage.accept(only(stage).id);
    stage.shut('a', 'outage');
    stage.paces(25, { a: 200, b: 200, c: 200 });
    expect(stage.story().slice(2)).toEqual(['proposed failback a']);
    stage.paces(1, { a: 'reset', b: 200, c: 200 });
    expect(stage.story()).toHaveLength(3);
    kill(stage);
    stage.consider();
    expect(stage.story().slice(3)).toEqual(['withdrawn failback a']);
    expect(only(stage).state).toBe('accepted');
  });

  it('does not go back to a mirror that was left as slow and still is', () => {
    const stage = warm();
    stage.paces(20, { a: 1000, b: 200, c: 200 });
    stage.open('a', 'level_shift');
    stage.consider();
    stage.accept(only(stage).id);
    stage.shut('a', 'level_shift');
    stage.paces(40, { a: 1000, b: 200, c: 200 });
    expect(stage.story()).toEqual(['proposed level_shift b', 'accepted level_shift b']);
    stage.paces(40, { a: 200, b: 200, c: 200 });
    expect(stage.story().slice(2)).toEqual(['proposed failback a']);
  });

  it('a suspicion against ourselves is a break', () => {
    const stage = warm();
    kill(stage);
    stage.consider();
    stage.accept(only(stage).id);
    stage.shut('a', 'outage');
    stage.paces(15, { a: 200, b: 200, c: 200 });
    stage.suspect = true;
    stage.consider();
    stage.suspect = false;
    stage.paces(19, { a: 200, b: 200, c: 200 });
    expect(stage.story().some((one) => one.includes('failback'))).toBe(false);
    stage.paces(3, { a: 200, b: 200, c: 200 });
    expect(stage.story().at(-1)).toBe('proposed failback a');
  });
});

describe('a life of ttl', () => {
  it('reminds once, expires and is issued anew while the cause is open', () => {
    const stage = warm();
    kill(stage);
    stage.consider();
    const first = only(stage).id;
    stage.pass(0.9 * 86_400 - 1);
    stage.consider();
    expect(stage.story()).toEqual(['proposed outage b']);
    stage.pass(1);
    stage.consider();
    stage.consider();
    expect(stage.story()).toEqual(['proposed outage b', 'reminded outage b']);
    stage.pass(0.1 * 86_400 - 151);
    stage.paces(5, { a: 'refused', b: 200, c: 200 });
    expect(stage.story()).toHaveLength(2);
    stage.pass(1);
    stage.consider();
    expect(stage.story().slice(2)).toEqual(['expired outage b', 'proposed outage b']);
    expect(only(stage).id).not.toBe(first);
    expect(stage.rows.get(`advice/${first}`)?.value).toMatchObject({ state: 'expired', settledAtMs: stage.at.wallMs });
  });

  it('ends an accepted advice too: the declared chain is weighed again', () => {
    const stage = warm();
    kill(stage);
    stage.consider();
    stage.accept(only(stage).id);
    stage.pass(0.95 * 86_400);
    stage.consider();
    expect(stage.story().at(-1)).toBe('reminded outage b');
    stage.pass(0.05 * 86_400 - 180);
    stage.paces(6, { a: 'refused', b: 200, c: 200 });
    expect(stage.story().slice(3)).toEqual(['expired outage b', 'proposed outage b']);
    expect(only(stage).state).toBe('proposed');
  });
});

describe('candidates', () => {
  const gates = (stage: Stage) =>
    Object.fromEntries(stage.advisor.rank('go', 'go').map((one) => [one.registry, one.gate]));
  it.each([
    ['paused', { paused: { untilMs: 0, reason: '' } }, 'paused'],
    ['maintenance', { inMaintenance: true }, 'maintenance'],
    ['in doubt', { inDoubt: true }, 'in_doubt'],
    ['asked us to stay away', { throttledUntilMs: Number.MAX_SAFE_INTEGER }, 'refusal'],
    ['no longer asked to', { throttledUntilMs: 1 }, 'ok'],
    ['its certificate has ended', { certificate: { expiresAtMs: 1, authorizationCode: null } }, 'certificate'],
    [
      'its certificate will end',
      { certificate: { expiresAtMs: Number.MAX_SAFE_INTEGER, authorizationCode: null } },
      'ok',
    ],
    ['down', { state: 'down' }, 'outage'],
    ['degraded', { state: 'degraded' }, 'ok'],
  ] as const)('%s', (_name, standing, gate) => {
    const stage = warm();
    stage.mark('b', standing);
    stage.consider();
    expect(gates(stage)).toEqual({ a: 'current', b: gate, c: 'ok' });
  });

  it.each([
    ['mismatch', 'mismatch'],
    ['outage', 'outage'],
    ['refusal', 'refusal'],
    ['lag', 'stale'],
    ['spike', 'spike'],
    ['level_shift', 'ok'],
  ] as const)('an open %s: %s', (kind, gate) => {
    const stage = warm();
    stage.open('b', kind);
    stage.consider();
    expect(gates(stage)['b']).toBe(gate);
  });

  it.each([
    ['four good answers are too few', [200, 200, 200, 200], 'unmeasured'],
    ['five are enough', [200, 200, 200, 200, 200], 'ok'],
    ['the last must be good', [200, 200, 200, 200, 200, 'reset'], 'unmeasured'],
    ['older failures do not matter', ['reset', 'reset', 200, 200, 200, 200, 200], 'ok'],
    [
      'twenty paces are looked back, no further',
      [200, 200, 200, 200, 200, ...Array.from({ length: 16 }, () => null)],
      'unmeasured',
    ],
    ['and that far', [200, 200, 200, 200, 200, ...Array.from({ length: 15 }, () => null)], 'ok'],
  ] as const)('measured: %s', (_name, answers, gate) => {
    const stage = new Stage(chain, abc);
    for (const answer of answers) {
      stage.pass(30);
      if (answer !== null) stage.sample('b', answer);
    }
    stage.consider();
    expect(gates(stage)['b']).toBe(gate);
  });

  it('confirming answers count for the last answer, not for the five', () => {
    const stage = new Stage(chain, abc);
    for (let i = 0; i < 5; i += 1) stage.sample('b', 200, { round: `r${i}` });
    for (let i = 0; i < 5; i += 1) stage.sample('c', 200);
    stage.sample('c', 'reset', { round: 'r9' });
    stage.consider();
    expect(gates(stage)).toEqual({ a: 'current', b: 'unmeasured', c: 'unmeasured' });
  });

  it('a score is info and mod for the canary’s module; info counts as mod where it was not measured', () => {
    const stage = warm();
    stage.sample('b', 120, { step: 'info' });
    stage.consider();
    const scores = Object.fromEntries(stage.advisor.rank('go', 'go').map((one) => [one.registry, one.scoreSeconds]));
    expect(scores).toEqual({ a: 0.4, b: 0.32, c: 0.4 });
  });

  it('a cold fetch is an answer but no time', () => {
    const stage = new Stage(chain, abc);
    for (let i = 0; i < 5; i += 1) stage.sample('b', 9_000, { cold: true });
    stage.consider();
    expect(stage.advisor.rank('go', 'go')[1]).toEqual({
      registry: 'b',
      scoreSeconds: null,
      gate: 'ok',
      sum: null,
      bound: null,
    });
  });

  it.each([
    ['within minGain the weight decides', { b: 200, c: 249 }, { c: 10 }, 'c'],
    ['at minGain the faster wins', { b: 200, c: 250 }, { c: 10 }, 'b'],
    ['equal weights: the order of the file', { b: 240, c: 200 }, {}, 'b'],
    ['clearly faster wins against the order', { b: 300, c: 200 }, {}, 'c'],
    ['a negative weight ranks behind none', { b: 200, c: 200 }, { b: -1 }, 'c'],
  ] as const)('%s', (_name, times, weights, want) => {
    const mirrors = [
      mirror('a'),
      mirror('b', { weight: (weights as Record<string, number>)['b'] ?? null }),
      mirror('c', { weight: (weights as Record<string, number>)['c'] ?? null }),
    ];
    const stage = new Stage('https://a.example.com,direct', mirrors);
    stage.paces(6, { a: 1000, ...times });
    stage.open('a', 'outage');
    stage.consider();
    expect(only(stage).to).toBe(want);
  });

  it('one that fails now and then ranks behind one that does not', () => {
    const stage = new Stage(chain, abc);
    for (let i = 0; i < 8; i += 1) stage.paces(1, { a: 200, b: i % 4 === 0 ? 'reset' : 50, c: 200 });
    stage.open('a', 'outage');
    stage.consider();
    expect(only(stage).to).toBe('c');
  });
});

describe('the checksum relay', () => {
  const gateOfB = (stage: Stage) => stage.advisor.rank('go', 'go').find((one) => one.registry === 'b')?.gate;
  const relay = (stage: Stage, registry: string, state: 'offers' | 'none' | 'fails') =>
    stage.sample(registry, state === 'fails' ? { status: 500, kind: 'server' } : 30, {
      step: 'sumdb',
      notOffered: state === 'none',
    });

  it.each([
    ['the chain has one, b has none and nothing behind it', 'offers', 'none', 'none', 'no_relay'],
    ['the chain has one, b has none, c behind it has', 'offers', 'none', 'offers', 'no_relay'],
    ['the chain has none', 'none', 'none', 'none', 'ok'],
    ['b has one', 'offers', 'offers', 'none', 'ok'],
    ['b offers and breaks', 'none', 'fails', 'none', 'no_relay'],
  ] as const)('%s', (_name, a, b, c, gate) => {
    const stage = warm();
    relay(stage, 'a', a);
    relay(stage, 'b', 'offers');
    relay(stage, 'b', b);
    relay(stage, 'c', c);
    stage.open('a', 'outage');
    stage.consider();
    expect(gateOfB(stage)).toBe(gate);
  });

  it('is found in a slow mirror that stays behind', () => {
    const stage = warm();
    relay(stage, 'a', 'offers');
    relay(stage, 'b', 'none');
    stage.paces(3, { a: 1300, b: 200, c: 200 });
    stage.open('a', 'spike');
    stage.consider();
    expect(gateOfB(stage)).toBe('ok');
  });

  it('is not asked for where the database is off or named by URL', () => {
    for (const sumdb of [null, { name: 'sum.example.com', verifierKey: 'k', url: 'https://sum.example.com' }]) {
      const stage = warm(abc, chain, { go: { sumdb } });
      relay(stage, 'a', 'offers');
      relay(stage, 'b', 'fails');
      stage.open('a', 'outage');
      stage.consider();
      expect(gateOfB(stage)).toBe('ok');
    }
  });

  it('is not called broken when the whole mirror failed around that time', () => {
    const stage = warm();
    relay(stage, 'b', 'offers');
    relay(stage, 'b', 'fails');
    stage.pass(20);
    stage.sample('b', 'refused');
    stage.paces(5, { a: 200, b: 200, c: 200 });
    expect(gateOfB(stage)).toBe('ok');
    stage.sample('b', 'refused');
    stage.pass(20);
    relay(stage, 'b', 'fails');
    stage.paces(5, { a: 200, b: 200, c: 200 });
    expect(gateOfB(stage)).toBe('ok');
    relay(stage, 'b', 'fails');
    stage.consider();
    expect(gateOfB(stage)).toBe('no_relay');
  });

  it('none anywhere else: refused, and said', () => {
    const stage = warm([mirror('a'), mirror('b')]);
    relay(stage, 'a', 'offers');
    relay(stage, 'b', 'none');
    stage.open('a', 'outage');
    stage.consider();
    expect(only(stage)).toMatchObject({ state: 'refused', refusal: 'no_candidate' });
    expect(only(stage).reason).toContain('b: no_relay');
  });
});

describe('what was proposed', () => {
  it('stays through one failed answer and a doubt of the advised mirror', () => {
    const stage = warm();
    kill(stage);
    stage.consider();
    stage.paces(1, { a: 'refused', b: 'reset', c: 200 });
    stage.mark('b', { inDoubt: true });
    stage.consider();
    stage.marks.clear();
    stage.paces(3, { a: 'refused', b: 200, c: 200 });
    expect(stage.story()).toEqual(['proposed outage b']);
  });

  it('moves on when the advised mirror goes too', () => {
    const stage = warm();
    kill(stage);
    stage.consider();
    stage.open('b', 'outage');
    stage.consider();
    expect(stage.story()).toEqual(['proposed outage b', 'superseded outage b', 'proposed outage c']);
    expect(only(stage).chain.after).toBe('https://c.example.com,direct');
  });

  it('is refused when the advised one goes and none is left', () => {
    const stage = warm([mirror('a'), mirror('b')]);
    kill(stage);
    stage.consider();
    stage.open('b', 'outage');
    stage.consider();
    expect(stage.story()).toEqual(['proposed outage b', 'superseded outage b', 'refused outage a']);
    expect(only(stage).refusal).toBe('no_candidate');
  });
});

describe('state and configuration', () => {
  it('a restart keeps what is proposed, without a new event, though nothing is measured yet', () => {
    const stage = warm();
    kill(stage);
    stage.consider();
    const before = only(stage);
    stage.restart();
    stage.consider();
    stage.paces(3, { a: 'refused', b: 200, c: 200 });
    expect(stage.story()).toEqual(['proposed outage b']);
    expect(only(stage)).toEqual(before);
  });

  it('a restart keeps the accepted chain and the dwell', () => {
    const stage = warm();
    kill(stage);
    stage.consider();
    stage.accept(only(stage).id);
    stage.restart();
    expect(stage.advisor.remedy('go', 'go')).toMatchObject({ kind: 'set', chain: 'https://b.example.com,direct' });
    stage.shut('a', 'outage');
    stage.paces(8, { a: 200, b: 200, c: 200 });
    stage.paces(3, { a: 200, b: 1300, c: 200 });
    stage.open('b', 'spike');
    stage.consider();
    expect(stage.story()).toHaveLength(2);
    stage.paces(10, { a: 200, b: 1300, c: 200 });
    expect(stage.story()[2]).toMatch(/^proposed spike/);
  });

  it('a restart under another declared chain ends what no longer fits, and says so', () => {
    const stage = warm();
    kill(stage);
    stage.consider();
    stage.declared = 'https://c.example.com,direct';
    stage.restart();
    stage.consider();
    expect(stage.story()).toEqual(['proposed outage b', 'superseded outage b']);
    expect(stage.advisor.list()).toEqual([]);
  });

  it('rows that cannot be read are left aside', () => {
    const stage = warm();
    stage.rows.set('chain/go/go', { table: 'chain', key: 'go/go', atMs: 0, value: { open: 'gone', declared: chain } });
    stage.rows.set('advice/gone', { table: 'advice', key: 'gone', atMs: 0, value: { id: 'gone' } });
    stage.restart();
    expect(stage.advisor.list()).toEqual([]);
  });

  it('a reload with the same chain changes nothing; another chain ends advice and accepted chain', () => {
    const stage = warm();
    kill(stage);
    stage.consider();
    stage.accept(only(stage).id);
    kill(stage, 'b');
    stage.consider();
    stage.reconfigure(chain, { ...stage.config, advise: { ...stage.config.advise, minGain: 0.5 } });
    expect(stage.story()).toHaveLength(3);
    stage.reconfigure('https://c.example.com,direct');
    expect(stage.story().slice(3)).toEqual(['withdrawn outage c', 'superseded outage b']);
    stage.consider();
    expect(stage.advisor.list()).toEqual([]);
    expect(stage.advisor.remedy('go', 'go')).toEqual({ kind: 'nothing', state: 'right' });
  });

  it('a chain that cannot be read, or starts elsewhere, gives no advice', () => {
    for (const declared of ['', 'direct', 'off', 'https://elsewhere.example.com,direct']) {
      const stage = warm(abc, declared);
      kill(stage);
      stage.consider();
      expect(stage.story()).toEqual([]);
    }
  });

  it('credentials of the chain are masked where shown, left out where pasted, and never stored', () => {
    const stage = warm(abc, 'https://u:hunter2@a.example.com,https://v:hunter2@b.example.com,direct', {
      clients: { go: new Secret('x') },
    });
    kill(stage);
    stage.consider();
    const advice = only(stage);
    expect(advice.chain).toEqual({
      before: 'https://***@a.example.com,https://***@b.example.com,direct',
      after: 'https://***@b.example.com,direct',
    });
    expect(advice.remedy['env']).toBe("export GOPROXY='https://b.example.com,direct'");
    expect(advice.doesNotCover).toContain('Credentials are not part of the line: they must come from netrc or GOAUTH.');
    stage.accept(advice.id);
    expect(JSON.stringify([...stage.rows.values()])).not.toContain('hunter2');
    stage.restart();
    expect(stage.advisor.remedy('go', 'go')).toMatchObject({ kind: 'set', chain: 'https://***@b.example.com,direct' });
  });

  it('upstreams are apart', () => {
    const corp = mirror('corp', { upstream: 'corp' });
    const stage = warm([mirror('a'), mirror('b'), corp]);
    kill(stage);
    stage.consider();
    expect(only(stage).candidates.map((one) => one.registry)).toEqual(['b', 'a']);
    expect(stage.advisor.rank('go', 'nowhere')).toEqual([]);
    expect(stage.advisor.rank('npm', 'npm')).toEqual([]);
    expect(stage.advisor.remedy('npm', 'npm')).toEqual({ kind: 'nothing', state: 'right' });
  });
});
