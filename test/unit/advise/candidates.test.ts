import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/core/finding.ts';
import type { Mirror } from '../../../src/core/mirror.ts';
import { messageFor } from '../../../src/words/tell.ts';
import { sampleFinding } from '../../support/samples.ts';
import { abc, chain, kill, only, warm } from './outage.ts';
import { rankOf } from './said.ts';
import { mirror, Stage } from './stage.ts';

describe('candidates', () => {
  const gates = (stage: Stage) => Object.fromEntries(rankOf(stage.advisor).map((one) => [one.registry, one.gate]));
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

  it.each<[Finding['kind'], string, Partial<Finding>?]>([
    ['mismatch', 'mismatch'],
    ['outage', 'outage'],
    ['refusal', 'refusal'],
    ['lag', 'stale', { cause: 'behind' }],
    ['lag', 'stale', { cause: 'stale' }],
    ['lag', 'ok', { cause: 'regression' }],
    ['lag', 'ok', { cause: 'vanished' }],
    ['lag', 'stale', { cause: 'behind', state: 'acknowledged' }],
    ['spike', 'spike'],
    ['level_shift', 'ok'],
  ])('an open %s: %s', (kind, gate, more = {}) => {
    const stage = warm();
    stage.open('b', kind, more);
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

  it('good answers of a confirming round count too, and its last answer must be good', () => {
    const stage = new Stage(chain, abc);
    for (let i = 0; i < 5; i += 1) stage.sample('b', 200, { round: `r${i}` });
    for (let i = 0; i < 5; i += 1) stage.sample('c', 200);
    stage.sample('c', 'reset', { round: 'r9' });
    stage.consider();
    expect(gates(stage)).toEqual({ a: 'current', b: 'ok', c: 'unmeasured' });
  });

  it('a score is what a fetch takes: steps not measured count as the light ones', () => {
    const stage = warm();
    const scores = () => {
      stage.consider();
      return Object.fromEntries(rankOf(stage.advisor).map((one) => [one.registry, one.scoreSeconds]));
    };
    // (6 × 200 + 120) / 7, three times.
    stage.sample('b', 120, { step: 'info' });
    expect(scores()).toEqual({ a: 0.6, b: 0.565714, c: 0.6 });
    stage.sample('b', 900, { step: 'zip' });
    expect(scores()).toEqual({ a: 0.6, b: 1.277143, c: 0.6 });
    // Of six and one answers of two questions one failed: shares with 3/7 in three more of each, in the mean. Two steps
    // of three are light, and a failure costs five minutes.
    const share = (3 / 7 / 9 + (1 + 3 / 7) / 4) / 2;
    stage.sample('c', 'reset', { step: 'info' });
    expect(scores()).toEqual({ a: 0.6, b: 1.277143, c: expect.closeTo(0.6 + 300 * (2 / 3) * share, 5) });
  });

  it.each([
    ['no mirror of ours', 'https://x.example.com,https://a.example.com,direct'],
    ['no mirror at all', 'direct'],
  ])('a chain whose first member is %s: all are ranked, none is compared', (_name, declared) => {
    const stage = warm(abc, declared);
    stage.consider();
    expect(rankOf(stage.advisor)).toMatchObject(
      abc.map(({ name }) => ({ registry: name, gate: 'ok', sum: null, bound: null })),
    );
  });

  it('a cold fetch is an answer but no time', () => {
    const stage = new Stage(chain, abc);
    for (let i = 0; i < 5; i += 1) stage.sample('b', 9_000, { cold: true });
    stage.consider();
    expect(rankOf(stage.advisor)[1]).toEqual({
      registry: 'b',
      scoreSeconds: null,
      gate: 'ok',
      sum: null,
      bound: null,
      state: 'up',
      probes: { all: 5, failed: 0, seconds: expect.any(Number) },
    });
  });

  it.each<[string, readonly [number, Partial<Mirror>], readonly [number, Partial<Mirror>], string]>([
    ['about as fast: the weight decides', [200, {}], [220, { weight: 10 }], 'c'],
    ['clearly faster wins against a weight', [200, {}], [1_200, { weight: 10 }], 'b'],
    ['about as fast, and equal weights: the order of the file', [220, {}], [200, {}], 'b'],
    ['clearly faster wins against the order', [1_200, {}], [200, {}], 'c'],
    ['a negative weight ranks behind none', [200, { weight: -1 }], [200, {}], 'c'],
    ['a small one ranks behind one that is not', [200, { capacity: 'small' }], [200, {}], 'c'],
    ['a weight outranks being small', [200, { capacity: 'small', weight: 1 }], [200, {}], 'b'],
  ])('%s', (_name, [b, ofB], [c, ofC], want) => {
    const stage = new Stage('https://a.example.com,direct', [mirror('a'), mirror('b', ofB), mirror('c', ofC)]);
    stage.paces(6, { a: 200, b, c });
    stage.paces(3, { a: 'refused', b, c });
    expect(stage.story()).toEqual([`proposed outage ${want}`]);
    expect(rankOf(stage.advisor)[0]?.registry).toBe(want);
  });

  it('among small ones daemons are spread by their vantage, whatever the order of the file', () => {
    const chosen = (vantage: string, names: readonly string[]): string => {
      const small = names.map((name) => mirror(name, { capacity: 'small' }));
      const stage = new Stage('https://a.example.com,direct', [mirror('a'), ...small], { vantage });
      const said = Object.fromEntries(names.map((name) => [name, 200]));
      stage.paces(6, { a: 200, ...said });
      stage.paces(3, { a: 'refused', ...said });
      expect(rankOf(stage.advisor)[0]?.registry).toBe(only(stage).to);
      return only(stage).to;
    };
    const vantages = Array.from({ length: 60 }, (_, i) => `site-${i}`);
    const first = vantages.map((one) => chosen(one, ['b', 'c', 'd']));
    expect(vantages.map((one) => chosen(one, ['d', 'c', 'b']))).toEqual(first);
    for (const name of ['b', 'c', 'd']) expect(first.filter((one) => one === name).length).toBeGreaterThanOrEqual(10);
  });

  it('one that is unreliable ranks behind one that does not', () => {
    const stage = new Stage(chain, abc);
    for (let i = 0; i < 8; i += 1) stage.paces(1, { a: 200, b: i % 4 === 0 ? 'reset' : 150, c: 200 });
    kill(stage);
    stage.consider();
    expect(only(stage).to).toBe('c');
  });
});

describe('what protections of clients need', () => {
  const advise = { holdMs: 600_000, ttlMs: 86_400_000, minGain: 0.2, failureCostMs: 300_000 };
  it.each([
    ['lacking', { needs: { go: ['time'] } }, { time: false }, 'capability'],
    ['there', { needs: { go: ['time'] } }, { time: true }, 'ok'],
    ['not known', { needs: { go: ['time'] } }, {}, 'ok'],
    ['lacking, and no protection needs it', {}, { time: false }, 'ok'],
    ['lacking, and a protection of another ecosystem needs it', { needs: { npm: ['time'] } }, { time: false }, 'ok'],
  ] as const)('%s', (_name, needs, capabilities, gate) => {
    const stage = warm(abc, chain, { advise: { ...advise, ...needs } });
    stage.mark('b', { capabilities });
    stage.consider();
    expect(rankOf(stage.advisor).find((one) => one.registry === 'b')?.gate).toBe(gate);
  });

  it('the mirror in use is not left for it, and no switch leads to one that lacks it', () => {
    const stage = warm(abc, chain, { advise: { ...advise, needs: { go: ['time'] } } });
    for (const name of ['a', 'c']) stage.mark(name, { capabilities: { time: false } });
    stage.paces(5, { a: 200, b: 200, c: 20 });
    expect(stage.story()).toEqual([]);
    kill(stage);
    stage.consider();
    expect(only(stage).to).toBe('b');
    const [verdict] = stage.advisor.verdicts();
    expect(verdict?.mirrors.find(({ registry }) => registry === 'c')).toMatchObject({
      gate: 'capability',
      blocker: { kind: 'gate', lacks: ['time'] },
    });
  });
});

describe('an item that a mirror withholds', () => {
  const values = { name: 'b', cause: 'policy', count: 1, what: 'example.com/m@v1.0.0' };
  it.each([
    ['and a lock file needs', messageFor('found.policyLocked', { ...values, file: 'go.sum:7' }), 'open', values.what],
    ['and no lock file needs', messageFor('found.policy', values), 'open', undefined],
    ['no longer', messageFor('found.policyLocked', { ...values, file: 'go.sum:7' }), 'closed', undefined],
  ] as const)('%s is in the record as it should be', (_name, message, state, withheld) => {
    const stage = warm(abc, chain);
    stage.mark('b', { findings: [sampleFinding({ kind: 'refusal', cause: 'policy', state, ...message })] });
    stage.consider();
    const [verdict] = stage.advisor.verdicts();
    expect(verdict?.mirrors.map(({ registry, withheld: what }) => [registry, what])).toEqual(
      expect.arrayContaining([
        ['a', undefined],
        ['b', withheld],
      ]),
    );
  });
});

describe('the checksum relay', () => {
  const gateOfB = (stage: Stage) => rankOf(stage.advisor).find((one) => one.registry === 'b')?.gate;
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
    expect(gateOfB(stage)).toBe('ok');
    stage.paces(1, { a: 1300, b: 200, c: 200 });
    expect(stage.story()).toEqual(['proposed slower b']);
  });

  it('is not asked for where the database is off or named by URL', () => {
    for (const sumdb of [null, { name: 'sum.example.com', verifierKey: 'k', url: 'https://sum.example.com' }]) {
      const stage = warm(abc, chain, { settings: { go: { sumdb } } });
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
