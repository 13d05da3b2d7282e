import { describe, expect, it } from 'vitest';
import { abc, away, chain, kill, only, warm } from './outage.ts';
import { mirror, type Said, Stage } from './stage.ts';

describe('items that a mirror withholds by a policy', () => {
  const scope = [{ module: 'example.com/m', version: 'v1.0.0', step: 'zip' }];

  it('are no reason to leave it, however often they are refused', () => {
    const stage = warm();
    stage.open('a', 'refusal', { cause: 'policy', actionable: false, scope });
    for (let pace = 0; pace < 300; pace += 1) {
      stage.sample('a', 'denied', { step: 'zip', isWithheld: true });
      for (const name of ['b', 'c']) stage.sample(name, 900, { step: 'zip', bytes: 400_000 });
      stage.paces(1, { a: 200, b: 200, c: 200 });
    }
    expect(stage.story()).toEqual([]);
  });

  it('are named in a note of advice to switch to it', () => {
    const stage = warm();
    stage.open('b', 'refusal', { cause: 'policy', actionable: false, scope });
    kill(stage);
    stage.consider();
    expect(only(stage)).toMatchObject({ to: 'b', cause: 'outage' });
    expect(only(stage).doesNotCover).toContain(
      'b withholds example.com/m@v1.0.0 by a policy of its operator: builds that need it fail there.',
    );
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
      'a cannot be judged. No switch is advised: the problem may be this host or its network.',
    );
    expect(stage.advisor.remedy('go', 'go')).toEqual({ kind: 'nothing', state: 'suspect' });
    stage.suspect = false;
    stage.consider();
    expect(stage.story()).toEqual(['refused outage a', 'withdrawn outage a']);
  });

  it('vantage suspect proposes nothing more, and what was proposed before stays in the remedy', () => {
    const stage = warm();
    kill(stage);
    stage.consider();
    stage.suspect = true;
    stage.paces(3, {});
    expect(stage.advisor.remedy('go', 'go')).toMatchObject({ kind: 'set', chain: 'https://b.example.com,direct' });
    stage.suspect = false;
    stage.consider();
    expect(stage.story()).toEqual(['proposed outage b']);
    expect(stage.advisor.remedy('go', 'go')).toMatchObject({ kind: 'set', chain: 'https://b.example.com,direct' });
  });

  const masked = { status: 404, kind: 'masked_upstream' } as const;
  const bad = (status: number): Said => ({ status, kind: 'server' });
  it.each<[string, Said, Said, Said, string, string | null]>([
    ['two masked faults, and c is well', masked, masked, 200, 'proposed outage c', null],
    ['502, and b is well', bad(502), 200, bad(502), 'proposed outage b', null],
    ['502 and 504 of all', bad(502), bad(504), bad(502), 'refused outage a', 'shared_fate'],
    ['two of them, and the third is dead', masked, bad(502), 'refused', 'refused outage a', 'shared_fate'],
    ['one of them, and the others are dead', bad(502), 'refused', 'refused', 'refused outage a', 'nothing_measured'],
    ['500 is the mirror’s own', bad(500), bad(500), bad(500), 'refused outage a', 'nothing_measured'],
  ])('shared fate: %s', (_name, a, b, c, want, refusal) => {
    const stage = warm();
    for (let i = 0; i < 4; i += 1) {
      stage.pass(1.4);
      for (const [name, said] of Object.entries({ a, b, c })) stage.sample(name, said, { round: `r/${i}` });
    }
    stage.open('a', 'outage');
    stage.consider();
    expect(stage.story()).toEqual([want]);
    expect(only(stage).refusal).toBe(refusal);
  });

  it('a mirror that has not answered yet is no part of it', () => {
    const stage = new Stage(chain, abc);
    for (let i = 0; i < 4; i += 1) {
      stage.pass(1.4);
      for (const name of ['a', 'b']) stage.sample(name, { status: 502, kind: 'server' }, { round: `r/${i}` });
    }
    stage.open('a', 'outage');
    stage.consider();
    expect(only(stage)).toMatchObject({ state: 'refused', refusal: 'shared_fate' });
  });

  it('an upstream fault of long ago is no shared fate', () => {
    const stage = warm();
    stage.sample('b', { status: 502, kind: 'server' });
    stage.pass(120);
    stage.sample('c', 'refused');
    stage.sample('a', { status: 502, kind: 'server' });
    stage.open('a', 'outage');
    stage.consider();
    expect(stage.story()).toEqual(['refused outage a']);
    expect(only(stage).refusal).toBe('nothing_measured');
  });

  it('the others serve again, but failed some requests of the last minute', () => {
    const stage = warm();
    stage.pass(60);
    for (const result of ['refused', 'refused', 200] as const)
      for (const name of ['b', 'c']) stage.sample(name, result);
    for (let i = 0; i < 4; i += 1) stage.sample('a', 'refused');
    stage.open('a', 'outage');
    stage.consider();
    expect(stage.story()).toEqual(['refused outage a']);
    expect(only(stage).refusal).toBe('nothing_measured');
    expect(only(stage).reason).toContain(
      'No switch is advised: of the other usable mirrors (b and c), the last request or several requests of the last minute failed.',
    );
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

  it('of too few canary responses: more are requested at once, of mirrors that respond', () => {
    const stage = new Stage(chain, abc);
    stage.paces(2, { a: 200, b: 200, c: 'refused' });
    stage.open('a', 'outage');
    stage.consider();
    stage.pass(0.1);
    stage.consider();
    const canaries = stage.looks.filter(({ target }) => target.canary);
    expect(canaries).toMatchObject([{ registry: 'b', registries: [], stepMs: 1_000, isUrgent: true }]);
    // The responses to the orders count: without them, three responses of b would be known at the next interval.
    for (let moment = 0; moment < 3; moment += 1) {
      stage.pass(1);
      stage.sample('a', 'refused', { round: `r/${moment}` });
      stage.sample('b', 200, { round: `r/${moment}` });
    }
    stage.paces(1, { a: 'refused', b: 200, c: 'refused' });
    expect(stage.story()).toEqual(['refused outage a', 'superseded outage a', 'proposed outage b']);
    expect(only(stage).reason).toContain('6 of 6 probes of b succeeded');
    stage.consider();
    expect(stage.looks.filter(({ isUrgent, registry }) => isUrgent && registry === 'b')).toEqual([]);
  });

  it.each([
    ['there is no other mirror', [mirror('a')], 'no other mirror of go is monitored'],
    [
      'the only other one is an origin',
      [mirror('a'), mirror('o', { role: 'origin' })],
      'no other mirror qualifies now',
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

  it.each<[string, number, RegExp]>([
    ['it responds', 10, /^a responds again: all 10 probes of the last 5 min succeeded\.$/],
    ['its finding closed before any good response', 0, /^a can be used again\.$/],
  ])('the reason of a refusal that has ended says why: %s', (_name, good, reason) => {
    const stage = warm([mirror('a')], 'https://a.example.com,direct');
    kill(stage);
    stage.consider();
    stage.paces(good, { a: 200 });
    stage.shut('a', 'outage');
    stage.consider();
    expect(stage.story()).toEqual(['refused outage a', 'withdrawn outage a']);
    expect(stage.advice.at(-1)?.reason).toMatch(reason);
  });

  it('a refusal ends if the switch that is possible again was dismissed', () => {
    const stage = warm();
    kill(stage);
    stage.consider();
    stage.dismiss(only(stage).id, 3_600_000);
    stage.shut('a', 'outage');
    stage.paces(1, { a: 'refused', b: 'refused', c: 'refused' });
    for (const name of ['a', 'b', 'c']) stage.open(name, 'outage');
    stage.paces(3, { a: 'refused', b: 'refused', c: 'refused' });
    expect(only(stage)).toMatchObject({ state: 'refused' });
    stage.shut('b', 'outage');
    stage.paces(6, { a: 'refused', b: 200, c: 'refused' });
    expect(stage.advice.at(-1)).toMatchObject({
      state: 'withdrawn',
      reason: 'An operator dismissed the switch away from a.',
    });
  });

  it('waits while the others are in doubt', () => {
    const stage = warm([mirror('a'), mirror('b')]);
    stage.mark('b', { inDoubt: true });
    kill(stage);
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
      'The last probe of the origin o got no valid response: freshness may have been compared only between the mirrors, or not at all.',
    );
  });

  it('that answers needs no note: freshness was compared with it', () => {
    const stage = new Stage(chain, [...abc, origin]);
    stage.paces(6, { a: 200, b: 200, c: 200, o: 200 });
    stage.open('a', 'lag', { cause: 'behind' });
    stage.paces(1, { a: 200, b: 200, c: 200, o: 200 });
    expect(stage.story()).toEqual(['proposed lag b']);
    expect(only(stage).doesNotCover.filter((note) => note.startsWith('How fresh'))).toEqual([]);
  });
});

describe('clients away from home', () => {
  const failback = (stage: Stage) => stage.advisor.list().find(({ cause }) => cause === 'failback');

  it('a dismissed failback is not why a refusal ends', () => {
    const stage = away();
    stage.dismiss(failback(stage)?.id ?? '', 3 * 3_600_000);
    stage.open('a', 'outage');
    stage.open('c', 'outage');
    kill(stage, 'b');
    stage.consider();
    stage.paces(3, { a: 'refused', b: 'refused', c: 'refused' });
    expect(stage.story().at(-1)).toBe('refused outage b');
    stage.shut('c', 'outage');
    stage.marks.set('c', { inDoubt: true });
    stage.paces(2, { a: 'refused', b: 'refused', c: 200 });
    expect(stage.story().at(-1)).toBe('refused outage b');
  });

  it('the failback says when the accepted advice was issued, also if home failed while it was proposed before', () => {
    const stage = away();
    const { reason } = failback(stage) ?? {};
    expect(reason).toMatch(/the switch away from it was advised at 2026-03-01 00:03 UTC\./);
    kill(stage);
    stage.consider();
    expect(stage.story().at(-1)).toBe('withdrawn failback a');
    stage.shut('a', 'outage');
    stage.paces(250, { a: 200, b: 200, c: 200 });
    expect(failback(stage)?.reason).toMatch(/the switch away from it was advised at 2026-03-01 00:03 UTC\./);
  });
});
