import { describe, expect, it } from 'vitest';
import { isSafeEnv } from '../../../src/core/advice.ts';
import type { Finding } from '../../../src/core/finding.ts';
import { goClient } from '../../../src/ecosystems/go/client.ts';
import { abc, chain, kill, only, warm } from './outage.ts';
import { mirror, type Stage } from './stage.ts';

const set = `export GODEBUG="\${GODEBUG:+\${GODEBUG%http2client=0}}"
export GODEBUG="\${GODEBUG:+\${GODEBUG%,},}http2client=0"`;
const unset = `export GODEBUG="\${GODEBUG:+\${GODEBUG%http2client=0}}"
export GODEBUG="\${GODEBUG:+\${GODEBUG%,}}"`;
const over2: Pick<Finding, 'scope' | 'cause'> = {
  scope: [{ module: 'example.com/m', version: 'v1.0.0', step: 'mod', protocol: '2' }],
  cause: 'reset',
};

/** HTTP/2 alone breaks at these mirrors, one after the other. */
function breaks(stage: Stage, ...names: readonly string[]): void {
  for (const name of names) {
    kill(stage, name);
    stage.open(name, 'outage', over2);
  }
  stage.consider();
}

function heals(stage: Stage, name: string): void {
  stage.shut(name, 'outage');
  stage.paces(1, Object.fromEntries(stage.config.mirrors.map((one) => [one.name, 200])));
}

function accept(stage: Stage): void {
  stage.accept(stage.advisor.list().find(({ state }) => state === 'proposed')?.id ?? '');
}

const alone = () => warm([mirror('a')], 'https://a.example.com,direct');

describe('HTTP/2 alone is broken, and no other mirror can be advised', () => {
  it('proposes the switch of the client, with its cost, its end and its rollback', () => {
    const stage = alone();
    breaks(stage, 'a');
    expect(stage.story()).toEqual(['proposed outage a']);
    const advice = only(stage);
    expect(advice).toMatchObject({
      state: 'proposed',
      from: 'a',
      to: 'a',
      bypass: 'GODEBUG=http2client=0',
      refusal: null,
      chain: { before: 'https://a.example.com,direct', after: 'https://a.example.com,direct' },
      remedy: { env: set, json: '{"GODEBUG":"http2client=0"}' },
      rollback: unset,
    });
    expect(advice.reason).toBe(
      'a fails over HTTP/2 (reset) and works over HTTP/1.1. No other mirror is advised: no other mirror of go is monitored. GODEBUG=http2client=0 makes go use HTTP/1.1 for all requests: more connections, slower builds.',
    );
    expect(advice.doesNotCover).toEqual([
      'GODEBUG can only be set in the environment: append this value to the current value of the variable.',
      'With this setting, all requests of go use HTTP/1.1: more connections, slower builds. Remove the setting when the outage of a ends.',
    ]);
    expect(isSafeEnv(set, goClient.variables)).toBe(true);
    expect(isSafeEnv(unset, goClient.variables)).toBe(true);
    expect(stage.advisor.remedy('go', 'go')).toMatchObject({ kind: 'set', remedy: { env: set } });
  });

  it('where every other mirror is out as well', () => {
    const stage = warm();
    breaks(stage, 'c', 'b', 'a');
    expect(only(stage)).toMatchObject({ bypass: 'GODEBUG=http2client=0', from: 'a', to: 'a', remedy: { env: set } });
  });

  it('is proposed once, and withdrawn when the mirror works over HTTP/2 again', () => {
    const stage = alone();
    breaks(stage, 'a');
    stage.paces(5, { a: 'reset' });
    heals(stage, 'a');
    expect(stage.story()).toEqual(['proposed outage a', 'withdrawn outage a']);
    expect(stage.advisor.remedy('go', 'go')).toEqual({ kind: 'nothing', state: 'right' });
  });

  it('once accepted it stays in the remedy, over a restart too, and is taken back when it is not needed', () => {
    const stage = alone();
    breaks(stage, 'a');
    accept(stage);
    stage.paces(3, { a: 'reset' });
    stage.restart();
    stage.paces(3, { a: 'reset' });
    expect(stage.advisor.remedy('go', 'go')).toMatchObject({ kind: 'set', remedy: { env: set } });
    heals(stage, 'a');
    const back = stage.advisor.list().find(({ state }) => state === 'proposed');
    expect(back).toMatchObject({
      cause: 'failback',
      bypass: 'GODEBUG=http2client=0',
      reason: 'a works over HTTP/2 again: GODEBUG=http2client=0 is no longer needed.',
      remedy: { env: unset, json: '{}' },
      rollback: set,
    });
    accept(stage);
    expect(stage.advisor.list()).toEqual([]);
    expect(stage.advisor.remedy('go', 'go')).toEqual({ kind: 'nothing', state: 'right' });
  });

  it('what would take it back is withdrawn where HTTP/2 breaks again', () => {
    const stage = alone();
    breaks(stage, 'a');
    accept(stage);
    heals(stage, 'a');
    breaks(stage, 'a');
    expect(stage.story().slice(-2)).toEqual(['proposed failback a', 'withdrawn failback a']);
    expect(stage.advisor.remedy('go', 'go')).toMatchObject({ kind: 'set', remedy: { env: set } });
  });

  it('a mirror that becomes well takes its place, and its lines take the switch back', () => {
    const stage = warm([mirror('a'), mirror('b')]);
    breaks(stage, 'b', 'a');
    expect(only(stage).bypass).toBe('GODEBUG=http2client=0');
    accept(stage);
    stage.shut('b', 'outage');
    stage.paces(20, { a: 'reset', b: 200 });
    const move = stage.advisor.list().find(({ state }) => state === 'proposed');
    expect(move).toMatchObject({ from: 'a', to: 'b', bypass: null });
    expect(move?.remedy['env']).toBe(`export GOPROXY='https://b.example.com,direct'\n${unset}`);
    expect(move?.rollback).toBe(`export GOPROXY='${chain}'\n${set}`);
  });

  it('in a mirror that clients were moved to, the lines name both; when it is well again the move goes on', () => {
    const stage = warm([mirror('a'), mirror('b')]);
    kill(stage, 'a');
    stage.consider();
    expect(only(stage)).toMatchObject({ from: 'a', to: 'b' });
    breaks(stage, 'b');
    const both = only(stage);
    expect(both).toMatchObject({ from: 'a', to: 'b', bypass: 'GODEBUG=http2client=0' });
    expect(both.remedy['env']).toBe(`export GOPROXY='https://b.example.com,direct'\n${set}`);
    expect(JSON.parse(both.remedy['json'] ?? '')).toEqual({
      GOPROXY: 'https://b.example.com,direct',
      GODEBUG: 'http2client=0',
    });
    stage.shut('b', 'outage');
    stage.paces(1, { a: 'refused', b: 200 });
    const move = only(stage);
    expect(move).toMatchObject({ from: 'a', to: 'b', bypass: null });
    expect(move.remedy['env']).toBe(`export GOPROXY='https://b.example.com,direct'\n${unset}`);
  });

  it('over both versions it is refused, and so is what was proposed before', () => {
    const stage = alone();
    breaks(stage, 'a');
    stage.open('a', 'outage', { cause: 'reset' });
    stage.consider();
    expect(stage.story()).toEqual(['proposed outage a', 'withdrawn outage a', 'refused outage a']);
    expect(stage.advisor.remedy('go', 'go')).toEqual({ kind: 'nothing', state: 'refused' });
  });

  it('HTTP/1.1 alone: nothing is offered to go', () => {
    const stage = alone();
    kill(stage, 'a');
    stage.open('a', 'outage', { ...over2, scope: over2.scope.map((one) => ({ ...one, protocol: '1.1' })) });
    stage.consider();
    expect(stage.story()).toEqual(['refused outage a']);
  });

  it('dismissed, it is not proposed again for that time', () => {
    const stage = alone();
    breaks(stage, 'a');
    stage.advisor.dismiss(only(stage).id, 3_600_000, 'a test', stage.at);
    stage.paces(3, { a: 'reset' });
    expect(stage.advisor.list().map(({ state }) => state)).toEqual(['refused']);
  });

  it('once its removal is dismissed, that is not proposed again for that time', () => {
    const stage = alone();
    breaks(stage, 'a');
    accept(stage);
    heals(stage, 'a');
    stage.dismiss(stage.advisor.list().find(({ state }) => state === 'proposed')?.id ?? '', 3_600_000);
    stage.paces(3, { a: 200 });
    expect(stage.story().slice(-2)).toEqual(['proposed failback a', 'dismissed failback a']);
    stage.pass(3_700);
    stage.paces(1, { a: 200 });
    expect(stage.story().at(-1)).toBe('proposed failback a');
  });

  it('where another mirror answers, clients are moved', () => {
    const stage = warm(abc);
    breaks(stage, 'a');
    expect(only(stage)).toMatchObject({ from: 'a', to: 'b', bypass: null });
  });
});
