import { describe, expect, it } from 'vitest';
import { isAgainst } from '../../../src/advise/cause.ts';
import type { Finding } from '../../../src/core/finding.ts';
import { kill, only, recover, warm } from './outage.ts';
import { rankOf } from './said.ts';
import type { Stage } from './stage.ts';

describe('a cause explains what a test found', () => {
  const slow = (stage: Stage): void => stage.paces(4, { a: 1300, b: 200, c: 200 });
  const failing = (stage: Stage): void => {
    kill(stage);
    stage.shut('a', 'outage');
  };
  const failingWith = (a: 'throttled' | 'denied' | 'tls_untrusted') => (stage: Stage) =>
    stage.paces(5, { a, b: 200, c: 200 });
  const flaky = (stage: Stage): void => {
    for (const a of ['reset', 'reset', 200, 'reset', 200] as const) stage.paces(1, { a, b: 200, c: 200 });
  };
  it.each<[string, Finding['kind'] | null, Partial<Finding>, (stage: Stage) => void, string]>([
    ['slow, and a spike', 'spike', {}, slow, 'spike'],
    ['slow, and settled there', 'level_shift', {}, slow, 'level_shift'],
    ['slow, and its downloads too', 'throughput', {}, slow, 'throughput'],
    ['slow, and nothing is wrong', null, {}, slow, 'slower'],
    ['slow, and its lists go back and forth', 'lag', { cause: 'regression' }, slow, 'slower'],
    ['slow, and an outage of long ago', 'outage', { state: 'closed' }, slow, 'slower'],
    ['failing, and refusing', 'refusal', { cause: 'denied' }, failing, 'refusal'],
    ['failing now and then, and unreliable', 'unreliable', {}, flaky, 'unreliable'],
    ['failing now and then, and nothing is known', null, {}, flaky, 'unreliable'],
    ['failing, and unreliable', 'unreliable', {}, failing, 'outage'],
    ['failing, and nothing is known', null, {}, failing, 'outage'],
    ['throttling, and nothing is known', null, {}, failingWith('throttled'), 'refusal'],
    ['denying, and nothing is known', null, {}, failingWith('denied'), 'refusal'],
    ['showing a bad certificate, and nothing is known', null, {}, failingWith('tls_untrusted'), 'certificate'],
    ['failing, and its certificate has ended', 'certificate', { cause: 'tls_expired' }, failing, 'certificate'],
    [
      'failing now and then, and its certificate ends soon',
      'certificate',
      { cause: 'expires_soon' },
      flaky,
      'unreliable',
    ],
    ['failing, and its certificate ends soon', 'certificate', { cause: 'expires_soon' }, failing, 'outage'],
    ['failing, and a spike', 'spike', {}, failing, 'outage'],
    ['failing, and a known outage', 'certificate', { cause: 'tls_expired', state: 'acknowledged' }, failing, 'outage'],
  ])('%s', (_name, kind, more, trouble, want) => {
    const stage = warm();
    if (kind !== null) stage.open('a', kind, more);
    trouble(stage);
    stage.consider();
    expect(stage.story()).toEqual([`proposed ${want} b`]);
  });

  it.each<[Finding['kind'], Partial<Finding>, readonly string[]]>([
    ['mismatch', { cause: 'mismatch', actionable: false }, ['proposed mismatch b']],
    ['mismatch', { cause: 'mismatch', state: 'acknowledged' }, []],
    // Without an authority nobody is moved; a fork, and bytes that an authority calls wrong everywhere, need no test.
    ['mismatch', { cause: 'peers', actionable: false }, []],
    ['mismatch', { cause: 'origin', actionable: true }, ['proposed mismatch b']],
    ['mismatch', { cause: 'retag', actionable: false }, []],
    ['mismatch', { cause: 'retag', actionable: true }, ['proposed mismatch b']],
    ['mismatch', { cause: 'fork', actionable: true }, ['proposed mismatch b']],
    ['outage', { cause: 'refused' }, []],
    ['certificate', { cause: 'tls_expired' }, []],
    ['refusal', { cause: 'denied' }, []],
    ['unreliable', {}, []],
    ['spike', {}, []],
    ['level_shift', {}, []],
    ['throughput', {}, []],
    ['lag', { cause: 'behind' }, ['proposed lag b']],
    ['lag', { cause: 'stale' }, ['proposed lag b']],
    ['lag', { cause: 'behind', state: 'acknowledged' }, []],
    ['lag', { cause: 'regression' }, []],
    ['lag', { cause: 'vanished' }, []],
  ])('%s %j alone, where all answer alike: %j', (kind, more, want) => {
    const stage = warm();
    stage.open('a', kind, more);
    stage.paces(20, { a: 200, b: 200, c: 200 });
    expect(stage.story()).toEqual(want);
  });

  it.each<[Finding['kind'], Partial<Finding>, (stage: Stage) => void, string]>([
    ['outage', {}, failing, 'https://b.example.com,direct'],
    ['mismatch', {}, failing, 'https://b.example.com,direct'],
    ['refusal', {}, failing, 'https://b.example.com,direct'],
    ['certificate', { cause: 'tls_expired' }, failing, 'https://b.example.com,direct'],
    // Its last answers all failed: a walk would break at it, whatever it is called.
    ['unreliable', {}, failing, 'https://b.example.com,direct'],
    ['unreliable', {}, flaky, 'https://b.example.com,https://a.example.com,direct'],
    ['spike', {}, slow, 'https://b.example.com,https://a.example.com,direct'],
    ['level_shift', {}, slow, 'https://b.example.com,https://a.example.com,direct'],
  ])('%s %j: the line', (kind, more, trouble, after) => {
    const stage = warm();
    trouble(stage);
    stage.open('a', kind, more);
    stage.consider();
    expect(only(stage).chain.after).toBe(after);
  });

  it('wrong bytes found later: the mirror that was left goes out of the line', () => {
    const stage = warm();
    slow(stage);
    stage.open('a', 'mismatch', { cause: 'mismatch', actionable: false });
    stage.consider();
    expect(stage.story()).toEqual(['proposed slower b', 'superseded slower b', 'proposed slower b']);
    expect(only(stage).chain.after).toBe('https://b.example.com,direct');
  });
});

describe('an alert of others is a second witness', () => {
  /** A head at so many ms for four moments, which alone are not enough. */
  const slowed = (alerts: boolean): Stage => {
    const stage = warm();
    stage.paces(20, { a: 200, b: 200, c: 200 });
    if (alerts) stage.alert('a');
    stage.paces(4, { a: 550, b: 200, c: 200 });
    return stage;
  };
  const running = (stage: Stage) => rankOf(stage.advisor).find((one) => one.registry === 'b');

  it('half of each bound will do', () => {
    const alone = slowed(false);
    expect(alone.story()).toEqual([]);
    const { sum, bound } = running(alone) ?? {};
    expect([bound, (sum ?? 0) >= 7, (sum ?? 0) < 14]).toEqual([14, true, true]);
    const both = slowed(true);
    expect(both.story()).toEqual(['proposed slo b']);
    expect(only(both)).toMatchObject({ trigger: 'alertmanager', confidence: 'medium', cause: 'slo' });
    expect(only(both).reason).toMatch(
      /^a misses its objective, according to the alert MirrorSlow, firing for 4 min: its last 20 canary/,
    );
  });

  it.each(['a', 'b', 'c'])('alone, against %s, it moves nobody', (name) => {
    const stage = warm();
    stage.alert(name);
    stage.paces(20, { a: 200, b: 200, c: 200 });
    expect(stage.story()).toEqual([]);
  });

  it('against the preferred mirror it keeps clients away', () => {
    const stage = warm();
    kill(stage);
    stage.consider();
    stage.alert('a');
    recover(stage, 110);
    expect(stage.story()).toEqual(['proposed outage b']);
    stage.alerts.clear();
    stage.paces(1, { a: 200, b: 200, c: 200 });
    expect(stage.story().slice(1)).toEqual(['withdrawn outage b']);
  });
});

describe('a finding speaks against its mirror', () => {
  const stage = warm();
  it.each<[string, Finding['kind'], Partial<Finding>, boolean]>([
    ['where detect calls it reason enough', 'spike', { actionable: true }, true],
    ['not where it does not', 'outage', { actionable: false }, false],
    ['not once it is closed', 'outage', { actionable: true, state: 'closed' }, false],
    ['a certificate that fails, whatever else', 'certificate', { cause: 'tls_expired', actionable: false }, true],
    ['not one that merely nears its end', 'certificate', { cause: 'expires_soon', actionable: true }, false],
    ['wrong bytes, whatever else', 'mismatch', { cause: 'mismatch', actionable: false }, true],
    ['until they are acknowledged', 'mismatch', { cause: 'mismatch', state: 'acknowledged', actionable: true }, false],
  ])('%s', (_name, kind, more, want) => expect(isAgainst(stage.open('a', kind, more))).toBe(want));
});
