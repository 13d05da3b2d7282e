import { describe, expect, it } from 'vitest';
import type { Receiver } from '../../../src/core/config.ts';
import { Secret } from '../../../src/core/secret.ts';
import { delivered, finding, gone, later, receiver, Stage } from './stage.ts';

const outage = finding('outage', 'a');

describe('receivers', () => {
  it('a stuck notice blocks no other receiver, and no other subject of its own', () => {
    const stage = new Stage([receiver('stuck'), receiver('ops')]);
    stage.open(outage);
    expect(stage.due()).toHaveLength(2);
    stage.open(finding('spike', 'a'));
    expect(stage.due()).toEqual(['stuck mirror.spike 1 msg-3', 'ops mirror.spike 1 msg-4']);
    expect(stage.due()).toEqual([]);
  });

  it('at most eight are under way to one receiver', () => {
    const stage = new Stage([receiver('ops')]);
    for (let i = 0; i < 10; i += 1) stage.open(finding('outage', `m${i}`));
    const sent = stage.send();
    expect(sent).toHaveLength(8);
    expect(stage.due()).toEqual([]);
    if (sent[0]) stage.end(sent[0].notice, delivered);
    expect(stage.due()).toHaveLength(1);
  });

  it('410 turns one off until the next reload; what waited is counted, what comes too', () => {
    const stage = new Stage([receiver('ops'), receiver('chat')]);
    stage.open(outage);
    stage.open(finding('spike', 'a'));
    const sent = stage.send();
    const first = sent.find(({ notice }) => notice.receiver === 'ops');
    if (first) stage.end(first.notice, gone);
    for (const { notice } of sent) if (notice.receiver === 'chat') stage.end(notice, delivered);
    stage.open(finding('outage', 'b'));
    expect(stage.all(delivered)).toEqual(['chat mirror.outage 1 msg-5']);
    expect(stage.outcomes).toEqual([
      'ops disabled',
      'ops disabled',
      'chat delivered',
      'chat delivered',
      'ops disabled',
      'chat delivered',
    ]);
    const idle = { length: 0, oldestSeconds: null, nextAttemptSeconds: null };
    const failure = { kind: 'gone', status: 410, retry: 'never' };
    expect(stage.notifier.queues(stage.at)).toEqual([
      { ...idle, receiver: 'ops', disabled: true, failure },
      { ...idle, receiver: 'chat', disabled: false, failure: null },
    ]);
    stage.take(stage.notifier.reconfigure(stage.config, stage.at));
    stage.open(finding('outage', 'c'));
    expect(stage.all(delivered)).toEqual(['ops mirror.outage 1 msg-6', 'chat mirror.outage 1 msg-7']);
  });

  it('a reload keeps what waits, drops what waits for those that are gone', () => {
    const stage = new Stage([receiver('ops'), receiver('chat')]);
    stage.open(outage);
    stage.config = { ...stage.config, webhooks: [receiver('ops', { secrets: [] }), receiver('new')] };
    stage.take(stage.notifier.reconfigure(stage.config, stage.at));
    expect(stage.outbox()).toEqual(['outbox/ops/msg-1']);
    const [sent, ...more] = stage.send();
    expect(more).toEqual([]);
    expect(sent?.message.headers).not.toHaveProperty('webhook-signature');
  });

  it.each<[string, Partial<Receiver>, number]>([
    ['is at once to a receiver whose networks changed', { allow: ['192.168.0.0/16'] }, 1],
    ['is at once to a receiver whose URL changed', { url: new Secret('https://hooks.example.com/new') }, 1],
    ['keeps its wait if the receiver did not change', {}, 0],
  ])('after a reload, the next attempt of a failed delivery %s', (_, change, sentAtOnce) => {
    const stage = new Stage([receiver('ops')]);
    stage.open(outage);
    stage.all(later);
    stage.config = { ...stage.config, webhooks: [receiver('ops', change)] };
    stage.take(stage.notifier.reconfigure(stage.config, stage.at));
    expect(stage.send()).toHaveLength(sentAtOnce);
  });

  it('reports the queue length, and the age of the oldest notice', () => {
    const stage = new Stage([receiver('ops')]);
    stage.open(outage);
    stage.pass(1_500);
    stage.open(finding('spike', 'a'));
    expect(stage.notifier.queues(stage.at)).toEqual([
      { receiver: 'ops', length: 2, oldestSeconds: 1.5, disabled: false, failure: null, nextAttemptSeconds: 0 },
    ]);
  });
});

describe('the bound', () => {
  it('costs the longest queue its oldest, mismatches last', () => {
    const stage = new Stage([receiver('stuck'), receiver('ops')], 4);
    stage.open(finding('mismatch', 'a'));
    stage.open(finding('outage', 'a'));
    for (const { notice } of stage.send()) if (notice.receiver === 'ops') stage.end(notice, delivered);
    stage.restart();
    stage.open(finding('outage', 'b'));
    stage.open(finding('outage', 'c'));
    expect(stage.outcomes.filter((one) => one.endsWith('overflow'))).toEqual(['stuck overflow', 'stuck overflow']);
    const left = [...stage.rows.values()]
      .filter((row) => row.table === 'outbox')
      .map((row) => (row.value as { notice: { receiver: string; subject: string } }).notice);
    expect(left.map(({ receiver: name, subject }) => `${name} ${subject}`)).toEqual([
      'stuck mismatch/a',
      'ops outage/b',
      'stuck outage/c',
      'ops outage/c',
    ]);
  });

  it('takes a mismatch when there is nothing else', () => {
    const stage = new Stage([receiver('ops')], 2);
    for (const name of ['a', 'b', 'c']) stage.open(finding('mismatch', name));
    expect(stage.outcomes).toEqual(['ops overflow']);
    expect(stage.due()).toEqual(['ops mirror.mismatch 1 msg-2', 'ops mirror.mismatch 1 msg-3']);
  });

  it('leaves alone what is under way', () => {
    const stage = new Stage([receiver('ops')], 1);
    stage.open(outage);
    stage.send();
    stage.open(finding('spike', 'a'));
    expect(stage.outbox()).toEqual(['outbox/ops/msg-1']);
    expect(stage.outcomes).toEqual(['ops overflow']);
  });
});
