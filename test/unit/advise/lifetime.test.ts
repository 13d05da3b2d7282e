import { describe, expect, it } from 'vitest';
import { kill, only, recover, warm } from './outage.ts';
import { mirror } from './stage.ts';

describe('a life of ttl', () => {
  it('reminds once, and is reissued at ttl while it pays', () => {
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
    expect(stage.story().slice(2)).toEqual(['superseded outage b', 'proposed outage b']);
    expect(only(stage).id).not.toBe(first);
    expect(stage.rows.get(`advice/${first}`)?.value).toMatchObject({
      state: 'superseded',
      settledAtMs: stage.at.wallMs,
    });
    expect(only(stage)).toMatchObject({ state: 'proposed', expiresAtMs: stage.at.wallMs + 86_400_000 });
  });

  it('an accepted advice is reissued too, and its chain stays in force', () => {
    const stage = warm();
    kill(stage);
    stage.consider();
    stage.accept(only(stage).id);
    stage.pass(0.95 * 86_400);
    stage.consider();
    expect(stage.story().at(-1)).toBe('reminded outage b');
    stage.pass(0.05 * 86_400 - 180);
    stage.paces(6, { a: 'refused', b: 200, c: 200 });
    expect(stage.story().slice(3)).toEqual(['superseded outage b', 'accepted outage b']);
    expect(only(stage)).toMatchObject({ state: 'accepted', expiresAtMs: stage.at.wallMs + 86_400_000 });
    expect(stage.advisor.remedy('go', 'go')).toMatchObject({ kind: 'set', chain: 'https://b.example.com,direct' });
  });

  it('ends an accepted advice whose failback was proposed and not accepted', () => {
    const stage = warm();
    kill(stage);
    stage.consider();
    stage.accept(only(stage).id);
    recover(stage, 98);
    expect(stage.story().slice(2)).toEqual(['proposed failback a']);
    stage.pass(86_400 - 101 * 30);
    stage.consider();
    expect(stage.story().slice(3)).toEqual(['reminded failback a', 'superseded failback a', 'expired outage b']);
    expect(stage.advisor.remedy('go', 'go')).toEqual({ kind: 'nothing', state: 'right' });
  });

  it('ends an accepted advice whose change was undone: the declared chain, or the earlier advice, is in force', () => {
    for (const isBack of [false, true]) {
      const stage = warm();
      kill(stage);
      stage.consider();
      stage.accept(only(stage).id);
      const accepted = only(stage);
      const earlier = { ...accepted, to: 'c', chain: { ...accepted.chain, after: 'https://c.example.com,direct' } };
      const { changes } = stage.advisor.undo(accepted, isBack ? earlier : null, stage.at);
      expect(changes.map(({ change, advice }) => `${change} ${advice.to}`)).toEqual(
        isBack ? ['superseded b', 'accepted c'] : ['superseded b'],
      );
      expect(stage.advisor.remedy('go', 'go')).toMatchObject(
        isBack ? { kind: 'set', chain: 'https://c.example.com,direct' } : { kind: 'nothing', state: 'right' },
      );
      expect(stage.advisor.undo(accepted, null, stage.at).changes).toEqual([]);
    }
  });

  it('ends a refusal, and says it anew', () => {
    const stage = warm([mirror('a')], 'https://a.example.com,direct');
    kill(stage);
    stage.consider();
    stage.pass(86_400);
    stage.consider();
    expect(stage.story()).toEqual(['refused outage a', 'expired outage a', 'refused outage a']);
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
    kill(stage, 'b');
    stage.consider();
    expect(stage.story()).toEqual(['proposed outage b', 'superseded outage b', 'proposed outage c']);
    expect(only(stage).chain.after).toBe('https://c.example.com,direct');
  });

  it('ends where the advised one goes too and none is left', () => {
    const stage = warm([mirror('a'), mirror('b')]);
    kill(stage);
    stage.consider();
    kill(stage, 'b');
    stage.consider();
    expect(stage.story()).toEqual(['proposed outage b', 'superseded outage b', 'refused outage a']);
    expect(stage.advisor.remedy('go', 'go')).toMatchObject({ kind: 'nothing', state: 'refused' });
  });
});
