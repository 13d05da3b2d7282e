import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/core/secret.ts';
import { minuteTextOf } from '../../../src/core/views.ts';
import { abc, chain, kill, only, recover, warm } from './outage.ts';
import { rankOf } from './said.ts';
import { mirror } from './stage.ts';

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

  it('advises the way back once home has proven itself, and trouble puts that off', () => {
    const stage = warm();
    kill(stage);
    stage.consider();
    const { id, issuedAtMs: leftAtMs } = only(stage);
    stage.accept(id);
    stage.shut('a', 'outage');
    stage.paces(19, { a: 200, b: 200, c: 200 });
    // Down to − 2.3, and then 98 × .046 to 2.2.
    recover(stage, 97);
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
      `a, the preferred mirror, is healthy again; the switch away from it was advised at ${minuteTextOf(leftAtMs)}. 20 of 20 probes of a succeeded.`,
    );
    stage.accept(back?.id ?? '');
    expect(stage.advisor.list()).toEqual([]);
    expect(stage.advisor.remedy('go', 'go')).toEqual({ kind: 'nothing', state: 'right' });
    expect(stage.story().slice(3)).toEqual(['superseded outage b', 'accepted failback a']);
    stage.paces(5, { a: 200, b: 200, c: 200 });
    expect(stage.story()).toHaveLength(5);
  });

  it('a bad answer now and then puts it off for an hour: failures are compared over that', () => {
    const stage = warm();
    kill(stage);
    stage.consider();
    stage.accept(only(stage).id);
    stage.shut('a', 'outage');
    stage.paces(19, { a: 200, b: 200, c: 200 });
    stage.paces(1, { a: 'reset', b: 200, c: 200 });
    stage.paces(19, { a: 200, b: 200, c: 200 });
    stage.paces(1, { a: 'reset', b: 200, c: 200 });
    stage.paces(120, { a: 200, b: 200, c: 200 });
    expect(stage.story().slice(2)).toEqual([]);
    stage.paces(1, { a: 200, b: 200, c: 200 });
    expect(stage.story().slice(2)).toEqual(['proposed failback a']);
  });

  it('takes the way back away when the preferred mirror fails again', () => {
    const stage = warm();
    kill(stage);
    stage.consider();
    stage.accept(only(stage).id);
    recover(stage, 98);
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
    stage.accept(only(stage).id);
    stage.paces(80, { a: 1000, b: 200, c: 200 });
    expect(stage.story()).toEqual(['proposed slower b', 'accepted slower b']);
    // Of the ten minutes of hold nothing slow may be left.
    stage.paces(19, { a: 200, b: 200, c: 200 });
    expect(stage.story()).toHaveLength(2);
    stage.paces(2, { a: 200, b: 200, c: 200 });
    expect(stage.story().slice(2)).toEqual(['proposed failback a']);
  });

  it('no failback is proposed while our own network is suspect', () => {
    const stage = warm();
    kill(stage);
    stage.consider();
    stage.accept(only(stage).id);
    recover(stage, 90);
    stage.suspect = true;
    stage.paces(20, { a: 200, b: 200, c: 200 });
    expect(stage.story().slice(2)).toEqual(['refused outage b']);
    stage.suspect = false;
    stage.consider();
    expect(stage.story().slice(3)).toEqual(['superseded outage b', 'proposed failback a']);
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
    // What is said of it follows what was measured since.
    const { reason, sentence, ...kept } = only(stage);
    expect(before).toMatchObject(kept);
    expect(reason).toBe('a is down (refused): all 3 probes of the last 60 s failed. 3 of 3 probes of b succeeded.');
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
    expect(advice.doesNotCover).toContain('The line contains no credentials: set them in netrc or by GOAUTH.');
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
    expect(rankOf(stage.advisor, 'go', 'nowhere')).toEqual([]);
    expect(rankOf(stage.advisor, 'npm', 'npm')).toEqual([]);
    expect(stage.advisor.remedy('npm', 'npm')).toEqual({ kind: 'nothing', state: 'right' });
  });
});
