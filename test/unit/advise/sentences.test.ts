import { describe, expect, it } from 'vitest';
import type { Grounds } from '../../../src/advise/grounds.ts';
import { adviceReasonOf, settledReasonOf } from '../../../src/advise/words.ts';
import type { AdviceCause, AdviceState, CauseKind } from '../../../src/core/advice.ts';
import { failureTextOf } from '../../../src/core/failure.ts';
import { kill, only, warm } from './outage.ts';
import { badGateway } from './rounds.ts';
import { mirror } from './stage.ts';

const subject = {
  findings: [],
  at: mirror('a'),
  to: mirror('b'),
  fromMs: null,
  stay: null,
  before: null,
  prices: null,
} as const;

const grounds: Grounds = {
  now: { wallMs: 0, monotonicMs: 0 },
  upstream: 'go',
  leftAtMs: null,
  throttledUntilMs: 0,
  isRepeating: false,
  trouble: null,
  alert: null,
  here: () => ({ responses: 3, failed: 3, p95Ms: null }),
  there: { responses: 18, failed: 0, p95Ms: 80 },
  apart: null,
  usualMs: null,
  fetchMs: { here: null, there: null },
  usualFetchMs: () => null,
  last: null,
  rest: () => ({ ms: 0, good: 0 }),
};

describe('what is wrong, in a sentence', () => {
  it('a mirror that is unreliable, how often and why', () => {
    const stage = warm();
    stage.open('a', 'unreliable', { cause: 'reset' });
    for (let i = 0; i < 12; i += 1) stage.paces(1, { a: i % 3 === 0 ? 'reset' : 200, b: 200, c: 200 });
    expect(stage.story()).toEqual(['proposed unreliable b']);
    expect(only(stage).reason).toBe(
      'a is unreliable (reset): 4 of 12 probes in the last 6 min failed (33 %). 18 of 18 probes of b succeeded.',
    );
  });

  it('a mirror that responds 502: with the status, which a timeout does not have', () => {
    const stage = warm();
    stage.paces(4, { a: badGateway, b: 200, c: 200 });
    stage.consider();
    expect(only(stage).reason).toBe(
      'a is down (server, HTTP 502): all 4 probes of the last 90 s failed. 10 of 10 probes of b succeeded.',
    );
    expect(failureTextOf('timeout_transfer', 200)).toBe('timeout_transfer');
  });

  it('504 after 3 s, then confirming probes that wait for 1.5 s only: with the status', () => {
    const stage = warm();
    const late = { status: 504, kind: 'server' } as const;
    for (const moment of [0, 1, 2, 3]) {
      if (moment > 0) stage.pass(1.4);
      const round = moment === 0 ? {} : { round: `r/${moment}` };
      for (const name of ['b', 'c']) stage.sample(name, 210, round);
      stage.sample('a', moment === 0 ? late : 'timeout_processing', round);
    }
    stage.open('a', 'outage', { cause: 'server' });
    stage.consider();
    expect(only(stage).reason).toMatch(/^a is down \(server, HTTP 504\): all 4 probes of the last \d+ s failed\./);
  });

  it('an outage that is known, though no mirror can be advised', () => {
    const stage = warm([mirror('a')], 'https://a.example.com,direct');
    kill(stage);
    stage.consider();
    expect(only(stage).reason).toBe(
      'a is down (refused): all 4 probes of the last 4 s failed. No switch is advised: no other mirror of go is monitored.',
    );
  });

  it('after recovery: the advice outlives its cause, and says how long and why', () => {
    const stage = warm();
    kill(stage);
    stage.consider();
    expect(stage.advisor.remedy('go', 'go')).toMatchObject({ kind: 'set', advice: { phase: 'active' } });
    stage.paces(10, { a: 200, b: 200, c: 200 });
    expect(only(stage)).toMatchObject({ state: 'proposed', cause: 'outage' });
    expect(stage.advisor.remedy('go', 'go')).toMatchObject({ kind: 'set', advice: { phase: 'over' } });
    expect(only(stage).reason).toMatch(
      /^a responds again: all 10 probes of the last 5 min succeeded\. So that clients do not switch twice, the advice stays for at least 5 min more, and until a has given \d+ more good responses in a row\. Until then, other clients, such as new CI jobs, use b too, because a fetch from a is still expected to cost more\.$/,
    );
    // Once it is settled, how long it stays is of no use.
    const settled = (state: AdviceState) => settledReasonOf(only(stage), state).reason;
    expect(settled('withdrawn')).toBe('a responds again: all 10 probes of the last 5 min succeeded.');
    expect(settled('accepted')).toBe('requests to a fail. When the advice was accepted, this was over.');
    // Once the wait is over, no time is stated.
    stage.paces(11, { a: 200, b: 200, c: 200 });
    expect(stage.advisor.remedy('go', 'go')).toMatchObject({ kind: 'set', advice: { phase: 'over' } });
    expect(only(stage).reason).toMatch(
      /^a responds again: .* the advice stays until a has given \d+ more good responses in a row\. Until then, other clients, such as new CI jobs, use b too, because a fetch from a is still expected to cost more\.$/,
    );
  });

  it('the message about an accepted advice has the newest figures', () => {
    const stage = warm();
    kill(stage);
    stage.consider();
    const { id, reason } = only(stage);
    expect(reason).toContain('all 4 probes');
    stage.pass(0.3);
    stage.sample('a', 'refused');
    stage.accept(id);
    expect(only(stage).reason).toContain('all 5 probes');
  });

  it('a failback without a known departure, as after a restart', () => {
    expect(adviceReasonOf({ ...subject, cause: 'failback' }, grounds)?.text).toBe(
      'b, the preferred mirror, is healthy again. 18 of 18 probes of b succeeded.',
    );
  });

  it('times that differ by at most 10 ms are no reason', () => {
    const stage = warm();
    stage.paces(40, { a: 900, b: 4, c: 4 });
    expect(only(stage).reason).toMatch(/^a is slow: /);
    stage.paces(12, { a: 7, b: 4, c: 4 });
    expect(only(stage).reason).toMatch(
      /^a is no longer clearly slower than b: 7 ms \(4 ms at b\)\. So that clients do not switch twice, the advice stays /,
    );
  });

  it('a missed objective of which no time is known', () => {
    const trouble = {
      kind: 'share',
      isOfDownloads: false,
      failed: 3,
      all: 9,
      fromMs: 0,
      reason: 'server',
      status: 502,
    } as const;
    const reason = adviceReasonOf({ ...subject, cause: 'slo' }, { ...grounds, trouble });
    expect(reason?.text).toBe(
      'a misses its objective, according to an alert: its last 3 canary probes give no p95, 3 failed. 18 of 18 probes of b succeeded.',
    );
    const there = { responses: 0, failed: 0, p95Ms: null };
    const early = adviceReasonOf({ ...subject, cause: 'slo' }, { ...grounds, trouble, there });
    expect(early?.text).toMatch(/ no probe of b was counted yet\.$/);
  });

  const over = / So that clients do not switch twice, the advice stays /;
  it.each<[AdviceCause, number, CauseKind | null, RegExp]>([
    [
      'slower',
      1_120,
      null,
      /^a is slow: 400 ms \(200 ms at b\)\. Switching to b cuts a fetch from 1\.12 s to 1\.00 s \(−11 %\)/,
    ],
    ['slower', 1_040, null, /^a is no longer clearly slower than b: 1\.04 s \(1\.00 s at b\)\./],
    ['slower', 900, null, /^a is no longer clearly slower than b: 900 ms \(1\.00 s at b\)\./],
    ['outage', 1_040, null, /^a responds again: all 90 probes of the last 5 min succeeded\./],
    ['slower', 1_080, null, /^a is slow: /],
    ['slower', 1_080, 'as_fast', /^a is no longer clearly slower than b: /],
    ['slower', 1_120, 'as_fast', /^a is slow: /],
  ])('%s, and a fetch of %d ms costs 1 000 ms elsewhere (before: %s)', (cause, here, before, text) => {
    const reason = adviceReasonOf(
      { ...subject, cause, before },
      {
        ...grounds,
        now: { wallMs: 0, monotonicMs: 300_000 },
        trouble: { kind: 'none', count: 90, fromMs: 0 },
        apart: { rounds: 10, hereMs: 400, thereMs: 200, fromMs: 0 },
        usualMs: 200,
        fetchMs: { here, there: 1_000 },
      },
    );
    expect(reason?.text).toMatch(text);
    expect(over.test(reason?.text ?? '')).toBe(!String(text).includes('slow:'));
  });
});
