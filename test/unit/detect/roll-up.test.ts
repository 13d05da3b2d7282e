import { describe, expect, it } from 'vitest';
import { stateOfSeries } from '../../../src/detect/rules/roll-up.ts';
import { phrase, renderIn } from '../../../src/words/tell.ts';

describe('roll-up', () => {
  const up = {
    paused: null,
    inMaintenance: false,
    isSuspect: false,
    isKept: false,
    silentForMs: 0,
    paceMs: 30_000,
    skipped: null,
    canaryOut: false,
    isBack: false,
    modulesOut: 0,
    modules: 4,
    targetsOut: 0,
    isAway: false,
    degradedBy: null,
    canaryServes: true,
    okAgoMs: 0,
  };
  it.each([
    { name: 'nothing against it', input: {}, want: 'up' },
    { name: 'paused', input: { paused: 'moving', canaryOut: true }, want: 'unknown' },
    { name: 'maintenance', input: { inMaintenance: true }, want: 'unknown' },
    { name: 'never measured', input: { silentForMs: null }, want: 'unknown' },
    { name: 'silent just short of 3 paces', input: { silentForMs: 89_999 }, want: 'up' },
    { name: 'silent for 3 paces', input: { silentForMs: 90_000 }, want: 'unknown' },
    { name: 'silent for 3 short paces', input: { silentForMs: 59_999, paceMs: 5_000 }, want: 'up' },
    { name: 'silent for a minute at least', input: { silentForMs: 60_000, paceMs: 5_000 }, want: 'unknown' },
    { name: 'silent under suspicion', input: { silentForMs: 999_999, isSuspect: true }, want: 'unknown' },
    { name: 'out, and then the mirror throttles requests', input: { canaryOut: true, isAway: true }, want: 'degraded' },
    {
      name: 'silent because the mirror throttles requests',
      input: { silentForMs: 90_000, isAway: true },
      want: 'unknown',
    },
    { name: 'canary out', input: { canaryOut: true, targetsOut: 1 }, want: 'down' },
    { name: 'one of one module', input: { modulesOut: 1, modules: 1, targetsOut: 1 }, want: 'degraded' },
    { name: 'one of four modules', input: { modulesOut: 1, targetsOut: 1 }, want: 'degraded' },
    { name: 'two of four modules', input: { modulesOut: 2, targetsOut: 2 }, want: 'down' },
    { name: 'two of five modules', input: { modulesOut: 2, modules: 5, targetsOut: 2 }, want: 'degraded' },
    { name: 'a heavy target alone', input: { targetsOut: 1 }, want: 'degraded' },
    { name: 'degraded by a finding', input: { degradedBy: phrase('why.slow') }, want: 'degraded' },
    {
      name: 'degraded by a finding, and out',
      input: { degradedBy: phrase('why.slow'), canaryOut: true },
      want: 'down',
    },
    { name: 'its last canary answer failed', input: { canaryServes: false, okAgoMs: 89_999 }, want: 'up' },
    { name: 'failing for 3 paces without a verdict', input: { canaryServes: false, okAgoMs: 90_000 }, want: 'unknown' },
    { name: 'failed, and never ok', input: { canaryServes: false, okAgoMs: null }, want: 'unknown' },
  ])('$name: $want', ({ input, want }) => {
    const got = stateOfSeries({ ...up, ...input });
    expect(got.state).toBe(want);
    expect(renderIn('en', { text: '', sentence: got.why })).not.toBe('');
  });

  it.each([
    {
      input: {},
      state: 'up',
      why: 'last known: the canary probes succeed; the problem may be the network of this host',
    },
    {
      input: { canaryOut: true },
      state: 'down',
      why: 'last known: the canary probes of the mirror fail; the problem may be the network of this host',
    },
    {
      input: { silentForMs: 90_000 },
      state: 'unknown',
      why: 'no usable result of a canary probe for 90 s: the problem may be the network of this host',
    },
    { input: { isKept: false }, state: 'up', why: 'the canary probes succeed' },
  ])('while our network is suspect: $state, $why', ({ input, state, why }) => {
    const got = stateOfSeries({ ...up, isSuspect: true, isKept: true, ...input });
    expect([got.state, renderIn('en', { text: '', sentence: got.why })]).toEqual([state, why]);
  });

  it.each([
    ['paused', 'the mirror was paused'],
    ['maintenance', 'the mirror was in a maintenance window'],
    ['over_budget', 'the byte budget of the host is used up'],
    ['overrun', 'the previous canary probe was still running'],
    ['throttled', 'the mirror throttles requests'],
    ['local', 'this host could not probe in time'],
  ] as const)('slots that pass without a probe, %s: told in any language', (skipped, why) => {
    for (const silentForMs of [null, 999_999]) {
      const sentence = stateOfSeries({ ...up, silentForMs, skipped }).why;
      expect(renderIn('en', { text: '', sentence })).toMatch(new RegExp(`: ${why}$`));
      expect(renderIn('zh', { text: '', sentence })).toMatch(/^[^a-z]+$/);
    }
  });
});
